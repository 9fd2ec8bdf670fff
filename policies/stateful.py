"""Stateful resources: their loss loses data, keys or an address that others know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.values import component_token, is_production


@dataclass(frozen=True)
class Stateful:
    """Why a type is stateful, and the inputs that make its own cloud refuse to delete it."""

    holds: str
    protection: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Input and the value that protects; empty where the cloud offers nothing."""
    must_not_be: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Input and the value that it must never have, protected or not."""


STATEFUL_TYPES: Mapping[str, Stateful] = {
    "aws:ec2/instance:Instance": Stateful("a machine that serves", {"disableApiTermination": True}),
    "aws:ebs/volume:Volume": Stateful("a data disk", {"finalSnapshot": True}),
    "aws:ec2/eip:Eip": Stateful("an address that others allow-list"),
    "aws:ec2/networkInterface:NetworkInterface": Stateful("an address that others know"),
    "aws:kms/key:Key": Stateful("a key, and so all that it encrypts", {"deletionWindowInDays": 30}),
    "aws:route53/zone:Zone": Stateful("a delegated zone", must_not_be={"forceDestroy": True}),
    "aws:s3/bucket:Bucket": Stateful("objects", must_not_be={"forceDestroy": True}),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": Stateful("the lock on the backups"),
    "aws:secretsmanager/secret:Secret": Stateful("a secret value", {"recoveryWindowInDays": 30}),
    "gcp:compute/address:Address": Stateful("an address that others know", {"deletionPolicy": "PREVENT"}),
    "gcp:compute/disk:Disk": Stateful("a data disk", {"deletionPolicy": "PREVENT"}),
    "gcp:compute/globalAddress:GlobalAddress": Stateful("an address that others know", {"deletionPolicy": "PREVENT"}),
    "gcp:compute/regionDisk:RegionDisk": Stateful("a data disk", {"deletionPolicy": "PREVENT"}),
    "gcp:compute/instance:Instance": Stateful("a machine that serves", {"deletionProtection": True}),
    "gcp:dns/managedZone:ManagedZone": Stateful(
        "a delegated zone", {"deletionPolicy": "PREVENT"}, must_not_be={"forceDestroy": True}
    ),
    "gcp:kms/cryptoKey:CryptoKey": Stateful("a key, and so all that it encrypts", {"deletionPolicy": "PREVENT"}),
    "gcp:kms/keyRing:KeyRing": Stateful("keys"),
    "gcp:secretmanager/secret:Secret": Stateful("a secret value", {"deletionProtection": True}),
    "gcp:serviceaccount/account:Account": Stateful(
        "an identity that others trust by its number", {"deletionPolicy": "PREVENT"}
    ),
    "gcp:storage/bucket:Bucket": Stateful("objects", {"deletionPolicy": "PREVENT"}, must_not_be={"forceDestroy": True}),
}
"""Every stateful type of the estate. The deletion policies are those of pulumi-gcp 10; addresses of AWS have none."""

DISPOSABLE: Mapping[tuple[str, str], str] = {
    ("packyard:runner_fleet:AwsRunnerFleet", "-cache"): "build caches fill again by themselves",
    ("packyard:runner_fleet:GcpRunnerFleet", "-cache"): "build caches fill again by themselves",
}
"""Resources of a stateful type that may be lost, by component token and end of the logical name, with the reason."""


TEMPORARY_MACHINES: Mapping[str, str] = {
    "packyard:runner_fleet:AwsRunnerFleet": "the manager of a draining colour holds nothing and goes next",
    "packyard:runner_fleet:GcpRunnerFleet": "the manager of a draining colour holds nothing and goes next",
}
"""Components that may say of a machine of theirs that it is unprotected, with the reason."""


def is_stateful(registration: Registration) -> bool:
    """Whether losing the resource loses data; the preview lists replacement and deletion of these first."""
    return registration.type in STATEFUL_TYPES and not is_disposable(registration)


def stateful_resources_are_protected(capture: Capture) -> Iterator[Finding]:
    """A wrong update must be refused three times: by Pulumi, by its state, and by the cloud."""
    for registration in _to_be_protected(capture):
        holds = STATEFUL_TYPES[registration.type].holds
        if not registration.protect:
            yield Finding(registration, f"holds {holds} and is not protected. HINT: opts=self.stateful()")
        if not registration.retain_on_delete:
            yield Finding(registration, f"holds {holds} and is not retained. HINT: opts=self.stateful()")


def stateful_resources_are_deletion_protected(capture: Capture) -> Iterator[Finding]:
    """Protection in Pulumi's state does not hold where somebody deletes by hand."""
    for registration in _to_be_protected(capture):
        rule = STATEFUL_TYPES[registration.type]
        for key, value in rule.protection.items():
            if registration.inputs.get(key) != value:
                yield Finding(registration, f"the cloud would delete {rule.holds}. HINT: set {key} to {value}")
    for registration in filter(is_stateful, capture.resources):
        rule = STATEFUL_TYPES[registration.type]
        for key, value in rule.must_not_be.items():
            if registration.inputs.get(key) == value:
                yield Finding(registration, f"{key} would delete {rule.holds} silently. HINT: leave it out")


def _to_be_protected(capture: Capture) -> Iterator[Registration]:
    """Only a stack of kind staging may say `estate.protected: false`; the program exports both."""
    if not is_production(capture) and capture.root.outputs.get("protected") is False:
        return
    by_urn = capture.by_urn
    for registration in filter(is_stateful, capture.resources):
        machine = by_urn[registration.parent]
        temporary = component_token(machine) in TEMPORARY_MACHINES and machine.outputs.get("protected") is False
        if not temporary:
            yield registration


def is_disposable(registration: Registration) -> bool:
    """Whether it may be lost, or is a part of what may be: parts have the name of their bucket."""
    return any(
        component_token(registration) == token and registration.name.endswith(suffix) for token, suffix in DISPOSABLE
    )
