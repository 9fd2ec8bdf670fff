"""Invented outputs: what the clouds would answer when a resource is created.

Only outputs that the program uses need to be here. One that is missing stays unknown, and a test fails on any unknown
value in a run with final values, so a gap cannot hide.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from capture.registration import Value


@dataclass(frozen=True)
class Reply:
    """Physical id and outputs of a new resource."""

    id: str
    outputs: dict[str, str]


def reply(resource_type: str, name: str, inputs: Mapping[str, Value], provider: Mapping[str, Value]) -> Reply:
    """The reply for any type: by its own rule where there is one, else the usual id, name and links of its cloud."""
    match resource_type.partition(":")[0]:
        case "gcp":
            return _gcp(resource_type, name, inputs, provider)
        case "aws":
            return _aws(resource_type, name, inputs, provider)
        case _:
            return Reply(f"{name}-id", {})


def _gcp(resource_type: str, name: str, inputs: Mapping[str, Value], provider: Mapping[str, Value]) -> Reply:
    project = _text(inputs, "project") or _text(provider, "project")
    physical = _text(inputs, "name") or f"{name}-{_hex(name, 7)}"
    kind = resource_type.rpartition(":")[2]
    place = _text(inputs, "zone") or _text(inputs, "region") or "global"
    identifier = f"projects/{project}/{place}/{kind}/{physical}"
    outputs = {
        "name": physical,
        "project": project,
        "selfLink": f"https://www.googleapis.com/compute/v1/{identifier}",
    }
    return Reply(identifier, outputs | _gcp_outputs(resource_type, name, inputs, project))


def _gcp_outputs(resource_type: str, name: str, inputs: Mapping[str, Value], project: str) -> dict[str, str]:
    match resource_type:
        case "gcp:compute/address:Address" | "gcp:compute/globalAddress:GlobalAddress":
            return {"address": _documentation_address(name)}
        case "gcp:serviceaccount/account:Account":
            email = f"{_text(inputs, 'accountId')}@{project}.iam.gserviceaccount.com"
            return {"email": email, "member": f"serviceAccount:{email}", "uniqueId": str(int(_hex(name, 16), 16))}
        case _:
            return {}


def _aws(resource_type: str, name: str, inputs: Mapping[str, Value], provider: Mapping[str, Value]) -> Reply:
    allowed = provider.get("allowedAccountIds")
    account = "".join(character for character in str(allowed) if character.isdigit())
    region = _text(inputs, "region") or _text(provider, "region")
    service, _, kind = resource_type.split(":")[1].partition("/")
    physical = _text(inputs, "name") or f"{name}-{_hex(name, 7)}"
    outputs = {"name": physical, "arn": f"arn:aws:{service}:{region}:{account}:{kind}/{physical}"}
    return Reply(f"{kind.lower()}-{_hex(name, 17)}", outputs | _aws_outputs(resource_type, name, physical, account))


def _aws_outputs(resource_type: str, name: str, physical: str, account: str) -> dict[str, str]:
    match resource_type:
        case "aws:ec2/eip:Eip":
            return {"publicIp": _documentation_address(name), "allocationId": f"eipalloc-{_hex(name, 17)}"}
        case "aws:iam/role:Role" | "aws:iam/policy:Policy":
            kind = resource_type.rpartition(":")[2].lower()
            return {"arn": f"arn:aws:iam::{account}:{kind}/{physical}"}
        case _:
            return {}


def _text(values: Mapping[str, Value], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _hex(name: str, length: int) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:length]


def _documentation_address(name: str) -> str:
    """An address of TEST-NET-3 (RFC 5737), the same for the same name."""
    return f"203.0.113.{int(_hex(name, 2), 16) % 254 + 1}"
