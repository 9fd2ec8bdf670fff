"""What the simulated clouds hold, and the failures they were told to have."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

from capture import Value
from policies.physical_names import KEPT_DAYS


class Operation(StrEnum):
    """What an engine may ask of a provider."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    READ = "read"


class FailureKind(StrEnum):
    """How a call fails."""

    REFUSED = "refused"
    """The cloud says no; nothing was made."""
    THROTTLED = "throttled"
    """The cloud says: too many requests; nothing was made."""
    TIMED_OUT = "timed out"
    """The resource was made, but the answer never came."""
    CRASH = "crash"
    """The provider process dies."""


@dataclass(frozen=True)
class Failure:
    """A failure to come: the `number`th call of an operation, counted from 1, on types that contain `type_contains`."""

    operation: Operation
    number: int
    kind: FailureKind
    type_contains: str = ""


@dataclass(frozen=True)
class Call:
    """One call that reached a provider and was not a preview."""

    operation: Operation
    urn: str
    id: str = ""


@dataclass
class CloudResource:
    """A resource that exists in a simulated cloud."""

    type: str
    id: str
    properties: Struct
    unique_name: tuple[str, ...] = ()
    """What no other living resource may share (policies.physical_names)."""
    given: frozenset[str] = frozenset()
    """Properties that somebody chose; the cloud added the others. A provider tells them apart by its schema."""
    place: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Where its provider put it (preview.replacements, PLACED_BY)."""


@dataclass
class SimulatedClouds:
    """Both clouds: what exists, which calls were made, which failures are still to come."""

    resources: dict[str, CloudResource] = field(default_factory=dict[str, CloudResource])
    """By physical id."""
    calls: list[Call] = field(default_factory=list[Call])
    failures: list[Failure] = field(default_factory=list[Failure])
    kept_names: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])
    """Names of what was deleted, that the cloud keeps for some weeks (policies.physical_names, KEPT_DAYS)."""
    compared: dict[str, tuple[Mapping[str, Value], Mapping[str, Value]]] = field(default_factory=dict[str, Any])
    """Old and new inputs of the last comparison by URN, of resources whose inputs an SDK marks as secret whatever they
    hold: the engine shows none of these."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    _counts: dict[Failure, int] = field(default_factory=dict[Failure, int])

    def failure_of(self, operation: Operation, resource_type: str) -> FailureKind | None:
        """The failure that this call meets, if any; each happens once."""
        with self.lock:
            for failure in self.failures:
                if failure.operation is operation and failure.type_contains in resource_type:
                    self._counts[failure] = self._counts.get(failure, 0) + 1
                    if self._counts[failure] == failure.number:
                        return failure.kind
        return None

    def named(self, unique_name: tuple[str, ...]) -> CloudResource | None:
        """The living resource that has taken a name."""
        if not unique_name:
            return None
        return next((entry for entry in self.resources.values() if entry.unique_name == unique_name), None)

    def delete(self, identifier: str) -> None:
        """What a provider deletes; some names stay taken, since their cloud can still bring the resource back."""
        with self.lock:
            entry = self.resources.pop(identifier, None)
            if entry is None or not entry.unique_name or entry.type not in KEPT_DAYS:
                return
            if entry.properties.fields["recoveryWindowInDays"].number_value or not entry.type.startswith("aws:"):
                self.kept_names.add(entry.unique_name)

    def change_by_hand(self, identifier: str, changes: Mapping[str, str | int | bool]) -> None:
        """What somebody does in a console, past the program."""
        with self.lock:
            self.resources[identifier].properties.update(dict(changes))

    def delete_by_hand(self, identifier: str) -> None:
        """As `change_by_hand`, for a deletion."""
        with self.lock:
            del self.resources[identifier]

    def document(self) -> list[dict[str, Any]]:
        """What exists, as JSON takes it."""
        return [
            *({"kept_name": list(name)} for name in sorted(self.kept_names)),
            *(
                {
                    "type": entry.type,
                    "id": entry.id,
                    "properties": MessageToDict(entry.properties),
                    "unique_name": list(entry.unique_name),
                    "given": sorted(entry.given),
                    "place": dict(entry.place),
                }
                for entry in self.resources.values()
            ),
        ]

    @staticmethod
    def of(document: list[dict[str, Any]]) -> "SimulatedClouds":
        """Clouds that hold what `document` said."""
        clouds = SimulatedClouds()
        for entry in document:
            if "kept_name" in entry:
                clouds.kept_names.add(tuple(entry["kept_name"]))
                continue
            properties = ParseDict(entry["properties"], Struct())
            name, given = tuple(entry["unique_name"]), frozenset(entry["given"])
            identifier, place = entry["id"], entry.get("place", {})
            clouds.resources[identifier] = CloudResource(
                entry["type"], identifier, properties, name, given=given, place=place
            )
        return clouds
