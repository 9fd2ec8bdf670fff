"""The recorded values: what a program registered, without any object of the Pulumi runtime."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi keeps encrypted. Compared and shown by its digest; the plain value never leaves memory."""

    digest: str
    plain: "Value" = field(repr=False, compare=False)


@dataclass(frozen=True)
class Unknown:
    """A value that is known only after the resource behind it exists."""


@dataclass(frozen=True)
class Asset:
    """A file or archive that is uploaded: its digest, and where it comes from."""

    digest: str
    source: str


Value = None | bool | int | float | str | Secret | Unknown | Asset | tuple["Value", ...] | Mapping[str, "Value"]


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it."""

    urn: str
    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Value]
    parent: str = ""
    """URN of the parent; empty for the stack itself."""
    id: str = ""
    """Physical id; empty in a preview run, invented in a run with final values."""
    outputs: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """For components and the stack, their registered outputs."""
    provider: str = ""
    """URN of the provider; empty for components and providers."""
    version: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """URNs that the resource itself had before; those it had through a renamed parent are not listed."""
    dependencies: tuple[str, ...] = ()
    """URNs that must exist first."""
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    import_id: str = ""
    deleted_with: str = ""
    source: str = ""
    """File and line below the program's folder that made it, for example "components/network/gcp_network.py:70"."""

    @property
    def cloud(self) -> str:
        """One of "aws", "gcp", "pulumi" (providers and the stack) and "packyard" (components)."""
        return self.type.partition(":")[0]

    @property
    def kind(self) -> str:
        """The last part of the type, for example "Subnetwork"."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True)
class Capture:
    """Everything that one program registered for one stack, sorted by URN.

    Invented values must never be shown bare: a reader would take them for real.
    """

    project: str
    stack: str
    preview: bool
    """True where ids and outputs stayed unknown, as in `pulumi preview` of a new stack."""
    registrations: tuple[Registration, ...]
    invented: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """For each URN the values that stand for a cloud's answer, and for which output: {"i-0f3a": "id"}."""
    is_veiled: bool = False
    """Whether everything that looks like a secret is one already (policies.secrets_in_clear.veiled)."""

    @cached_property
    def by_urn(self) -> dict[str, Registration]:
        """Registrations by URN."""
        return {registration.urn: registration for registration in self.registrations}

    @property
    def root(self) -> Registration:
        """The stack resource, whose outputs are the stack outputs."""
        return next(entry for entry in self.registrations if entry.type == "pulumi:pulumi:Stack")

    @property
    def resources(self) -> tuple[Registration, ...]:
        """Cloud resources alone: neither components, nor providers, nor the stack."""
        return tuple(entry for entry in self.registrations if entry.custom and entry.cloud != "pulumi")

    def of_type(self, resource_type: str) -> tuple[Registration, ...]:
        """Registrations of one type token."""
        return self._by_type.get(resource_type, ())

    @cached_property
    def _by_type(self) -> dict[str, tuple[Registration, ...]]:
        found: dict[str, list[Registration]] = {}
        for entry in self.registrations:
            found.setdefault(entry.type, []).append(entry)
        return {resource_type: tuple(entries) for resource_type, entries in found.items()}

    def children(self, urn: str) -> tuple[Registration, ...]:
        """Direct children of a registration."""
        return self._by_parent.get(urn, ())

    @cached_property
    def _by_parent(self) -> dict[str, tuple[Registration, ...]]:
        found: dict[str, list[Registration]] = {}
        for entry in self.registrations:
            found.setdefault(entry.parent, []).append(entry)
        return {urn: tuple(entries) for urn, entries in found.items()}

    def component_of(self, registration: Registration) -> Registration:
        """The nearest component around a resource, or the stack."""
        by_urn = self.by_urn
        current = by_urn[registration.parent] if registration.parent else registration
        while current.custom and current.parent:
            current = by_urn[current.parent]
        return current


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    """Every leaf of a value with its path, for example ("rules[0].cidr", "10.0.0.0/8"). Secrets are leaves."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def parsed(text: str) -> Value:
    """A JSON object or list as a value; None for any other text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return _frozen(json.loads(text))
    except ValueError:
        return None


def _frozen(value: object) -> Value:
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in cast("list[Any]", value))
    return cast("Value", value)
