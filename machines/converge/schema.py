"""Checks a settings document against the schema of its bundle; as much of JSON Schema as that schema uses.

Standard library alone: Debian's own validator is not on a bare image.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "minItems": lambda value, limit: len(value) >= limit,
    "maxItems": lambda value, limit: len(value) <= limit,
    "pattern": lambda value, limit: re.search(limit, value) is not None,
    "const": operator.eq,
    "enum": lambda value, limit: value in limit,
}
SHAPING = {
    "$ref",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "anyOf",
    "allOf",
    "if",
    "then",
}
DESCRIBING = {"title", "description", "default", "examples", "format", "$schema", "$defs"}
"""Keywords that demand nothing."""


class Schema:
    """A schema with its definitions."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def faults(self, value: Any, rules: Mapping[str, Any] | None = None, path: str = "") -> Iterator[str]:
        """Each fault with its path, none for a sound document."""
        rules = self.root if rules is None else rules
        if "$ref" in rules:
            yield from self.faults(value, self.root["$defs"][rules["$ref"].rpartition("/")[2]], path)
        for part in rules.get("allOf", []):
            yield from self.faults(value, part, path)
        if "anyOf" in rules and all(any(self.faults(value, part, path)) for part in rules["anyOf"]):
            yield f"{path or 'document'} has none of the allowed forms"
        if "if" in rules and not any(self.faults(value, rules["if"], path)):
            yield from self.faults(value, rules["then"], path)
        if "type" in rules and not _is(value, rules["type"]):
            yield f"{path or 'document'} is no {rules['type']}"
            return
        for key, holds in LIMITS.items():
            if key in rules and not holds(value, rules[key]):
                yield f"{path or 'document'} is {value!r}, against {key} {rules[key]}"
        if isinstance(value, dict):
            yield from self._members(cast("dict[str, Any]", value), rules, path)
        if isinstance(value, list):
            yield from self._items(cast("list[Any]", value), rules, path)

    def _members(self, value: Mapping[str, Any], rules: Mapping[str, Any], path: str) -> Iterator[str]:
        known = rules.get("properties", {})
        for key in rules.get("required", []):
            if key not in value:
                yield f"{path}.{key} is missing".removeprefix(".")
        for key, inner in value.items():
            where = f"{path}.{key}".removeprefix(".")
            if key in known:
                yield from self.faults(inner, known[key], where)
            elif rules.get("additionalProperties") is False:
                yield f"{where} is not known"

    def _items(self, value: list[Any], rules: Mapping[str, Any], path: str) -> Iterator[str]:
        first = rules.get("prefixItems", [])
        for index, inner in enumerate(value):
            rule = first[index] if index < len(first) else rules.get("items", {})
            yield from self.faults(inner, rule, f"{path}[{index}]")


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a type; Python takes True for a number, JSON does not."""
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
