"""Which settings are read while an estate is built: every read of a value is written down with its place.

Models read their own values while they are validated; that is no use, so places are known only afterwards.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest
from pydantic import BaseModel

from settings import parse
from settings.base import Section
from settings.declarations import members, nested_models
from settings.places import Place, places, told_by
from settings.stack import Settings
from tests.support import variant

Key = tuple[str, str]
"""Path of a value, and the form of the section that it lies in where there are several."""


def key_of(place: Place) -> Key:
    """The place as reads write it down."""
    return place.path, place.where


def leaves(model: type[Settings]) -> list[Place]:
    """Every value of a stack file that can be another one; the stack's name and what tells a form are given."""
    return [
        place for place in places(model) if place.is_leaf and place.path != "stack" and len(members(place.field)) != 1
    ]


def key_below(section: tuple[BaseModel, str, str], name: str) -> Key:
    """The key of a field of a section that is known with its place."""
    model, path, where = section
    return f"{path}.{type(model).model_fields[name].alias or name}".removeprefix("."), where


def read_keys(stack: str, changes: Mapping[str, object], patch: pytest.MonkeyPatch) -> set[Key]:
    """What rules, estate and components read of a stack file."""
    found: set[Key] = set()
    # The models stay alive as long as their ids are in use.
    known: dict[int, tuple[BaseModel, str, str]] = {}
    validate, read, dump = parse.validate, Section.__getattribute__, BaseModel.model_dump_json

    def validated(raw: Mapping[str, object], of_stack: str) -> Settings:
        settings = validate(raw, of_stack)
        known.update({id(model): (model, path, where) for model, path, where in sections(settings)})
        return settings

    def reading(self: Section, name: str) -> Any:
        if (place := known.get(id(self))) is not None and name in type(self).model_fields:
            found.add(key_below(place, name))
        return read(self, name)

    def dumping(self: BaseModel, **options: Any) -> str:
        """A section that is part of a document is written into it whole."""
        for model, _, _ in sections(self):
            if (place := known.get(id(model))) is not None:
                found.update(key_below(place, name) for name in type(model).model_fields)
        return dump(self, **options)

    patch.setattr(parse, "validate", validated)
    patch.setattr(Section, "__getattribute__", reading)
    patch.setattr(BaseModel, "model_dump_json", dumping)
    variant(stack, changes)
    return found


def sections(model: BaseModel, path: str = "", where: str = "") -> Iterator[tuple[BaseModel, str, str]]:
    """A section and all sections inside it, with place and form."""
    yield model, path, where
    for name, field in type(model).model_fields.items():
        value = model.__dict__[name]
        below = f"{path}.{field.alias or name}".removeprefix(".")
        forms = set(nested_models(field.annotation))
        inner = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else (value,)
        for entry in inner:
            if isinstance(entry, BaseModel):
                form = told_by(type(entry)) if len(forms) > 1 else where
                yield from sections(entry, f"{below}[]" if isinstance(value, tuple) else below, form or where)
