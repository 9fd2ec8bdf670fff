"""Two values property by property, in the way a reviewer reads them."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from capture import Value
from capture.registration import parsed

NAMES = ("Sid", "name", "key", "priority", "deviceName")
"""What tells the entries of a list apart, where all have one of these and no two the same."""

ALIKE = 0.5
"""From this share of equal letters on, an entry that went and one that came are shown as one that changed."""


@dataclass(frozen=True)
class PropertyChange:
    """One property that differs; None is a property that is not there."""

    path: str
    """Place in the inputs, for example "bootDisk.initializeParams.image"."""
    old: Value
    new: Value
    replaces: bool = False
    """Whether the cloud can only change it by making the resource anew."""


def differences(old: Value, new: Value, path: str = "") -> Iterator[PropertyChange]:
    """Every place where two values differ. Texts that hold JSON are compared inside."""
    if old == new:
        return
    if isinstance(old, str) and isinstance(new, str):
        inner_old, inner_new = parsed(old), parsed(new)
        if inner_old is None or inner_new is None or inner_old == inner_new:
            yield PropertyChange(path, old, new)
        else:
            yield from differences(inner_old, inner_new, path)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, tuple) and isinstance(new, tuple):
        yield from _list_differences(old, new, path)
    else:
        yield PropertyChange(path, old, new)


def _list_differences(old: tuple[Value, ...], new: tuple[Value, ...], path: str) -> Iterator[PropertyChange]:
    name = _name_of(old)
    if name and name == _name_of(new):
        before, after = _named(old, name), _named(new, name)
        changes = [
            change
            for called in dict.fromkeys([*before, *after])
            for change in differences(before.get(called), after.get(called), f"{path}[{called}]")
        ]
        yield from changes or [PropertyChange(path, tuple(before), tuple(after))]
        return
    gone = [item for item in old if item not in new]
    added = [item for item in new if item not in old]
    if len(old) == len(new) and any(isinstance(item, Mapping) for item in old):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif gone or added:
        yield from (PropertyChange(f"{path}[]", *pair) for pair in _pairs(gone, added))
    else:
        yield PropertyChange(path, old, new)


def _name_of(entries: Sequence[Value]) -> str:
    """The property that tells the entries of a list apart; empty where there is none."""
    records = [entry for entry in entries if isinstance(entry, Mapping)]
    if len(records) < len(entries):
        return ""
    for name in NAMES:
        values = [str(record[name]) for record in records if record.get(name) not in (None, "")]
        if len(values) == len(entries) == len(set(values)):
            return name
    return ""


def _named(entries: Sequence[Value], name: str) -> dict[str, Value]:
    """The entries by what a reader calls them; a statement of a policy also by its effect."""
    records = [entry for entry in entries if isinstance(entry, Mapping)]
    return {", ".join(str(record[key]) for key in (name, "Effect") if key in record): record for record in records}


def _pairs(gone: Sequence[Value], added: Sequence[Value]) -> Iterator[tuple[Value, Value]]:
    """What went and what came: side by side where two are alike, so that it shows what was widened."""
    left = list(added)
    for item in gone:
        other = max(left, key=lambda candidate: _likeness(item, candidate), default=None)
        if other is None or _likeness(item, other) < ALIKE:
            yield item, None
        else:
            left.remove(other)
            yield item, other
    yield from ((None, item) for item in left)


def _likeness(one: Value, other: Value) -> float:
    if not isinstance(one, str) or not isinstance(other, str):
        return 0
    return difflib.SequenceMatcher(None, one, other).ratio()
