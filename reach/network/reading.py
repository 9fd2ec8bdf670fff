"""Reading what networks are registered with: ports, numbers, and where a resource belongs."""

from collections.abc import Iterator, Mapping
from functools import cache

from capture import Capture, Registration, Secret, Unknown, Value, leaves
from reach.network.ranges import Ranges, are_ranges, ranges
from reach.values import text, texts

STACK = "pulumi:pulumi:Stack"


def number(value: Value, otherwise: float = 0) -> float:
    """The value as a number, also where it is written as text; `otherwise` where it is missing or unknown."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return float(value) if isinstance(value, str) else otherwise
    except ValueError:
        return otherwise


def ports(value: Value) -> list[tuple[int, int]]:
    """First and last port of each entry such as "443" or "8000-8010"; what is no port is left out."""
    return list(_spans(value))


def _spans(value: Value) -> Iterator[tuple[int, int]]:
    for span in texts(value):
        first, _, last = span.partition("-")
        if first.strip().isdigit() and (last or first).strip().isdigit():
            yield int(first), int(last or first)


def unread(values: Mapping[str, Value], *keys: str) -> str:
    """The doubt about the first input that holds something which nobody knows yet; empty where all are known."""
    for key in keys:
        if key in values and any(isinstance(leaf, Unknown | Secret) for _, leaf in leaves(values[key])):
            return f"{key}, which is still unknown, means it"
    return ""


def range_of(value: Value) -> Ranges:
    """A text as the addresses that it means; none where it is no range."""
    return _range_of(text(value))


@cache
def _range_of(value: str) -> Ranges:
    return ranges(filter(are_ranges, (value,)))


def component_name(capture: Capture, entry: Registration) -> str:
    """The logical name of the outermost component around a resource; empty where there is none."""
    name, by_urn = "", capture.by_urn
    current = by_urn.get(entry.parent)
    while current is not None and current.type != STACK:
        name = current.name
        current = by_urn.get(current.parent)
    return name
