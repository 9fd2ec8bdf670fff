"""What differs between what a lab was started with and what the stack file registers now."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capture import Asset, Capture, Registration, Secret, Unknown, Value
from lab.placement import EC2, GCE
from lab.registered import OBJECT_TYPES

GROUPS = (
    ("machines", re.compile(rf"{re.escape(GCE)}|{re.escape(EC2)}")),
    ("firewalls", re.compile(r"gcp:compute/firewall:|aws:ec2/(default)?securityGroup:|aws:vpc/securityGroup", re.I)),
    ("identities", re.compile(r"iam|serviceaccount|workloadIdentity|bucketPolicy", re.I)),
    ("secrets and parameters", re.compile(r"secretmanager|secretsmanager|ssm/parameter", re.I)),
    ("stores", re.compile(r"storage/bucket|s3/bucket")),
    (
        "networks",
        re.compile(r"gcp:compute/.*(network|address|router|route)|aws:ec2/.*(subnet|vpc|route|eip|nat|network)", re.I),
    ),
)
REST = "everything else"
OBJECTS = "objects of machines that are not up"


@dataclass(frozen=True)
class Registered:
    """One registration, as far as a change of it can be seen."""

    type: str
    digest: str
    """Of its inputs."""
    address: str
    """Of the object that it uploads; empty for everything else."""


@dataclass(frozen=True)
class NotApplied:
    """A difference that a running lab does not take over."""

    group: str
    kind: str
    """new, removed or changed."""
    urn: str

    @property
    def name(self) -> str:
        """The last part of its URN."""
        return self.urn.rpartition("::")[2]


def registered_in(capture: Capture) -> dict[str, Registered]:
    """All resources, by URN; components have no inputs of their own."""
    return {
        entry.urn: Registered(entry.type, _digest(entry.inputs), _address(entry))
        for entry in capture.registrations
        if entry.custom
    }


def not_applied(before: Mapping[str, Registered], now: Mapping[str, Registered], applied: set[str]) -> list[NotApplied]:
    """Sorted by group and URN; `applied` are addresses of objects that the lab takes over."""
    found: list[NotApplied] = []
    for urn in sorted({*before, *now}):
        old, new = before.get(urn), now.get(urn)
        entry = new or old
        if entry is None or old == new or entry.address in applied:
            continue
        kind = "new" if old is None else "removed" if new is None else "changed"
        found.append(NotApplied(_group(entry), kind, urn))
    order = [name for name, _ in GROUPS]
    return sorted(found, key=lambda each: (order.index(each.group) if each.group in order else len(order), each.urn))


def _group(entry: Registered) -> str:
    if entry.address:
        return OBJECTS
    return next((name for name, pattern in GROUPS if pattern.search(entry.type)), REST)


def _address(entry: Registration) -> str:
    if entry.type not in OBJECT_TYPES:
        return ""
    return f"{OBJECT_TYPES[entry.type]}://{entry.inputs['bucket']}/{entry.inputs.get('key') or entry.inputs['name']}"


def _digest(inputs: Mapping[str, Value]) -> str:
    return hashlib.sha256(json.dumps(_plain(inputs), sort_keys=True).encode()).hexdigest()


def _plain(value: Value) -> Any:
    match value:
        case Secret() | Asset():
            return value.digest
        case Unknown():
            return "unknown"
        case Mapping():
            return {key: _plain(inner) for key, inner in value.items()}
        case tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
