"""Reads a stack file: limits first, then the tree with its lines, then the values.

Whatever is wrong is one YamlFault with a line. No file is too large or too deep for it: it stops at the first event
past a limit, before a recursive parser sees the text.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import yaml

from stack_yaml.scalars import Scalar, plain

MOST_BYTES = 1024 * 1024
"""A stack file of the estate has about 20 KiB."""

MOST_DEPTH = 50
"""Sections and lists in each other; the settings have 7."""

MOST_VALUES = 50_000
"""Values, with those of every alias counted where it stands: the estate has about 1,500."""

MEND = "mend the YAML there"

TAG = "tag:yaml.org,2002:"

COLLECTIONS = (f"{TAG}map", f"{TAG}seq")
"""Tags of sections and lists, which have these when they have none."""

WITHOUT_TAG = ""
"""Stands for the tag of a scalar that has neither quotes nor a tag."""

MERGE_KEY = "<<"

LARGEST_WHOLE = 1e21
"""Numbers from here on are written with an exponent in the engine's JSON, so they are not whole to a reader of it."""


@dataclass
class YamlFault(Exception):  # noqa: N818 -- it is what Fault is in settings
    """A file that cannot be read: where, what is wrong, and what would be right."""

    line: int | None
    """Counted from 1."""
    wrong: str
    right: str = MEND

    def __str__(self) -> str:
        """As it stands behind the name of the file."""
        place = "" if self.line is None else f"line {self.line}: "
        return f"{place}{self.wrong}. HINT: {self.right}"


# The loader in C is ten times as fast; a PyYAML that was built without it lacks it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _EngineLoader(_Loader):
    """Leaves scalars to stack_yaml.scalars."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node that has none."""
        if kind is yaml.ScalarNode:
            return WITHOUT_TAG if implicit[0] else f"{TAG}str"
        return cast("str", super().resolve(kind, value, implicit))


def read(content: bytes) -> object:
    """The value of a YAML file: mappings, lists, text, numbers, booleans and None. Raises YamlFault."""
    node = composed(content)
    return None if node is None else _value(node)


def composed(content: bytes) -> yaml.Node | None:
    """The tree of a YAML file in UTF-8, with the line of every node; None where it is empty. Raises YamlFault."""
    if len(content) > MOST_BYTES:
        raise YamlFault(None, f"{len(content)} bytes, which is no stack file", f"at most {MOST_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
        _measure(text)
        return yaml.compose(text, Loader=_EngineLoader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlFault(line, "not UTF-8 text", "save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        wrong = f"{error.context}, {error.problem}" if str(error.problem).startswith("but ") else error.problem
        raise YamlFault(mark.line + 1 if mark else None, wrong or str(error.context)) from None
    except yaml.YAMLError as error:
        raise YamlFault(None, str(error).splitlines()[0]) from None


@dataclass
class _Open:
    """A node that has begun, and what was counted inside it."""

    anchor: str | None
    values: int = 1
    height: int = 1


def _measure(text: str) -> None:
    """Raises YamlFault where the values, aliases written out, are too many or too deep."""
    known: dict[str, _Open] = {}
    around: list[_Open] = [_Open(None, values=0, height=0)]
    for event in yaml.parse(text, Loader=_Loader):
        match event:
            case yaml.CollectionStartEvent():
                around.append(_Open(event.anchor))
                _stay_within(around, 0, event)
                continue
            case yaml.CollectionEndEvent():
                inner = around.pop()
            case yaml.ScalarEvent():
                inner = _Open(event.anchor)
            case yaml.AliasEvent():
                inner = _known(event, known, around)
            case _:
                continue
        if inner.anchor is not None and not isinstance(event, yaml.AliasEvent):
            known[inner.anchor] = inner
        outer = around[-1]
        outer.values += inner.values
        outer.height = max(outer.height, inner.height + 1)
        _stay_within(around, inner.height, event)


def _known(event: yaml.AliasEvent, known: dict[str, _Open], around: list[_Open]) -> _Open:
    anchor = str(event.anchor)
    if any(outer.anchor == anchor for outer in around):
        raise YamlFault(_line(event), f"anchor {anchor!r} holds itself", "write the value out")
    if anchor not in known:
        raise YamlFault(_line(event), f"found undefined alias {anchor!r}")
    return known[anchor]


def _stay_within(around: list[_Open], height: int, event: yaml.Event) -> None:
    if len(around) - 1 + height > MOST_DEPTH:
        raise YamlFault(_line(event), f"nested more than {MOST_DEPTH} deep", "sections as in the other stack files")
    if sum(outer.values for outer in around) > MOST_VALUES:
        raise YamlFault(_line(event), f"more than {MOST_VALUES} values, aliases written out", "fewer aliases")


def _line(place: Any) -> int:
    return place.start_mark.line + 1


def _value(node: yaml.Node) -> object:
    if not isinstance(node, yaml.ScalarNode) and node.tag not in COLLECTIONS:
        raise YamlFault(_line(node), f"the tag {node.tag} means nothing in a stack file", "leave the tag out")
    match node:
        case yaml.MappingNode():
            return _mapping(node)
        case yaml.SequenceNode():
            return [_value(item) for item in cast("list[yaml.Node]", node.value)]
        case yaml.ScalarNode():
            return _as_in_json(_scalar(node), node)
        case _:
            raise TypeError(type(node))


def _mapping(node: yaml.MappingNode) -> dict[str, object]:
    own: dict[str, object] = {}
    merged: dict[str, object] = {}
    for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        if not isinstance(key, yaml.ScalarNode):
            raise YamlFault(_line(key), "a key that is no text")
        name = str(key.value)
        if name in own:
            raise YamlFault(_line(key), f"key {name!r} stands twice", "leave one of them out")
        if name == MERGE_KEY:
            for other in _merged(value):
                merged = {**other, **merged}
        else:
            own[name] = _value(value)
    return {**merged, **own}


def _merged(node: yaml.Node) -> Iterator[dict[str, object]]:
    """What `<<` brings in; of several, the first counts."""
    for part in cast("list[yaml.Node]", node.value) if isinstance(node, yaml.SequenceNode) else (node,):
        if not isinstance(part, yaml.MappingNode):
            raise YamlFault(_line(part), "`<<` takes a section or a list of sections", "an alias of a section")
        yield _mapping(part)


def _scalar(node: yaml.ScalarNode) -> Scalar:
    text = str(node.value)
    if node.tag == WITHOUT_TAG:
        return plain(text)
    kind = node.tag.removeprefix(TAG)
    if kind == "binary":
        return _decoded(node, text)
    if kind not in ("null", "bool", "int", "float", "timestamp"):
        return text
    value = plain(text, timestamps=kind == "timestamp")
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind != _kind(value, text):
        raise YamlFault(_line(node), f"{text!r} is no !!{kind}", "leave the tag out")
    return value


def _kind(value: Scalar, text: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str" if plain(text, timestamps=False) == value else "timestamp"


def _decoded(node: yaml.ScalarNode, text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise YamlFault(_line(node), "a !!binary that is no text in base64", "leave the tag out") from None


def _as_in_json(value: Scalar, node: yaml.ScalarNode) -> Scalar:
    """The engine hands configuration on as JSON, where 1.0 and 1e3 are whole numbers, and infinity has no place."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        raise YamlFault(_line(node), f"{node.value} is no number that JSON knows", "a number")
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < LARGEST_WHOLE else value
