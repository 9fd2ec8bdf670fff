"""Machines with their disks, and the groups of machines that come and go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from policies.values import at, items, mapping, records, text

MANAGERS = (
    "gcp:compute/instanceGroupManager:InstanceGroupManager",
    "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager",
)
NETWORK_INTERFACE = "aws:ec2/networkInterface:NetworkInterface"
ELASTIC_ADDRESSES = ("aws:ec2/eip:Eip", "aws:ec2/eipAssociation:EipAssociation")


@dataclass(frozen=True)
class Disk:
    """One disk of a machine."""

    name: str
    gib: int | None
    """Size in GiB; None where the image decides."""
    type: str
    boot: bool
    """A boot disk may be lost, a data disk may not."""


@dataclass(frozen=True)
class Machine:
    """One machine that stays."""

    urn: str
    name: str
    cloud: str
    zone: str
    type: str
    image: str
    disks: tuple[Disk, ...]
    address: str
    """One of "private", "public, static" and "public, changing"."""


@dataclass(frozen=True)
class Group:
    """Machines that a service starts and stops."""

    urn: str
    name: str
    cloud: str
    types: tuple[str, ...]
    smallest: int | None
    largest: int | None
    """Most machines at once; None where something outside the cloud decides."""


def machines(capture: Capture) -> tuple[Machine, ...]:
    """Every single machine, by name."""
    found = [
        *(_gce(capture, entry) for entry in capture.of_type("gcp:compute/instance:Instance")),
        *(_ec2(capture, entry) for entry in capture.of_type("aws:ec2/instance:Instance")),
    ]
    return tuple(sorted(found, key=lambda machine: (machine.name, machine.cloud)))


def groups(capture: Capture) -> tuple[Group, ...]:
    """Every group of machines, by name."""
    found = [
        *(_auto_scaling(entry) for entry in capture.of_type("aws:autoscaling/group:Group")),
        *(_node_group(entry) for entry in capture.of_type("aws:eks/nodeGroup:NodeGroup")),
        *(_managed(capture, entry) for kind in MANAGERS for entry in capture.of_type(kind)),
    ]
    return tuple(sorted(found, key=lambda group: (group.name, group.cloud)))


def _gce(capture: Capture, instance: Registration) -> Machine:
    inputs = instance.inputs
    boot = mapping(at(inputs, "bootDisk.initializeParams"))
    data = (capture.by_urn[urn] for urn in instance.property_dependencies.get("attachedDisks", ()))
    attached = (
        capture.by_urn[urn]
        for entry in _users(capture, "gcp:compute/attachedDisk:AttachedDisk", "instance", instance)
        for urn in entry.property_dependencies.get("disk", ())
    )
    outside = [
        block for card in records(inputs.get("networkInterfaces")) for block in records(card.get("accessConfigs"))
    ]
    address = "private" if not outside else "public, static" if all(map(_has_address, outside)) else "public, changing"
    return Machine(
        urn=instance.urn,
        name=instance.name,
        cloud="gcp",
        zone=text(inputs.get("zone")),
        type=text(inputs.get("machineType")),
        image=text(boot.get("image")),
        disks=(
            Disk("boot", _whole(boot.get("size")), text(boot.get("type")), boot=True),
            *(_disk(entry) for entry in (*data, *attached) if entry.kind in ("Disk", "RegionDisk")),
        ),
        address=address,
    )


def _has_address(access: Mapping[str, Value]) -> bool:
    return access.get("natIp") is not None


def _ec2(capture: Capture, instance: Registration) -> Machine:
    inputs = instance.inputs
    boot = mapping(at(inputs, "rootBlockDevice"))
    data = (
        capture.by_urn[urn]
        for entry in _users(capture, "aws:ec2/volumeAttachment:VolumeAttachment", "instanceId", instance)
        for urn in entry.property_dependencies.get("volumeId", ())
    )
    static = _has_elastic_address(capture, instance)
    changing = inputs.get("associatePublicIpAddress") is True
    return Machine(
        urn=instance.urn,
        name=instance.name,
        cloud="aws",
        zone=text(inputs.get("availabilityZone")),
        type=text(inputs.get("instanceType")),
        image=text(inputs.get("ami")),
        disks=(
            Disk("boot", _whole(boot.get("volumeSize")), text(boot.get("volumeType")), boot=True),
            *map(_disk, data),
        ),
        address="public, static" if static else "public, changing" if changing else "private",
    )


def _has_elastic_address(capture: Capture, instance: Registration) -> bool:
    """Whether an Elastic IP is bound to the instance or to one of its network interfaces."""
    own = {urn for urns in instance.property_dependencies.values() for urn in urns}
    holders = {instance.urn, *(card.urn for card in capture.of_type(NETWORK_INTERFACE) if card.urn in own)}
    keys = ("instance", "instanceId", "networkInterface", "networkInterfaceId")
    return any(
        holders.intersection(entry.property_dependencies.get(key, ()))
        for kind in ELASTIC_ADDRESSES
        for entry in capture.of_type(kind)
        for key in keys
    )


def _users(capture: Capture, kind: str, key: str, used: Registration) -> Iterator[Registration]:
    """Resources of a type whose input takes an output of another one."""
    return (entry for entry in capture.of_type(kind) if used.urn in entry.property_dependencies.get(key, ()))


def _disk(entry: Registration) -> Disk:
    return Disk(entry.name, _whole(entry.inputs.get("size")), text(entry.inputs.get("type")), boot=False)


def _auto_scaling(group: Registration) -> Group:
    overrides = records(at(group.inputs, "mixedInstancesPolicy.launchTemplate.overrides"))
    return Group(
        group.urn,
        group.name,
        "aws",
        tuple(text(override.get("instanceType")) for override in overrides),
        _whole(group.inputs.get("minSize")),
        largest=_whole(group.inputs.get("maxSize")),
    )


def _node_group(group: Registration) -> Group:
    types = tuple(text(kind) for kind in items(group.inputs.get("instanceTypes")))
    scaling = mapping(at(group.inputs, "scalingConfig"))
    return Group(
        group.urn, group.name, "aws", types, _whole(scaling.get("minSize")), largest=_whole(scaling.get("maxSize"))
    )


def _managed(capture: Capture, group: Registration) -> Group:
    templates = (capture.by_urn[urn] for urn in group.property_dependencies.get("versions", ()))
    types = dict.fromkeys(text(template.inputs.get("machineType")) for template in templates)
    size = _whole(group.inputs.get("targetSize"))
    return Group(group.urn, group.name, "gcp", tuple(filter(None, types)), size, largest=None)


def _whole(value: Value) -> int | None:
    return value if isinstance(value, int) else None
