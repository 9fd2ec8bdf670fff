"""Which machines are alike: of those that differ in names and sizes alone, one stands for all."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

NAME, SIZE = "a name", "a size"
TIMES = "maintenanceWindow"
"""When something happens is no other thing that happens."""


@dataclass(frozen=True, order=True)
class Named:
    """A machine of a stack."""

    stack: str
    name: str

    def __str__(self) -> str:
        return f"{self.stack}/{self.name}"


def choices_of(schema: Any) -> frozenset[str]:
    """Every word that the schema of documents lets one choose; all other strings of a document are names."""
    if isinstance(schema, list):
        return frozenset[str]().union(*(choices_of(each) for each in cast("list[Any]", schema)))
    if not isinstance(schema, dict):
        return frozenset()
    rules = cast("dict[str, Any]", schema)
    listed = [*rules["enum"]] if isinstance(rules.get("enum"), list) else []
    words = {word for word in (*listed, rules.get("const")) if isinstance(word, str)}
    return frozenset(words).union(*(choices_of(each) for each in rules.values()))


def form(value: Any, choices: frozenset[str]) -> Any:
    """A document without its names and sizes; of the entries of a list, the forms that occur."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value).items()
        return {key: SIZE if key == TIMES else form(inner, choices) for key, inner in entries}
    if isinstance(value, list):
        forms = {json.dumps(form(each, choices), sort_keys=True) for each in cast("list[Any]", value)}
        return sorted(forms)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return value if value in choices else NAME
    return SIZE


def standing_for(documents: Mapping[Named, Any], schema: Any) -> dict[Named, Named]:
    """For each machine the one that stands for it, the first of those that are alike."""
    choices, first = choices_of(schema), dict[str, Named]()
    found: dict[Named, Named] = {}
    for machine, document in documents.items():
        # The stack's own name is a choice of the schema, and no difference by itself.
        text = json.dumps(form({**document, "stack": NAME}, choices), sort_keys=True)
        found[machine] = first.setdefault(text, machine)
    return found


def left_out(standing: Mapping[Named, Named]) -> Iterable[str]:
    """A line for each machine that another one stands for."""
    return [f"{machine}: {other} stands for it" for machine, other in standing.items() if machine != other]
