"""From the raw values of a stack file to Settings, or to one error with every fault."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from settings.declarations import example, first_sentence, item, keys, meaning, members, nested_models
from settings.faults import Fault, Path, SectionError, SettingsError, in_file_order
from settings.other_stacks import copied
from settings.placeholders import placeholder_faults
from settings.positions import line_of, lines_by_path, other_stacks
from settings.rules import RULES
from settings.stack import Settings

OPTIONAL_SECTIONS = {field.alias for field in Settings.model_fields.values() if not field.is_required()}
"""Systems that a stack file may leave out; Pulumi.yaml gives their keys the default {}."""


REFERENCE = "docs/reference/settings.md says what each key means"
"""The hint where nothing better is known."""


def parse(raw: Mapping[str, object], stack: str, stack_file: FilePath | None = None) -> Settings:
    """The settings of a stack.

    `raw` maps each `packyard:` key, without the namespace, to its value as parsed from YAML or JSON. `stack_file`,
    where given and readable, adds line numbers to faults, and the other stack files beside it are compared with it.
    Raises SettingsError with every fault.
    """
    source = stack_file.name if stack_file else f"Pulumi.{stack}.yaml"
    others = other_stacks(stack_file) if stack_file else {}
    faults = list(_find_faults(raw, stack))
    faults += [fault for other, sections in others.items() for fault in copied(raw, sections, other)]
    if faults:
        lines = lines_by_path(stack_file) if stack_file else {}
        beside = _lines_of_others(stack_file, others)
        located = (_located(fault, lines, beside) for fault in faults)
        raise SettingsError(source, list(in_file_order(located)))
    return validate(raw, stack)


def _lines_of_others(stack_file: FilePath | None, others: Iterable[str]) -> dict[str, dict[Path, int]]:
    if stack_file is None:
        return {}
    names = [f"Pulumi.{other}.yaml" for other in others]
    return {name: lines_by_path(stack_file.with_name(name)) for name in names}


def _located(fault: Fault, lines: Mapping[Path, int], beside: Mapping[str, Mapping[Path, int]]) -> Fault:
    """The same fault with the lines of its places; `beside` has those of the other stack files, by name."""
    theirs = beside.get(fault.against_file, lines)
    against_line = None if fault.against is None else line_of(fault.against, theirs)
    return replace(fault, line=line_of(fault.path, lines), against_line=against_line)


def _find_faults(raw: Mapping[str, object], stack: str) -> Iterator[Fault]:
    if "stack" in raw:
        yield Fault(("stack",), "the stack is named by the file, not in it", "leave the key out")
    try:
        settings = validate(raw, stack)
    except ValidationError as error:
        faults = [_fault(dict(details), raw) for details in error.errors(include_url=False)]
        # pydantic also calls a list too short when one of its items is wrong; the item's own fault says enough.
        yield from (fault for fault in faults if not any(_lies_within(other.path, fault.path) for other in faults))
        return
    for rule in RULES:
        yield from rule(settings)
    if not settings.estate.example:
        yield from placeholder_faults(raw)


def _lies_within(path: Path, around: Path) -> bool:
    return len(path) > len(around) and path[: len(around)] == around


def validate(raw: Mapping[str, object], stack: str) -> Settings:
    """The settings of a stack without the rules between sections. Raises pydantic's ValidationError."""
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
            return Fault(path, "missing", _right(path, field))
        case "value_error":
            error = details["ctx"]["error"]
            if isinstance(error, SectionError):
                return Fault((*path, *error.path), str(error), error.right)
            return Fault(path, str(error), _right(path, field))
        case _:
            return Fault(path, details["msg"][:1].lower() + details["msg"][1:], _right(path, field))


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
    known = sorted({key for model in _models_at(path[:-1]) for key in keys(model)} - {"stack"})
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys are {', '.join(known)}"


def _right(path: Path, field: FieldInfo | None) -> str:
    """What would be right at a place, and what the value there means."""
    if field is None:
        return REFERENCE
    meant = first_sentence(meaning(field))
    return ". ".join(part for part in (_example(path, field), meant) if part) or REFERENCE


def _example(path: Path, field: FieldInfo) -> str:
    if (right := example(field)) is not None:
        text = json.dumps(right, ensure_ascii=False)
        return f"for example {path[-1]}: {text}" if isinstance(path[-1], str) else f"for example {text}"
    if choices := members(field):
        return f"one of {', '.join(map(str, choices))}"
    if models := list(nested_models(field.annotation)):
        return f"a section with {', '.join(keys(models[0]))}"
    return "true or false" if field.annotation is bool else ""


def _field_at(path: Path) -> FieldInfo | None:
    """The declaration behind a place in the file; for an item of a list, that of the list's items."""
    if not path:
        return None
    if isinstance(path[-1], int):
        holder = _field_at(path[:-1])
        return (item(holder) or holder) if holder else None
    return next((known[path[-1]] for model in _models_at(path[:-1]) if path[-1] in (known := keys(model))), None)


def _models_at(path: Path) -> list[type[BaseModel]]:
    models: list[type[BaseModel]] = [Settings]
    for part in path:
        if isinstance(part, int):
            continue
        fields = [found for model in models if (found := keys(model).get(part))]
        models = [nested for field in fields for nested in nested_models(field.annotation)]
    return models
