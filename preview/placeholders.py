"""Values of the stack file that only stand for one's own, with their lines."""

import json
from dataclasses import dataclass

from capture import StackFile
from settings.faults import dotted
from settings.placeholders import placeholders
from settings.positions import line_of, lines_by_path

NAMESPACE = "packyard:"


@dataclass(frozen=True)
class StillThere:
    """A placeholder that nobody has replaced."""

    line: int | None
    place: str
    """As a fault names it: packyard:aws.accountId."""
    value: str
    kind: str
    """What it is instead of a value of one's own."""


def still_there(stack_file: StackFile) -> tuple[StillThere, ...]:
    """Every placeholder of a stack file, in its order."""
    own = {key: text for key, text in stack_file.config.items() if key.startswith(NAMESPACE)}
    raw = {key.removeprefix(NAMESPACE): _value(text) for key, text in own.items()}
    lines = lines_by_path(stack_file.path)
    return tuple(
        StillThere(line_of(found.path, lines), dotted(found.path), found.value, found.kind)
        for found in placeholders(raw)
    )


def _value(text: str) -> object:
    """Objects stand as JSON in a configuration, and plain text as it is."""
    return json.loads(text) if text.startswith(("{", "[")) else text
