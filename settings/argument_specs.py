"""What Ansible's roles take from the settings document, for their meta/argument_specs.yml.

converge hands the document to a playbook as variables, `machine_<key>` and `<role>_<key>` (machines/README.md). The
specification of a role states by hand what comes from elsewhere; below a mark, `python -m settings.argument_specs`
writes those variables of the document that the role's files name, as the models declare them.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import get_args

from pydantic.fields import FieldInfo

from settings.backup_vault.offsite import OffsitePlace
from settings.declarations import item, keys, meaning, members, nested_models, one_line, present
from settings.documents import DOCUMENTS
from settings.machine.document import MachineDocument

ROLES = Path(__file__).resolve().parent.parent / "machines" / "roles"

SPECIFICATION = Path("meta/argument_specs.yml")

FOLDERS = ("defaults", "handlers", "tasks", "templates", "vars")
"""Where a role names variables."""

MARK = "      # Below: from the settings document, by `make records` (settings/argument_specs.py).\n"

WIDTH = 110

TYPES = {bool: "bool", int: "int", float: "float"}
"""Ansible's names of types; everything else is text."""


PARTS = {"offsite_backup_place": OffsitePlace}
"""Inputs that are a part of any document, as it stands there; the machine's own role hands them on."""


def variables() -> dict[str, FieldInfo]:
    """Every variable whose value is a part of a document, by its name."""
    common = {f"machine_{name}": field for name, field in MachineDocument.model_fields.items() if name != "settings"}
    own = {
        f"{role.replace('-', '_')}_{name}": field
        for role, model in DOCUMENTS.items()
        for name, field in model.model_fields.items()
    }
    parts = {name: FieldInfo.from_annotation(model) for name, model in PARTS.items()}
    return {**common, **own, **parts}


def named_by(role: Path) -> dict[str, FieldInfo]:
    """Variables of documents that the files of a role name, in the order of the documents."""
    files = (path for folder in FOLDERS for path in sorted((role / folder).glob("**/*")) if path.is_file())
    words = {word for path in files for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    return {name: field for name, field in variables().items() if name in words}


def specification(role: Path) -> str:
    """The text of the role's specification: what is stated by hand, and below the mark what documents say."""
    by_hand = (role / SPECIFICATION).read_text(encoding="utf-8").partition(MARK)[0]
    named = named_by(role)
    if not named:
        return by_hand
    return by_hand + MARK + "".join(f"{line}\n" for name, field in named.items() for line in _option(name, field, 6))


def _option(name: str, field: FieldInfo, depth: int) -> Iterator[str]:
    indent = " " * (depth + 2)
    yield f"{' ' * depth}{name}:"
    for key, value in _facts(field).items():
        yield f"{indent}{key}: {value}"
    yield f"{indent}description: >-"
    yield from textwrap.wrap(
        one_line(meaning(field)),
        WIDTH,
        initial_indent=f"{indent}  ",
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    models = set(nested_models(field.annotation))
    # Ansible knows no union: of several forms, the schema alone says what each may hold.
    if len(models) == 1:
        yield f"{indent}options:"
        for inner_name, inner in keys(models.pop()).items():
            yield from _option(inner_name, inner, depth + 4)


def _facts(field: FieldInfo) -> Mapping[str, str]:
    """Type, whether it must be there, and choices. Every key of a document is there; null is how it says nothing."""
    facts = {"type": _type(field)}
    if (inner := item(field)) is not None:
        facts = {"type": "list", "elements": _type(inner)}
    if NoneType not in get_args(field.annotation):
        facts["required"] = "true"
    choices = members(inner or field)
    if choices and not isinstance(choices[0], bool):
        facts["choices"] = f"[{', '.join(json.dumps(choice) for choice in choices)}]"
    return facts


def _type(field: FieldInfo) -> str:
    if any(nested_models(field.annotation)):
        return "dict"
    choices = members(field)
    known = type(choices[0]) if choices else present(field).annotation
    return next((name for kind, name in TYPES.items() if kind is known), "str")


def write() -> None:
    """Writes every role's specification anew."""
    for path in sorted(ROLES.glob(f"*/{SPECIFICATION}")):
        path.write_text(specification(path.parent.parent), encoding="utf-8")


if __name__ == "__main__":
    write()
