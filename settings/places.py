"""Every key below a model with its place in the file, through sections, lists and forms."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings.declarations import item, keys, members, nested_models


@dataclass(frozen=True)
class Place:
    """A key of a file and what is declared of it."""

    path: str
    """Keys joined by dots; [] stands for each item of a list, as in runnerFleet.shards[].name."""
    model: type[BaseModel]
    field: FieldInfo
    where: str = ""
    """Where a section has several forms, and only one of them has the key: the key and value that tell which."""

    @property
    def is_leaf(self) -> bool:
        """Whether it holds a value and no section."""
        return not any(nested_models(self.field.annotation))


def places(model: type[BaseModel], above: str = "") -> Iterator[Place]:
    """All keys of a model and of the models below it, in the order of their declaration."""
    for key, field in keys(model).items():
        place = Place(f"{above}.{key}".removeprefix("."), model, field)
        yield place
        yield from _below(place)


def _below(place: Place) -> Iterator[Place]:
    above = place.path if item(place.field) is None else f"{place.path}[]"
    forms = list(dict.fromkeys(nested_models(place.field.annotation)))
    for form in forms:
        for inner in places(form, above):
            where = inner.where or (told_by(form) if len(forms) > 1 else "")
            yield Place(inner.path, inner.model, inner.field, where)


def told_by(model: type[BaseModel]) -> str:
    """The key and the only value by which a form of a section is told from its siblings."""
    for key, field in keys(model).items():
        if get_origin(field.annotation) is Literal and len(members(field)) == 1:
            return f"{key}: {members(field)[0]}"
    return model.__name__
