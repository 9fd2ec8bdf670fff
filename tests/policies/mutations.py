"""Ways to break a good graph: change one registration, drop one, or add one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from capture import Capture, Registration, Value


class _Gone:
    """Marks an input that a mutation removes."""


GONE = _Gone()


@dataclass(frozen=True)
class Broken:
    """A capture with one fault, and the URN on which a policy must report it."""

    capture: Capture
    urn: str


Mutation = Callable[[Capture], Broken]


@dataclass(frozen=True)
class Pick:
    """Which registration a mutation takes: the first of its type with this in its name, and with such inputs."""

    type: str
    name: str = ""
    has: Mapping[str, object] = field(default_factory=dict[str, object])

    def of(self, capture: Capture) -> Registration:
        """The registration. Raises LookupError where the estate holds none."""
        for entry in capture.of_type(self.type):
            if self.name in entry.name and all(entry.inputs.get(key) == value for key, value in self.has.items()):
                return entry
        raise LookupError(f"the estate has no {self.type} {self.name} with {dict(self.has)}")


def change(pick: Pick, inputs: Mapping[str, object], *, reported_on: Pick | None = None, **options: object) -> Mutation:
    """Sets inputs by dotted path (GONE removes one), and options of the registration by their name."""

    def mutation(capture: Capture) -> Broken:
        old = pick.of(capture)
        new = replace(old, inputs=_with(old.inputs, inputs), **options)  # pyright: ignore[reportArgumentType] -- any field
        return Broken(_swap(capture, old, new), (reported_on or pick).of(capture).urn)

    return mutation


def drop(pick: Pick, reported_on: Pick) -> Mutation:
    """Leaves one registration out; the fault shows on another."""

    def mutation(capture: Capture) -> Broken:
        gone = pick.of(capture)
        rest = tuple(entry for entry in capture.registrations if entry.urn != gone.urn)
        return Broken(replace(capture, registrations=rest), reported_on.of(capture).urn)

    return mutation


def add(like: Pick, type_token: str, inputs: Mapping[str, Value]) -> Mutation:
    """Registers one more resource beside an existing one."""

    def mutation(capture: Capture) -> Broken:
        neighbour = like.of(capture)
        urn = f"{neighbour.urn.rpartition('$')[0]}${type_token}::mutation"
        new = replace(neighbour, urn=urn, type=type_token, name="mutation", inputs=inputs, property_dependencies={})
        return Broken(replace(capture, registrations=(*capture.registrations, new)), urn)

    return mutation


def document(action: str, resource: str, sid: str = "", **more: object) -> str:
    statement: dict[str, object] = {"Effect": "Allow", "Action": [action], "Resource": [resource], "Sid": sid, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: object, condition: Mapping[str, object]) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _swap(capture: Capture, old: Registration, new: Registration) -> Capture:
    return replace(
        capture, registrations=tuple(new if entry.urn == old.urn else entry for entry in capture.registrations)
    )


def _with(values: Mapping[str, Value], changes: Mapping[str, object]) -> dict[str, Value]:
    changed: Any = dict(values)
    for path, value in changes.items():
        changed = _put(changed, path.split("."), value)
    return changed


def _put(holder: Any, path: list[str], value: object) -> Any:
    """A copy of nested mappings and tuples with one value replaced; what is missing on the way is made."""
    if not path:
        return value
    if isinstance(holder, tuple):
        index = int(path[0])
        return (*holder[:index], _put(holder[index], path[1:], value), *holder[index + 1 :])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- nested values
    copied = dict(holder or {})
    if value is GONE and len(path) == 1:
        copied.pop(path[0], None)
    else:
        copied[path[0]] = _put(copied.get(path[0]), path[1:], value)
    return copied
