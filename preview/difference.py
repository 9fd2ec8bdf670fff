"""Two values property by property, in the way a reviewer reads them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from capture import Value


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
        inner_old, inner_new = _parsed(old), _parsed(new)
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
    gone = [item for item in old if item not in new]
    added = [item for item in new if item not in old]
    if len(old) == len(new) and any(isinstance(item, Mapping) for item in old):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{path}[{index}]")
    elif gone or added:
        yield from (PropertyChange(f"{path}[]", item, None) for item in gone)
        yield from (PropertyChange(f"{path}[]", None, item) for item in added)
    else:
        yield PropertyChange(path, old, new)


def _parsed(text: str) -> Value:
    """A JSON object or list as a value; None for any other text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return _frozen(json.loads(text))
    except ValueError:
        return None


def _frozen(value: object) -> Value:
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in cast("list[Any]", value))
    return cast("Value", value)
