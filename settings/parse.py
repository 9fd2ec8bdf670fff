"""From the raw values of a stack file to Settings, or to one error with every fault."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from settings.faults import Fault, Path, SettingsError, in_file_order
from settings.positions import line_of, lines_by_path
from settings.rules import RULES
from settings.stack import Settings

OPTIONAL_SECTIONS = {field.alias for field in Settings.model_fields.values() if not field.is_required()}
"""Systems that a stack file may leave out; Pulumi.yaml gives their keys the default {}."""


def parse(raw: Mapping[str, object], stack: str, stack_file: FilePath | None = None) -> Settings:
    """The settings of a stack.

    `raw` maps each `packyard:` key, without the namespace, to its value as parsed from YAML or JSON. `stack_file`,
    where given and readable, adds line numbers to faults. Raises SettingsError with every fault.
    """
    source = stack_file.name if stack_file else f"Pulumi.{stack}.yaml"
    faults = list(_find_faults(raw, stack))
    if faults:
        lines = lines_by_path(stack_file) if stack_file else {}
        located = (replace(fault, line=line_of(fault.path, lines)) for fault in faults)
        raise SettingsError(source, list(in_file_order(located)))
    return _validate(raw, stack)


def _find_faults(raw: Mapping[str, object], stack: str) -> Iterator[Fault]:
    if "stack" in raw:
        yield Fault(("stack",), "the stack is named by the file, not in it", "leave the key out")
    try:
        settings = _validate(raw, stack)
    except ValidationError as error:
        faults = [_fault(dict(details), raw) for details in error.errors(include_url=False)]
        # pydantic also calls a list too short when one of its items is wrong; the item's own fault says enough.
        yield from (fault for fault in faults if not any(_lies_within(other.path, fault.path) for other in faults))
        return
    for rule in RULES:
        yield from rule(settings)


def _lies_within(path: Path, around: Path) -> bool:
    return len(path) > len(around) and path[: len(around)] == around


def _validate(raw: Mapping[str, object], stack: str) -> Settings:
    sections = {key: value for key, value in raw.items() if value != {} or key not in OPTIONAL_SECTIONS}
    # JSON mode, because strict Python mode would refuse a list where a tuple is declared.
    return Settings.model_validate_json(json.dumps({**sections, "stack": stack}, default=str))


def _fault(details: dict[str, Any], raw: Mapping[str, object]) -> Fault:
    path = _path_in_file(details["loc"], raw)
    field = _field_at(path)
    match details["type"]:
        case "extra_forbidden":
            return Fault(path, "unknown key", _near_miss(path))
        case "missing":
            return Fault(path, "missing", _example(path, field))
        case "value_error":
            return Fault(path, str(details["ctx"]["error"]), _example(path, field))
        case _:
            return Fault(path, details["msg"][:1].lower() + details["msg"][1:], _example(path, field))


def _path_in_file(location: tuple[str | int, ...], raw: object) -> Path:
    """pydantic names the variant of a union in the path; the file does not have that step."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        if isinstance(raw, Mapping) and part in raw:
            raw = raw[part]  # pyright: ignore[reportUnknownVariableType] -- raw YAML
        elif isinstance(raw, list) and isinstance(part, int) and part < len(raw):  # pyright: ignore[reportUnknownArgumentType] -- raw YAML
            raw = raw[part]  # pyright: ignore[reportUnknownVariableType] -- raw YAML
        elif index < len(location) - 1:
            continue
        path.append(part)
    return tuple(path)


def _near_miss(path: Path) -> str:
    known = sorted({key for model in _models_at(path[:-1]) for key in _fields(model)} - {"stack"})
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys are {', '.join(known)}"


def _example(path: Path, field: FieldInfo | None) -> str:
    if field and field.examples:
        example = json.dumps(field.examples[0], ensure_ascii=False)
        return f"for example {path[-1]}: {example}" if isinstance(path[-1], str) else f"for example {example}"
    choices = [member for model in _enums(field) for member in model]
    if choices:
        return f"one of {', '.join(choices)}"
    if field and (models := list(_nested_models(field.annotation))):
        return f"a section with {', '.join(_fields(models[0]))}"
    if field and field.annotation is bool:
        return "true or false"
    return "see the comments in the stack file and docs/architecture.md"


def _enums(field: FieldInfo | None) -> Iterator[list[str]]:
    members = getattr(field.annotation if field else None, "__members__", None)
    if members:
        yield [str(member.value) for member in members.values()]


def _field_at(path: Path) -> FieldInfo | None:
    """The declaration behind a place in the file; for an item of a list, that of the list's items where it has one."""
    if not path:
        return None
    if isinstance(path[-1], int):
        holder = _field_at(path[:-1])
        inner = _item_field(holder.annotation) if holder else None
        return inner or holder
    return next((fields[path[-1]] for model in _models_at(path[:-1]) if path[-1] in (fields := _fields(model))), None)


def _item_field(annotation: object) -> FieldInfo | None:
    for argument in get_args(annotation):
        if get_origin(argument) is Annotated:
            return FieldInfo.from_annotation(argument)
    return None


def _models_at(path: Path) -> list[type[BaseModel]]:
    models: list[type[BaseModel]] = [Settings]
    for part in path:
        if isinstance(part, int):
            continue
        fields = [found for model in models if (found := _fields(model).get(part))]
        models = [nested for field in fields for nested in _nested_models(field.annotation)]
    return models


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _nested_models(annotation: object) -> Iterator[type[BaseModel]]:
    """Every model that a value of this annotation may hold, through unions, tuples and mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated, tuple, list, dict):
        for argument in get_args(annotation):
            yield from _nested_models(argument)
