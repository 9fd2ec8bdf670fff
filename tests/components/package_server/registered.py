"""Finding the package server's parts in a capture."""

from typing import Any

from capture import Capture, Registration
from lab.front.url_map import Routed, route
from tests.registrations import one, role_settings

NAME = "package-server"


def named(capture: Capture, kind: str, name: str) -> Registration:
    """A resource of the package server by kind and logical name."""
    return one(capture, kind, name, within="packyard:package_server:PackageServer")


def document(capture: Capture) -> dict[str, Any]:
    """The role's part of the machine document."""
    return role_settings(capture, NAME)


def public(capture: Capture, path: str) -> Routed:
    return route(capture, NAME, document(capture)["publicHost"], path)


def upload(capture: Capture, path: str) -> Routed:
    return route(capture, NAME, document(capture)["uploadHost"], path)


def grants(capture: Capture, kind: str, key: str, target: Registration) -> tuple[Registration, ...]:
    return tuple(
        entry
        for entry in capture.resources
        if entry.kind == kind and target.urn in entry.property_dependencies.get(key, ())
    )
