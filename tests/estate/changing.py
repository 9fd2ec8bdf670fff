"""Another value for each setting of a stack file, and whether anything that is registered changes with it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from capture import Capture
from settings.declarations import example, item, keys, members, nested_models
from settings.places import told_by
from settings.stack import Settings
from tests.support import faults_of, raw_sections, variant

SYSTEMS = (
    *("packageServer", "devInstance", "cloudNativeCluster", "runnerFleet", "databasePair", "ciIdentity"),
    *("backupVault", "link"),
)

NEEDS = {"devInstance": "backupVault", "databasePair": "backupVault", "packageServer": "backupVault"}
"""What a system stands on beside the ground: it is built without the others, which takes a third of the time."""


@dataclass(frozen=True)
class Value:
    """One value of a stack file."""

    path: str
    """As tests.support takes it: runnerFleet.shards.0.name."""
    field: FieldInfo
    given: Any
    """None where it is left out."""

    def __str__(self) -> str:
        """Its place."""
        return self.path


def values(stack: str, changes: Mapping[str, object]) -> list[Value]:
    """Every value of a stack file, one of each item and form of a list, those that are left out as well."""
    raw = raw_sections(stack, changes)
    seen: set[tuple[str, str]] = set()
    return [value for value, kind in _below(Settings, raw, "", "") if not (kind in seen or seen.add(kind))]


def _below(model: type[BaseModel], raw: Any, path: str, form: str) -> Iterator[tuple[Value, tuple[str, str]]]:
    for key, field in keys(model).items():
        place, given = f"{path}.{key}".removeprefix("."), raw.get(key)
        if place == "stack":
            continue
        models = list(dict.fromkeys(nested_models(field.annotation)))
        if not models:
            if len(members(field)) != 1:
                kind = ".".join("[]" if part.isdigit() else part for part in place.split("."))
                yield Value(place, field, given), (kind, form)
            continue
        entries = enumerate(given or ()) if item(field) else ((None, given),) if given is not None else ()
        for index, entry in entries:
            of_form = next(each for each in models if len(models) == 1 or _is(each, entry))
            below = place if index is None else f"{place}.{index}"
            yield from _below(of_form, entry, below, told_by(of_form) if len(models) > 1 else form)


def _is(model: type[BaseModel], raw: Mapping[str, object]) -> bool:
    key, _, value = told_by(model).partition(": ")
    return raw.get(key) == value


def another(stack: str, changes: Mapping[str, object], value: Value) -> object:
    """Another value that the stack file may hold there. Raises LookupError where there is none."""
    default = value.field.get_default(call_default_factory=True)
    here: Any = default if value.given is None else value.given
    here = list(cast("tuple[Any, ...]", here)) if isinstance(here, tuple) else here
    for candidate in candidates(value.field, here):
        if candidate not in (None, here) and not faults_of(stack, {**changes, value.path: candidate}):
            return candidate
    raise LookupError(f"{value.path}: no other value than {value.given!r} is right by itself")


def candidates(field: FieldInfo, given: Any) -> Iterator[object]:
    """Values that may be right."""
    if given is None:
        yield example(field)
    inner = item(field)
    if inner is not None and isinstance(given, list | tuple):
        entries = list(cast("list[Any]", given))
        yield entries[:-1]
        yield [*entries, *(cast("list[Any]", example(field) or []))]
        for index, entry in enumerate(entries):
            for other in candidates(inner, entry):
                yield [*entries[:index], other, *entries[index + 1 :]]
        return
    yield from members(field)
    match given:
        case bool():
            yield not given
        case int():
            yield from (given + 1, given - 1, given + 4, given * 2, 60, 90, 120, 365)
        case float():
            yield from (given / 2, given + 0.25)
        case str():
            for position in reversed(range(len(given))):
                for letter in "abc123408":
                    if given[position].isalnum():
                        yield given[:position] + letter + given[position + 1 :]
            yield from (example(field), f"{given}-a")
        case _:
            pass


def is_registered(stack: str, changes: Mapping[str, object], value: Value, other: object) -> bool:
    """Whether another value changes something that is registered for the system, built without the others."""
    system = value.path.partition(".")[0]
    left_out = [name for name in SYSTEMS if system in SYSTEMS and name not in (system, NEEDS.get(system))]
    kept = {path: entry for path, entry in changes.items() if path.partition(".")[0] not in left_out}
    alone = {**kept, **{name: None for name in left_out if name in raw_sections(stack, {})}}
    if faults_of(stack, {**alone, value.path: other}):
        alone = dict(changes)
    return _built(stack, json.dumps(alone)) != variant(stack, {**alone, value.path: other})


@cache
def _built(stack: str, changes: str) -> Capture:
    return variant(stack, json.loads(changes))
