"""Reads the inputs of an alarm, and refuses those that nothing here evaluates."""

from collections.abc import Mapping

from capture import Registration, Value
from lab.errors import LabError


def mapping(value: Value) -> Mapping[str, Value]:
    """A nested value; empty where there is none."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Value) -> tuple[Value, ...]:
    """A list; empty where there is none."""
    return value if isinstance(value, tuple) else ()


def text(value: Value) -> str:
    """A string; empty where there is none."""
    return value if isinstance(value, str) else ""


def number(value: Value, where: str) -> float:
    """A number. Raises LabError where it is none: an alarm without its limit cannot be tried."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LabError(f"{where} is {value!r}, and must be a number")
    return float(value)


def seconds(value: Value, where: str) -> int:
    """A duration as Google writes it, `300s`. Raises LabError for another form."""
    written = text(value)
    if not written.endswith("s") or not written[:-1].isdigit():
        raise LabError(f"{where} is {value!r}, and must be whole seconds such as 300s")
    return int(written[:-1])


def where(entry: Registration) -> str:
    """An alarm by its kind and name, for messages."""
    return f"{entry.kind} {entry.name}"
