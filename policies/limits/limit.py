"""A limit of one input, and what a value does to break it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from capture.registration import Value

KEYS = "<key>"
"""Step of a path that stands for every key of a map."""

VALUES = "<value>"
"""Step of a path that stands for every value of a map."""


@dataclass(frozen=True)
class Limit:
    """What a cloud, or its provider before any call, takes for one input. Fields that are None say nothing."""

    input: str
    """Dotted path; items of lists have no step of their own, keys and values of maps have KEYS and VALUES."""
    source: str
    """Where it is said: the sentence of a docstring, a shape of botocore, or a page of documentation."""
    shortest: int | None = None
    """Least number of characters."""
    longest: int | None = None
    """Largest number of characters."""
    longest_bytes: int | None = None
    """Largest number of bytes in UTF-8."""
    pattern: str | None = None
    """A regular expression for the whole value."""
    least: float | None = None
    """Smallest number."""
    most: float | None = None
    """Largest number."""
    step: int | None = None
    """The number must be a multiple of it."""
    values: tuple[str, ...] = ()
    """All values that are taken, as text."""
    not_first: tuple[str, ...] = ()
    """Beginnings that the cloud keeps for itself."""
    not_within: tuple[str, ...] = ()
    """What may stand nowhere in it."""
    most_items: int | None = None
    """Largest number of items of a list, or of entries of a map."""
    only_where: tuple[str, str] | None = None
    """An input beside this one and its value, without which the limit does not hold."""


@dataclass(frozen=True)
class Broken:
    """One input that its cloud would refuse."""

    path: str
    """With indexes, for example "rules[0].id"."""
    wrong: str
    limit: Limit

    @property
    def right(self) -> str:
        """What the cloud takes, in words, and where that is said."""
        return f"{_allowed(self.limit)} ({self.limit.source})"


def broken(limit: Limit, inputs: Mapping[str, Value]) -> Iterator[Broken]:
    """Every value below the limit's path that breaks it. What is secret or not known yet is left alone."""
    for path, value in _found(inputs, limit.input.split("."), "", limit.only_where):
        for wrong in _faults(limit, value):
            yield Broken(path, wrong, limit)


def _found(
    value: Value, steps: list[str], path: str, only_where: tuple[str, str] | None
) -> Iterator[tuple[str, Value]]:
    """Every value at a path. A list at its end is told as a whole, and item by item."""
    if isinstance(value, tuple):
        if not steps:
            yield path, value
        for index, item in enumerate(value):
            yield from _found(item, steps, f"{path}[{index}]", only_where)
    elif not steps:
        yield path, value
    elif isinstance(value, Mapping):
        first, rest = steps[0], steps[1:]
        if not rest and only_where is not None and value.get(only_where[0]) != only_where[1]:
            return
        if first in (KEYS, VALUES):
            for key, inner in value.items():
                yield from _found(key if first == KEYS else inner, rest, f"{path}.{key}", only_where)
        elif first in value:
            yield from _found(value[first], rest, f"{path}.{first}".lstrip("."), only_where)


def _faults(limit: Limit, value: Value) -> Iterator[str]:
    match value:
        case tuple() | Mapping():
            if limit.most_items is not None and len(value) > limit.most_items:
                yield f"has {len(value)} entries"
        case bool():
            return
        case str():
            yield from _text_faults(limit, value)
        case int() | float():
            yield from _number_faults(limit, value)
        case _:
            return


def _text_faults(limit: Limit, value: str) -> Iterator[str]:
    shown = f"{value[:80]!r}"
    if len(value) < (limit.shortest or 0) or (limit.longest is not None and len(value) > limit.longest):
        yield f"has {len(value)} characters: {shown}"
    elif limit.pattern is not None and not _compiled(limit.pattern).fullmatch(value):
        yield f"{shown} does not match"
    if limit.longest_bytes is not None and (size := len(value.encode())) > limit.longest_bytes:
        yield f"has {size} bytes"
    yield from (f"{shown} begins with {start}" for start in limit.not_first if value.startswith(start))
    yield from (f"{shown} contains {part}" for part in limit.not_within if part in value)
    if limit.values:
        if value not in limit.values:
            yield f"{shown} is not among its values"
    elif re.fullmatch(r"-?[0-9]+s?", value):
        # Durations of the Google APIs are seconds with an "s"; some numbers are text in the SDKs.
        yield from _number_faults(limit, int(value.removesuffix("s")))


def _number_faults(limit: Limit, value: float) -> Iterator[str]:
    is_listed = str(value) in limit.values
    if (limit.least is not None and value < limit.least) or (limit.most is not None and value > limit.most):
        yield f"is {value:g}"
    elif limit.step is not None and value % limit.step and not is_listed:
        yield f"is {value:g}"
    elif limit.step is None and limit.values and not is_listed:
        yield f"{value} is not among its values"


def _allowed(limit: Limit) -> str:
    parts = (
        _span(limit.shortest, limit.longest, "characters"),
        _span(None, limit.longest_bytes, "bytes"),
        _span(limit.least, limit.most, ""),
        _span(None, limit.most_items, "entries"),
        f"matching {limit.pattern}" if limit.pattern else "",
        f"one of {', '.join(limit.values)}" if limit.values and limit.step is None else "",
        f"a multiple of {limit.step}" if limit.step else "",
        f"not beginning with {' or '.join(limit.not_first)}" if limit.not_first else "",
        f"without {' or '.join(limit.not_within)}" if limit.not_within else "",
    )
    return ", ".join(part for part in parts if part)


def _span(least: float | None, most: float | None, unit: str) -> str:
    match least, most:
        case None, None:
            return ""
        case None, _:
            return f"at most {most} {unit}".strip()
        case _, None:
            return f"at least {least} {unit}".strip()
        case _:
            return f"{least} to {most} {unit}".strip()


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
