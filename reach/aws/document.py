"""Policy documents, read once into statements (IAM user guide, "IAM JSON policy elements reference")."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

from reach.globs import is_pattern

ELEMENTS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
}


class DocumentError(Exception):
    """A document is none; the text says what is wrong, and what would be right."""


@dataclass(frozen=True)
class Condition:
    """One key of a condition block."""

    operator: str
    """As written, for example "ForAnyValue:StringLikeIfExists"."""
    key: str
    """In lower case: names of keys have no case (IAM user guide, "Condition keys")."""
    values: tuple[str, ...]

    @cached_property
    def has_variables(self) -> bool:
        """Whether what is wanted depends on the request."""
        return any("${" in value for value in self.values)

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.key} {self.operator} {', '.join(self.values)}"


@dataclass(frozen=True)
class Statement:
    """One statement. An element that is missing is empty."""

    allows: bool
    sid: str
    actions: tuple[str, ...]
    """In lower case, since actions have no case."""
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    """Kind and identifier, for example ("AWS", "arn:..."). "*" alone is ("*", "*")."""
    not_principals: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...]
    urn: str
    """Of the resource that carries the document."""

    @cached_property
    def single_resources(self) -> frozenset[str]:
        """Those that stand for themselves. A policy of a manager names hundreds of secrets."""
        return frozenset(name for name in self.resources if not is_pattern(_plain(name)))

    @cached_property
    def resource_patterns(self) -> tuple[str, ...]:
        """Those that stand for many."""
        return tuple(name for name in map(_plain, self.resources) if is_pattern(name))


def _plain(pattern: str) -> str:
    """A variable in a resource stands for anything that is not known."""
    if "${" not in pattern:
        return pattern
    head, _, rest = pattern.partition("${")
    return f"{head}*{_plain(rest.partition('}')[2])}"


@lru_cache(maxsize=4096)
def statements_of(document: str, urn: str = "") -> tuple[Statement, ...]:
    """The statements of a document. Raises DocumentError for what is no policy."""
    try:
        content = json.loads(document)
    except ValueError as error:
        raise DocumentError(f"is no JSON: {error}. HINT: json.dumps of a policy document") from None
    if not isinstance(content, dict) or "Statement" not in content:
        raise DocumentError('has no "Statement". HINT: {"Version": "2012-10-17", "Statement": [...]}')
    listed: Any = cast("dict[str, Any]", content)["Statement"]
    return tuple(_statement(entry, urn) for entry in (listed if isinstance(listed, list) else [listed]))  # pyright: ignore[reportUnknownVariableType] -- JSON


def _statement(entry: Any, urn: str) -> Statement:
    if not isinstance(entry, dict):
        raise DocumentError('has a statement that is no object. HINT: {"Effect": "Allow", ...}')
    values = cast("dict[str, Any]", entry)
    unknown = sorted(set(values) - ELEMENTS)
    if unknown:
        raise DocumentError(f"has an element {unknown[0]}. HINT: one of {', '.join(sorted(ELEMENTS))}")
    if values.get("Effect") not in ("Allow", "Deny"):
        raise DocumentError(f'has the effect {values.get("Effect")}. HINT: "Allow" or "Deny", with this case')
    if not {"Action", "NotAction"} & set(values):
        raise DocumentError('has a statement without "Action". HINT: the actions that are used')
    return Statement(
        allows=values["Effect"] == "Allow",
        sid=str(values.get("Sid", "")),
        actions=tuple(name.lower() for name in _texts(values.get("Action", ()), "Action")),
        not_actions=tuple(name.lower() for name in _texts(values.get("NotAction", ()), "NotAction")),
        resources=_texts(values.get("Resource", ()), "Resource"),
        not_resources=_texts(values.get("NotResource", ()), "NotResource"),
        principals=tuple(_principals(values.get("Principal"))),
        not_principals=tuple(_principals(values.get("NotPrincipal"))),
        conditions=tuple(_conditions(values.get("Condition"))),
        urn=urn,
    )


def _principals(value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, str):
        if value != "*":
            raise DocumentError(f'has the principal "{value}". HINT: "*", or an object such as {{"AWS": "arn:..."}}')
        yield "*", "*"
        return
    if not isinstance(value, dict):
        raise DocumentError('has a principal that is no object. HINT: {"AWS": "arn:..."}')
    for kind, names in cast("Mapping[str, Any]", value).items():
        for name in _texts(names, "Principal"):
            yield ("*", "*") if (kind, name) == ("AWS", "*") else (kind, name)


def _conditions(value: Any) -> Iterator[Condition]:
    if value is None:
        return
    if not isinstance(value, dict):
        raise DocumentError('has a condition that is no object. HINT: {"StringEquals": {"key": "value"}}')
    for operator, keys in cast("Mapping[str, Any]", value).items():
        if not isinstance(keys, dict):
            raise DocumentError(f'has no keys below {operator}. HINT: {{"{operator}": {{"key": "value"}}}}')
        for key, wanted in cast("Mapping[str, Any]", keys).items():
            yield Condition(operator, key.lower(), _texts(wanted, key))


def _texts(value: Any, element: str) -> tuple[str, ...]:
    """A value or a list of them as texts; booleans as JSON writes them."""
    listed = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
    found: list[str] = []
    for item in listed:
        if isinstance(item, bool):
            found.append(str(item).lower())
        elif isinstance(item, str | int | float):
            found.append(str(item))
        else:
            raise DocumentError(f"has a value in {element} that is no text. HINT: a text or a list of texts")
    return tuple(found)
