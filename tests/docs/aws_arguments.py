"""Commands of the AWS CLI against the models of its own library: operations, parameters, values and queries."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import jmespath
from botocore.exceptions import UnknownServiceError
from botocore.session import Session
from jmespath.exceptions import JMESPathError

GLOBAL = {"profile", "region", "output", "query"}

OWN: Mapping[tuple[str, str], frozenset[str]] = {
    ("configure", "sso"): frozenset(),
    ("configure", "set"): frozenset(),
}
"""Commands that are the CLI's own and no operation (docs.aws.amazon.com, AWS CLI v2 command reference, configure)."""


def faults(words: tuple[str, ...]) -> list[str]:
    """What is wrong with one command, `aws` first. Documents are read from where it names them."""
    return [f"{' '.join(words)}: {fault}" for fault in _faults(words)]


def _faults(words: tuple[str, ...]) -> Iterator[str]:
    service, operation, *rest = words[1:]
    positional, options = _options(rest)
    if (service, operation) in OWN:
        yield from (f"no option --{name}" for name in options if name not in GLOBAL)
        return
    model = _operation(service, operation)
    if model is None:
        yield f"no operation {service} {operation}"
        return
    if positional:
        yield f"{positional} is no option"
    members: dict[str, Any] = dict(model.input_shape.members) if model.input_shape else {}
    shapes = {_option_name(name): (name, shape) for name, shape in members.items()}
    for name, values in options.items():
        plain = name.removeprefix("no-") if name not in shapes else name
        if plain in shapes:
            yield from _value_faults(name, values, shapes[plain][1])
        elif name not in GLOBAL:
            yield f"no option --{name}"
    required: set[str] = set(model.input_shape.required_members) if model.input_shape else set()
    missing = required - _given(options, shapes)
    yield from (f"--{name} is missing" for name, (member, _) in shapes.items() if member in missing)
    if "query" in options:
        yield from _query_faults(" ".join(options["query"]), model.output_shape)


def _given(options: Mapping[str, list[str]], shapes: Mapping[str, tuple[str, Any]]) -> set[str]:
    return {shapes[name][0] for name in options if name in shapes}


def _options(words: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    positional: list[str] = []
    options: dict[str, list[str]] = {}
    current = positional
    for word in words:
        if word.startswith("--"):
            current = options.setdefault(word.removeprefix("--"), [])
        else:
            current.append(word)
    return positional, options


def _option_name(name: str) -> str:
    """As the CLI spells a name of the model: RoleName is role-name."""
    library: Any = botocore
    return library.xform_name(name, "-")


@cache
def _operation(service: str, operation: str) -> Any:
    try:
        model: Any = Session().get_service_model(service)
    except UnknownServiceError:
        return None
    by_name = {_option_name(name): name for name in model.operation_names}
    return model.operation_model(by_name[operation]) if operation in by_name else None


def _value_faults(name: str, values: list[str], shape: Any) -> Iterator[str]:
    if shape.type_name == "boolean":
        if values:
            yield f"--{name} takes no value"
        return
    if not values or (len(values) > 1 and shape.type_name != "list"):
        yield f"--{name} takes one value, and has {values}"
    for value in values:
        if value.startswith("file://") and value != "file:///dev/stdin":
            yield from _document_faults(name, Path(value.removeprefix("file://")))
        elif shape.type_name == "list":
            yield from _scalar_faults(name, value, shape.member)
        else:
            yield from _scalar_faults(name, value, shape)


def _scalar_faults(name: str, value: str, shape: Any) -> Iterator[str]:
    if shape.type_name == "structure":
        known = set(shape.members)
        keys = set(re.findall(r"(?:^|,)(\w+)=", value))
        yield from (f"--{name}: no {key}; there are {sorted(known)}" for key in keys - known)
        if not keys:
            yield f"--{name}: {value!r} is no Key=Value"
    elif shape.type_name in ("integer", "long") and not re.fullmatch(r"-?\d+", value):
        yield f"--{name}: {value!r} is no number"
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"--{name}: {value!r} is none of {shape.enum}"
    longest = shape.metadata.get("max")
    if shape.type_name == "string" and longest and len(value) > longest:
        yield f"--{name}: longer than {longest}"
    pattern = shape.metadata.get("pattern")
    if shape.type_name == "string" and pattern and r"\u" not in pattern and not re.search(pattern, value):
        yield f"--{name}: {value!r} does not match {pattern}"


def _document_faults(name: str, path: Path) -> Iterator[str]:
    if not path.is_file():
        yield f"--{name}: there is no file {path.name}"
        return
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        yield f"--{name}: {path.name} is no JSON: {error}"


def _query_faults(query: str, output: Any) -> Iterator[str]:
    try:
        tree: Any = jmespath.compile(query).parsed
    except JMESPathError as error:
        yield f"--query: {error}"
        return
    known = set(_names(output, set()))
    yield from (f"--query: the answer has no {field}" for field in _fields(tree) if field not in known)


def _fields(tree: Any) -> Iterator[str]:
    if tree["type"] == "field":
        yield tree["value"]
    for child in tree["children"]:
        yield from _fields(child)


def _names(shape: Any, seen: set[str]) -> Iterator[str]:
    if shape is None or shape.name in seen:
        return
    seen.add(shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name
            yield from _names(member, seen)
    elif shape.type_name == "list":
        yield from _names(shape.member, seen)
