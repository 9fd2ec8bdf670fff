"""Lists hold every entry once: each entry makes a resource, a rule or a grant, and clouds refuse a second one.

That holds for every list of a stack file without a word. A list of sections says here which keys tell its entries
apart, and a list that may repeat itself says why.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from settings.faults import Fault, Path


@dataclass(frozen=True)
class Distinct:
    """Marks a list of sections whose entries differ in a key; of several keys together. A part of `Annotated`."""

    keys: tuple[str, ...]
    """As the file writes them."""
    right: str
    """What would be right where two entries are alike in them, and why."""


@dataclass(frozen=True)
class MayRepeat:
    """Marks a list in which an entry may stand twice. A part of `Annotated`."""

    why: str


def repetitions(model: BaseModel, path: Path = ()) -> Iterator[Fault]:
    """A fault for every entry of a list below the model that an earlier one repeats."""
    for name, field in type(model).model_fields.items():
        place = (*path, field.alias or name)
        # Not as an attribute: what this rule alone looks at counts as a setting that nobody reads.
        value: object = vars(model)[name]
        if isinstance(value, BaseModel):
            yield from repetitions(value, place)
        elif isinstance(value, tuple):
            entries = cast("tuple[Hashable, ...]", value)
            yield from _in_list(entries, field, place)
            for index, entry in enumerate(entries):
                if isinstance(entry, BaseModel):
                    yield from repetitions(entry, (*place, index))


def _in_list(entries: tuple[Hashable, ...], field: FieldInfo, place: Path) -> Iterator[Fault]:
    if any(isinstance(mark, MayRepeat) for mark in field.metadata):
        return
    marks = [mark for mark in field.metadata if isinstance(mark, Distinct)]
    for mark in marks:
        values = [tuple(_at(entry, key) for key in mark.keys) for entry in entries]
        for index, first in _repeated(values):
            shown = " ".join(map(str, values[index]))
            at = (*place, index, mark.keys[0])
            yield Fault(at, f"{shown} is {' and '.join(mark.keys)} of [{first}] too", mark.right)
    if not marks:
        for index, first in _repeated(entries):
            entry = entries[index]
            shown = "the entry" if isinstance(entry, (BaseModel, SecretStr)) else str(entry)
            yield Fault(
                (*place, index), f"{shown} stands at [{first}] already", "leave it out, or write what was meant"
            )


def _repeated(values: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Each index whose value stood before, with the first index of that value."""
    for index, value in enumerate(values):
        first = values.index(value)
        if first < index:
            yield index, first


def _at(entry: object, key: str) -> Hashable:
    fields = cast("BaseModel", entry).__class__.model_fields
    (name,) = (name for name, field in fields.items() if (field.alias or name) == key)
    return cast("Hashable", vars(entry)[name])
