"""Which values of a document are read: a program takes it, or another value changes what a role renders."""

import copy
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, cast

from tests.machines.playing import Play
from tests.machines.support.programs import program
from tests.machines.takers import taken_from

Place = tuple[str | int, ...]


def leaves(value: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every value of a document; an empty list is one."""
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from leaves(inner, (*place, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(cast("list[Any]", value)):
            yield from leaves(inner, (*place, index))
    else:
        yield place


def dotted(place: Place) -> str:
    """The key of a place, whichever item of a list it lies in: settings.jobs[].name."""
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def unread(documents: list[dict[str, Any]]) -> list[str]:
    """Keys of the documents of one role that nothing reads in any of them."""
    keys = {dotted(place) for document in documents for place in leaves(document)}
    # What is null or empty in one document and filled in another is read where it is filled.
    waiting = {key for key in keys if not any(other.startswith((f"{key}.", f"{key}[")) for other in keys)}
    for document in documents:
        readers = Readers(document)
        for place in leaves(document):
            if dotted(place) in waiting and readers.read(place):
                waiting.remove(dotted(place))
    return sorted(waiting)


class Readers:
    """Everything that reads one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._taken = taken_from(document)
        self._before: dict[frozenset[str], list[str]] = {}

    def read(self, place: Place) -> bool:
        """Whether a program takes the value, or another one changes what a role renders."""
        return dotted(place) in self._taken or self._changes_what_is_rendered(place)

    def _changes_what_is_rendered(self, place: Place) -> bool:
        variables = variables_of(self._document, place)
        if variables not in self._before:
            self._before[variables] = list(Play(self._document).made_of(variables))
        before = self._before[variables]
        if not before:
            return False
        after = Play(changed(self._document, place)).made_of(variables)
        return any(one != other for one, other in zip_longest(before, after))


def variables_of(document: Mapping[str, Any], place: Place) -> frozenset[str]:
    """The variables by which a playbook has a value: those that another value of its first key changes."""
    converge = program("converge")
    if place[0] == "settings":
        other = {**document, "settings": {**document["settings"], place[1]: object()}}
    else:
        other = {**document, place[0]: "another"}
    before, after = (converge.variables(given, may_interrupt=False) for given in (document, other))
    return frozenset(name for name, value in before.items() if after.get(name) != value)


def changed(document: dict[str, Any], place: Place) -> dict[str, Any]:
    """The document with another value at a place."""
    copied = copy.deepcopy(document)
    holder: Any = copied
    for part in place[:-1]:
        holder = holder[part]
    holder[place[-1]] = another(holder[place[-1]])
    return copied


def another(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return ["another"]
        case None:
            return "another"
        case _:
            return f"{value}-another"
