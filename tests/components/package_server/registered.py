"""Finding the package server's parts in a capture."""

import json
from typing import Any

from capture import Capture, Registration
from policies.values import text, without_secret
from tests.components.package_server.url_maps import Answer, ask

NAME = "package-server"


def named(capture: Capture, kind: str, name: str) -> Registration:
    """A resource of the package server by kind and logical name."""
    (found,) = (
        entry
        for entry in capture.resources
        if entry.kind == kind and entry.name == name and "package_server:PackageServer" in entry.urn
    )
    return found


def document(capture: Capture) -> dict[str, Any]:
    """The role's part of the machine document."""
    content = without_secret(named(capture, "BucketObject", f"{NAME}-document").inputs["content"])
    return json.loads(text(content))["settings"]


def public(capture: Capture, path: str) -> Answer:
    return ask(capture, NAME, document(capture)["publicHost"], path)


def upload(capture: Capture, path: str) -> Answer:
    return ask(capture, NAME, document(capture)["uploadHost"], path)


def differing(first: Capture, second: Capture) -> set[str]:
    """URNs of everything that is not the same in both."""
    left, right = first.by_urn, second.by_urn
    return {urn for urn in {*left, *right} if left.get(urn) != right.get(urn)}


def grants(capture: Capture, kind: str, key: str, target: Registration) -> tuple[Registration, ...]:
    return tuple(
        entry
        for entry in capture.resources
        if entry.kind == kind and target.urn in entry.property_dependencies.get(key, ())
    )
