"""One way into the program for every test: capture a stack as it is, or with a few settings changed."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from capture import Capture, StackFile, capture_stack, read_stack_file, stacks_of
from settings.faults import Fault, SettingsError
from settings.parse import parse

ROOT = Path(__file__).resolve().parent.parent
STACKS = ("staging", "production")

REAL_STACKS = stacks_of(ROOT)
"""The stacks of the project. Their files are data that change: only what holds of every valid one is tested on them."""

STACK_FILES = ROOT / "tests" / "stacks"
"""Stack files of the tests, for everything else."""


def stack_file_text(stack: str) -> str:
    """A stack file of the tests, as it is written."""
    return (STACK_FILES / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")


@cache
def estate(stack: str, *, preview: bool = False) -> Capture:
    """Everything that a stack file registers; captured once in a test run."""
    return capture_stack(ROOT, read_stack_file(STACK_FILES, stack), preview=preview)


def variant(stack: str, changes: Mapping[str, object], *, preview: bool = False) -> Capture:
    """The stack with some settings changed, for example {"network.aws.natGateways": "single"}; None removes a key."""
    return capture_stack(ROOT, changed_stack_file(stack, changes), preview=preview)


def changed_stack_file(stack: str, changes: Mapping[str, object]) -> StackFile:
    """A stack file with values replaced, by dotted path; whole numbers in a path are list indexes."""
    stack_file = read_stack_file(STACK_FILES, stack)
    sections: dict[str, Any] = {key: json.loads(text) for key, text in stack_file.config.items()}
    for path, value in changes.items():
        put_value(sections, [f"packyard:{path.split('.')[0]}", *path.split(".")[1:]], copy.deepcopy(value))
    # The pre-shared keys of the link are secure values in a stack file that is deployed.
    secret = ("packyard:link",) if "link" in changes else ()
    return replace(
        stack_file,
        config={key: json.dumps(section) for key, section in sections.items()},
        secret_keys=(*stack_file.secret_keys, *secret),
    )


def faults_of(stack: str, changes: Mapping[str, object]) -> tuple[Fault, ...]:
    """The faults of a stack file with some settings changed; none where it is still right."""
    config = changed_stack_file(stack, changes).config
    try:
        parse({key.removeprefix("packyard:"): json.loads(text) for key, text in config.items()}, stack)
    except SettingsError as error:
        return error.faults
    return ()


def put_value(holder: Any, path: list[str], value: object) -> None:
    """Sets a value in nested mappings and lists; None removes the key."""
    key: Any = int(path[0]) if isinstance(holder, list) else path[0]
    if len(path) > 1:
        put_value(holder[key], path[1:], value)
    elif value is None:
        del holder[key]
    else:
        holder[key] = value


def raw_sections(stack: str, changes: Mapping[str, object]) -> dict[str, Any]:
    """The sections of a stack file by their keys."""
    config = changed_stack_file(stack, changes).config
    return {key.removeprefix("packyard:"): json.loads(text) for key, text in config.items()}
