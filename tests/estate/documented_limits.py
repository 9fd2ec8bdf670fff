"""Reading limits from the docstrings of the installed SDKs, and for AWS from the API models of botocore.

A limit is taken only from a sentence whose form is known; what a docstring says in other words stays out, and belongs
into policies/limits/supplement.py where it matters.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from botocore.session import Session
from pulumi import _types  # pyright: ignore[reportPrivateUsage] -- the SDK has no public reader of its input types

from policies.limits.limit import Limit
from tests.estate.limit_sources import EXCLUDED, SHAPES
from tests.estate.sdk import arguments_of, nested_arguments

DEEPEST = 6
"""Levels of nested blocks; route rules of a URL map nest without an end that matters."""

RFC1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"

NUMBER = r"`?([\d,]+)`?"

BETWEEN_CHARACTERS = re.compile(rf"(?:^|[^\w.]){NUMBER} ?(?:-|to|and) ?{NUMBER} (?:Unicode )?characters")
AT_MOST_CHARACTERS = re.compile(
    rf"(?:(?:cannot|can't|must not|may not|not) (?:exceed|be longer than)|limited to|no more than|may be at most|"
    rf"less than or equal to|[Mm]ax(?:imum)? length (?:is|of)) {NUMBER}(?: (?:Unicode )?characters|\.|$)"
)
BETWEEN = re.compile(
    rf"(?:[Bb]etween|[Ff]rom|range from|range:|integer from|[Vv]alid values are) {NUMBER} ?(?:and|to|-) ?{NUMBER}"
)
LEAST_AND_MOST = re.compile(rf"minimum (?:\w+ )*(?:is|of) {NUMBER}.* maximum (?:\w+ )*(?:is|of) {NUMBER}")
AT_MOST_ENTRIES = re.compile(rf"(?:[Mm]aximum of|at most) {NUMBER}(?= (?:entries|taints|audiences|tests|\w+Rules)|\.$)")
RESERVED = re.compile(r"prefix `([^`]+)` is reserved")
CHARACTERS = re.compile(r"may contain the characters (\[[^\]]+\])")
EXPRESSION = re.compile(r"match(?:es)? the regular expression `?(\[[a-zA-Z][^\s`,]*[\]*}])`?(?=[ ,.]|$)")
QUOTED_EXPRESSION = re.compile(r"\(`\^([^`]+)\$`\)")

TOKEN = r"(?:`[^`]+`|\"[^\"`]+\"|\d+)(?: \([^)]*\))?"  # noqa: S105 -- a regular expression
VALUE_LIST = re.compile(
    r"(?:[Pp]ossible|[Vv]alid|[Aa]llowed|[Ss]upported) [Vv]alues(?: are| include)?:? "
    rf"({TOKEN}(?:(?:, ?and |, ?or |, ?| and | or ){TOKEN})*)\s*(?:\.|$)"
)


def documented_limits(resource_type: str) -> list[Limit]:
    """The limits of all inputs of a type, by path."""
    found = {
        limit
        for path, annotation, text in _inputs(arguments_of(resource_type), "", 0)
        if f"{resource_type} {path}" not in EXCLUDED
        for limit in _limits(path, annotation, text)
    }
    found.update(_modelled(path, shape) for path, shape in SHAPES.get(resource_type, {}).items())
    return sorted(found, key=lambda limit: (limit.input, repr(limit)))


def input_paths(resource_type: str) -> frozenset[str]:
    """Paths of all inputs of a type, nested ones included."""
    return frozenset(path for path, _, _ in _inputs(arguments_of(resource_type), "", 0))


def plain(limit: Limit) -> dict[str, Any]:
    """A limit without what it does not say, as JSON takes it."""
    return {key: value for key, value in asdict(limit).items() if value not in (None, ())}


def _inputs(arguments: Any, place: str, depth: int) -> Iterator[tuple[str, str, str]]:
    """Path, type and docstring of every input, nested ones included."""
    annotations = _types.input_type_types(arguments)
    for _, name, found in _types._py_properties(arguments):  # pyright: ignore[reportPrivateUsage] -- as above
        path = f"{place}.{name}".lstrip(".")
        yield path, str(annotations[name]), " ".join((found.__doc__ or "").split())
        if depth < DEEPEST and (nested := nested_arguments(annotations[name])) is not None:
            yield from _inputs(nested, path, depth + 1)


def _limits(path: str, annotation: str, text: str) -> Iterator[Limit]:
    is_map = "Mapping" in annotation and "Args" not in annotation
    is_list = "Sequence" in annotation
    is_number = re.search(r"\b(int|float)\b", annotation) is not None
    for sentence in _sentences(text):
        if is_map and (most := AT_MOST_ENTRIES.search(sentence)) and "custom" not in sentence:
            yield Limit(path, sentence, most_items=_number(most[1]))
        if is_list and (most := AT_MOST_ENTRIES.search(sentence)):
            yield Limit(path, sentence, most_items=_number(most[1]))
        if is_map:
            continue
        if is_number:
            yield from _numbers(path, sentence)
        elif "str" in annotation:
            yield from _texts(path, sentence)
    if not is_map and (listed := VALUE_LIST.search(text)):
        yield Limit(path, "docstring of the SDK", values=tuple(_values(listed[1])))


def _numbers(path: str, sentence: str) -> Iterator[Limit]:
    span = BETWEEN.search(sentence) or LEAST_AND_MOST.search(sentence)
    if span and "increments" not in sentence and "either equal" not in sentence and not sentence.startswith("For "):
        yield Limit(path, _short(sentence), least=_number(span[1]), most=_number(span[2]))


def _texts(path: str, sentence: str) -> Iterator[Limit]:
    # What holds for some uses alone, for parts of the value, or says the sentence before it in other words.
    if sentence.startswith(("For ", "Resulting ", "Specifically")) or "labels 1-63" in sentence:
        return
    source = _short(sentence)
    if re.search(r"(comply with|a valid) \[?RFC1035", sentence):
        span = BETWEEN_CHARACTERS.search(sentence)
        least, most = (_number(span[1]), _number(span[2])) if span else (1, 63)
        yield Limit(path, source, shortest=least, longest=most, pattern=RFC1035)
        return
    if span := BETWEEN_CHARACTERS.search(sentence):
        yield Limit(path, source, shortest=_number(span[1]), longest=_number(span[2]))
    elif most := AT_MOST_CHARACTERS.search(sentence):
        yield Limit(path, source, longest=_number(most[1]))
    if found := CHARACTERS.search(sentence):
        yield Limit(path, source, pattern=f"{found[1]}*")
    if found := EXPRESSION.search(sentence) or QUOTED_EXPRESSION.search(sentence):
        yield Limit(path, source, pattern=found[1])
    if found := RESERVED.search(sentence):
        yield Limit(path, source, not_first=(found[1],))


def _modelled(path: str, place: str) -> Limit:
    """The limit of a shape of botocore, such as "iam roleNameType"."""
    service, name = place.split()
    shape: Any = Session().get_service_model(service).shape_for(name)
    meta: Mapping[str, Any] = shape.metadata
    source = f"botocore, {place}"
    match shape.type_name:
        case "string":
            # Classes of Unicode are not what Python's expressions know; and a list of values says more than a length.
            pattern = str(meta.get("pattern", ""))
            fits = pattern and "\\p" not in pattern and "\\uD800" not in pattern
            values = tuple(sorted(meta.get("enum", ())))
            return Limit(
                path,
                source,
                shortest=meta.get("min"),
                longest=meta.get("max"),
                pattern=pattern.removeprefix("^").removesuffix("$") if fits else None,
                values=values,
            )
        case "list" | "map":
            return Limit(path, source, most_items=meta["max"])
        case _:
            return Limit(path, source, least=meta.get("min"), most=meta.get("max"))


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.])\s+(?=[A-Z*>])", text)


def _values(listed: str) -> Iterator[str]:
    for token in re.findall(r"`[^`]+`|\"[^\"]+\"|\d+", re.sub(r"\([^)]*\)", "", listed)):
        yield from (part.strip().strip('"') for part in token.strip('`"').split("|"))


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= 160 else f"{sentence[:157]}..."
