"""What a key is, in plain words: its type, whether it may be left out, and what the values of an enumeration mean."""

import ast
import datetime
import inspect
import json
import textwrap
from collections.abc import Mapping
from enum import Enum

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from settings.declarations import bound, form, item, members, nested_models, one_line, present

PLAIN: Mapping[object, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime.date: "a day, in quotes",
    SecretStr: "a secure value",
}


def type_words(field: FieldInfo) -> str:
    """The type of a value with its limits, such as "a list of at least 1, each an e-mail address"."""
    if (inner := item(field)) is not None:
        each = "a section" if any(nested_models(inner.annotation)) else type_words(inner)
        return f"a list{_length(field)}, each {each}"
    if choices := members(field):
        return f"{'one of ' if len(choices) > 1 else ''}{', '.join(f'`{choice}`' for choice in choices)}"
    if any(nested_models(field.annotation)):
        return "a section"
    if own := form(field):
        narrower = bound(field, "max_length")
        return own.what if narrower is None else f"{own.what}, here {narrower} at most"
    return f"{PLAIN[present(field).annotation]}{_range(field)}"


def default_words(field: FieldInfo) -> str:
    """What holds where the key is left out."""
    if field.is_required():
        return "Required"
    if field.default is None or field.default == ():
        return "May be left out"
    default = field.default
    if isinstance(default, BaseModel):
        default = default.model_dump(mode="json", by_alias=True)
    return f"Default: `{json.dumps(default)}`"


def member_meanings(field: FieldInfo) -> dict[str, str]:
    """The docstrings of the members of an enumeration, by value; empty where it has none."""
    annotation = present(field).annotation
    if not (isinstance(annotation, type) and issubclass(annotation, Enum)):
        return {}
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(annotation))).body
    found: dict[str, str] = {}
    name = ""
    for statement in definition.body if isinstance(definition, ast.ClassDef) else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]):
                continue
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                found[str(annotation[name].value)] = one_line(text)
            case _:
                name = ""
    return found


def _length(field: FieldInfo) -> str:
    arguments = getattr(present(field).annotation, "__args__", ())
    if Ellipsis not in arguments:
        return f" of {len(arguments)}"
    least, most = bound(field, "min_length"), bound(field, "max_length")
    limits = [f"at least {least}" if least else "", f"at most {most}" if most else ""]
    return "".join(f" of {limit}" for limit in [" and ".join(filter(None, limits))] if limit)


def _range(field: FieldInfo) -> str:
    least, above, most = bound(field, "ge"), bound(field, "gt"), bound(field, "le")
    shortest, longest = bound(field, "min_length"), bound(field, "max_length")
    if shortest is not None:
        return f" of {shortest} to {longest} characters" if longest else f" of {shortest} characters or more"
    if above is not None:
        return f" above {above}, at most {most}"
    if least is not None:
        return f" from {least} to {most}" if most is not None else f" of {least} or more"
    return ""
