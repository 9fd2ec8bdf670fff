"""Values as short text."""

import json
import re
from collections.abc import Mapping

from capture import Asset, Registration, Secret, Unknown, Value
from preview.difference import PropertyChange

SECRET = "[secret]"  # noqa: S105 -- what stands in place of one
UNKNOWN = "[unknown]"
COMMON_PREFIX_SHOWN = 12
"""Letters of an equal beginning that stay for orientation."""

SHORTEST = 48
"""Columns that a value has in any case; a longer line is wrapped."""

LINES_OF_ONE = 3
"""Lines that a value may take which stands alone: a new statement of a policy must be read."""

DECIDING = re.compile(
    r"Deny|[a-z0-9-]+:(?:Delete|Put|\*)[A-Za-z*]*|0\.0\.0\.0/0|::/0|\ball(?:Authenticated)?Users\b|roles/(?:owner|editor)\b"
    r"|(?<![\w/:.-])\*(?![\w])"
)
"""Words that decide what a change does: they are shown, wherever a value is cut."""


def shown(value: Value) -> Value:
    """A value as anyone may read it: no secret, nothing of Python."""
    if isinstance(value, Secret):
        return SECRET
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Asset):
        return f"[file {value.source} {value.digest}]"
    if isinstance(value, Mapping):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(shown(inner) for inner in value)
    return value


def one_line(value: Value) -> str:
    """A value on one line."""
    safe = shown(value)
    text = safe if isinstance(safe, str) else json.dumps(safe, ensure_ascii=False)
    return text.replace("\n", "⏎")


def change_text(change: PropertyChange, width: int) -> str:
    """Path, old and new value in about `width` columns, cut so that the difference stays visible.

    It is longer where the path leaves too little room, or where a word that decides would be cut away.
    """
    room = width - len(change.path) - 2
    if change.old is None:
        return f"{change.path}: + {_cut(one_line(change.new), LINES_OF_ONE * room)}"
    if change.new is None:
        return f"{change.path}: - {_cut(one_line(change.old), LINES_OF_ONE * room)}"
    old, new = one_line(change.old), one_line(change.new)
    if len(old) + len(new) + 3 > room:
        old, new = _from_difference(old, new)
    return f"{change.path}: {_cut(old, (room - 3) // 2)} → {_cut(new, (room - 3) // 2)}"


def service_of(entry: Registration) -> str:
    """Service of a cloud, for example "ec2"."""
    return entry.type.split(":")[1].partition("/")[0]


def kind_of(entry: Registration) -> str:
    """Service and kind, for example "ec2 Subnet"; for a component its class alone."""
    return f"{service_of(entry)} {entry.kind}" if entry.custom else entry.kind


def _from_difference(old: str, new: str) -> tuple[str, str]:
    equal = next((index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, equal - COMMON_PREFIX_SHOWN)
    return (f"…{old[start:]}", f"…{new[start:]}") if start else (old, new)


def _cut(text: str, width: int) -> str:
    limit = max(width, SHORTEST)
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    # A word that lies across the cut counts as cut away.
    hidden = dict.fromkeys(found[0] for found in DECIDING.finditer(text) if found.end() > len(kept))
    missing = [word for word in hidden if word not in kept]
    return f"{kept}…" + (f" (also {', '.join(missing)})" if missing else "")
