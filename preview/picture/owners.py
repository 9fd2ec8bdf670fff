"""Which box a resource belongs to: a rule names addresses, accounts and security groups, never a machine."""

from collections.abc import Iterable, Mapping

from capture import Capture, Registration

PARTS = (
    "aws:ebs/volume:Volume",
    "aws:ec2/eip:Eip",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/networkInterface:NetworkInterface",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/role:Role",
    "gcp:compute/address:Address",
    "gcp:compute/disk:Disk",
    "gcp:compute/globalAddress:GlobalAddress",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:serviceaccount/account:Account",
)
"""Types that belong to whatever takes them: a machine its account, a group its template, a NAT its address."""

FROM_BELOW: Mapping[str, tuple[str, ...]] = {
    "aws:ec2/eip:Eip": ("instance", "networkInterface"),
    "aws:ec2/eipAssociation:EipAssociation": ("instanceId", "networkInterfaceId"),
    "aws:ec2/volumeAttachment:VolumeAttachment": ("instanceId",),
    "aws:iam/role:Role": ("assumeRolePolicy",),
    "gcp:compute/attachedDisk:AttachedDisk": ("instance",),
    "gcp:compute/instanceGroup:InstanceGroup": ("instances",),
}
"""Types that belong to what they name, and the inputs that name it: a role to the account that may take it."""

Owners = Mapping[str, tuple[str, ...]]
"""Keys of boxes by the URN of a registration."""


def owners(capture: Capture, heads: Mapping[str, Iterable[Registration]]) -> Owners:
    """For every registration the boxes that it belongs to; `heads` has what each box stands for by its key."""
    found: dict[str, list[str]] = {}
    for key, entries in heads.items():
        for urn in sorted(_belongings(capture, entries)):
            found.setdefault(urn, []).append(key)
    return {urn: tuple(keys) for urn, keys in found.items()}


def _belongings(capture: Capture, heads: Iterable[Registration]) -> set[str]:
    waiting, found = list(heads), set[str]()
    while waiting:
        entry = waiting.pop()
        if entry.urn in found:
            continue
        found.add(entry.urn)
        taken = {urn for urns in entry.property_dependencies.values() for urn in urns}
        waiting.extend(other for urn in taken if (other := capture.by_urn[urn]).type in PARTS)
        waiting.extend(
            other
            for kind, keys in FROM_BELOW.items()
            for other in capture.of_type(kind)
            if any(entry.urn in other.property_dependencies.get(key, ()) for key in keys)
        )
    return found
