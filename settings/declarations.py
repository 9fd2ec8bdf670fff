"""What the models declare of a key: its name in the file, form, example and meaning.

Hints of faults, the reference page and the roles' argument specifications are made from it.
"""

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings.forms import Form


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The declarations of a model by the keys of the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def nested_models(annotation: object) -> Iterator[type[BaseModel]]:
    """Every model that a value of this annotation may hold, through unions, tuples and mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated, tuple, list, dict):
        for argument in get_args(annotation):
            yield from nested_models(argument)


def present(field: FieldInfo) -> FieldInfo:
    """The declaration of a value that is there: of `X | None`, that of X."""
    if get_origin(field.annotation) not in (Union, UnionType):
        return field
    arguments = [argument for argument in get_args(field.annotation) if argument is not NoneType]
    if len(arguments) != 1:
        return field
    inner = FieldInfo.from_annotation(cast("type[Any]", arguments[0]))
    inner.examples = field.examples or inner.examples
    return inner


def item(field: FieldInfo) -> FieldInfo | None:
    """The declaration of the items of a list, None where the value is no list."""
    annotation = present(field).annotation
    if get_origin(annotation) is not tuple:
        return None
    return FieldInfo.from_annotation(get_args(annotation)[0])


def members(field: FieldInfo) -> tuple[object, ...]:
    """The values of an enumeration or a literal, as the file writes them; none where any value of the type will do."""
    annotation = present(field).annotation
    if get_origin(annotation) is Literal:
        return tuple(argument.value if isinstance(argument, Enum) else argument for argument in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    return ()


def form(field: FieldInfo) -> Form | None:
    """What the value must be beyond its type."""
    return next((entry for entry in present(field).metadata if isinstance(entry, Form)), None)


def bound(field: FieldInfo, name: Literal["ge", "gt", "le", "lt", "min_length", "max_length"]) -> Any:
    """A limit of the value or of its length; None where there is none."""
    found = [limit for entry in present(field).metadata if (limit := getattr(entry, name, None)) is not None]
    # A later one is the narrower one: a field says more than the type that it takes from the vocabulary.
    return found[-1] if found else None


def example(field: FieldInfo) -> object | None:
    """A value that is right, as the file writes it; None where the type says enough."""
    field = present(field)
    if field.examples:
        return field.examples[0]
    if own := form(field):
        return own.example
    inner = item(field)
    of_items = example(inner) if inner else None
    return None if of_items is None else [of_items]


def meaning(field: FieldInfo) -> str:
    """The docstring; a section that has none of its own is what its model says."""
    models = list(nested_models(field.annotation))
    if field.description is None and len(models) == 1 and item(field) is None:
        return inspect.cleandoc(models[0].__doc__ or "")
    return field.description or ""


def first_sentence(text: str) -> str:
    """What fits into a line, without the full stop."""
    return re.split(r"(?<=[.!?])\s", one_line(text), maxsplit=1)[0].removesuffix(".")


def one_line(text: str) -> str:
    """A text without its line ends."""
    return " ".join(text.split())
