"""Looking into a capture, for the tests of every system: one registration, its plain data, documents and rights."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

from capture import Capture, Registration, Secret, Unknown, Value
from policies.values import component_chain


def one(capture: Capture, kind: str, name: str, *, within: str = "") -> Registration:
    """The one registration with a logical name.

    `kind` is a type token or its last part; `within` is the token of a component around it, where others have its name.
    """
    found = [
        entry
        for entry in capture.registrations
        if entry.name == name and kind in (entry.type, entry.kind) and (not within or within in component_chain(entry))
    ]
    assert len(found) == 1, f"{len(found)} registrations of {kind} with the name {name}"
    return found[0]


def resources_of(capture: Capture, component: str) -> tuple[Registration, ...]:
    """The resources below a component, by its token, those of the components in it included."""
    return tuple(entry for entry in capture.resources if component in component_chain(entry))


def data(value: Any) -> Any:
    """Plain dictionaries and lists of a recorded value, secrets opened. A value that is not known fails the test."""
    match value:
        case Secret():
            return data(value.plain)
        case Unknown():
            raise AssertionError("a value is known only after an update")
        case Mapping():
            return {str(key): data(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- nested values
        case tuple():
            return [data(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType] -- nested values
        case _:
            return value


def inputs(capture: Capture, kind: str, name: str, *, within: str = "") -> Any:
    """The inputs of one registration as plain data."""
    return data(one(capture, kind, name, within=within).inputs)


def machine_document(capture: Capture, machine: str) -> dict[str, Any]:
    """What a machine is told, as it is uploaded to the store of its cloud, as a fresh copy."""
    (content,) = (
        data(entry.inputs["content"])
        for entry in capture.resources
        if entry.name == f"{machine}-document" and "content" in entry.inputs
    )
    return json.loads(content)


def role_settings(capture: Capture, machine: str) -> dict[str, Any]:
    """The role's part of a machine's document."""
    return machine_document(capture, machine)["settings"]


def statements(document: Value) -> list[dict[str, Any]]:
    """The statements of a policy document as it was registered."""
    assert isinstance(document, str), "the policy is not known"
    return json.loads(document)["Statement"]


def policy_of(capture: Capture, name: str) -> list[dict[str, Any]]:
    """The statements of an inline policy of an AWS role, by its logical name."""
    return statements(one(capture, "aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])


def trust_of(capture: Capture, name: str) -> list[dict[str, Any]]:
    """The statements of the trust of an AWS role, by its logical name."""
    return statements(one(capture, "aws:iam/role:Role", name).inputs["assumeRolePolicy"])


def differing(first: Capture, second: Capture) -> set[str]:
    """URNs of everything that is not the same in both."""
    left, right = first.by_urn, second.by_urn
    return {urn for urn in {*left, *right} if left.get(urn) != right.get(urn)}


def unpacked(user_data: str) -> str:
    """The text behind the user data of EC2: base64 of gzip."""
    return gzip.decompress(base64.b64decode(user_data)).decode()


def first_boot(instance: Registration) -> str:
    """The first boot of a machine on either cloud."""
    values: Any = instance.inputs
    return values["metadata"]["user-data"] if instance.cloud == "gcp" else unpacked(values["userDataBase64"])
