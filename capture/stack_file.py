"""Pulumi's own stack files, `Pulumi.<stack>.yaml`, read without the CLI and without opening secure values."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import stack_yaml
from capture.wire import digest

STACK_NAME = re.compile(r"[A-Za-z0-9_.-]+")
"""What Pulumi allows."""


class StackFileError(Exception):
    """A stack file that is missing or cannot be read; the text names the file and what would be right."""


@dataclass(frozen=True)
class StackFile:
    """Configuration of one stack, in the form that the engine hands to a program."""

    stack: str
    path: Path
    config: dict[str, str]
    """Configuration keys with their namespace; objects as JSON text."""
    secret_keys: tuple[str, ...]
    """Keys whose value holds a secure value."""
    secure_paths: tuple[str, ...]
    """Places of the secure values; each is replaced by a placeholder, because a preview never opens them."""


def read_stack_file(program_dir: Path, stack: str) -> StackFile:
    """The stack file of a program. Raises StackFileError."""
    path = program_dir / f"Pulumi.{stack}.yaml"
    # A name that is a path would read a file of somebody else.
    if not STACK_NAME.fullmatch(stack) or not path.is_file():
        known = stacks_of(program_dir)
        hint = f"one of {', '.join(known)}" if known else "there is no stack file at all, add one"
        raise StackFileError(f"Pulumi.{stack}.yaml: no such stack. HINT: {hint}")
    config = _config_section(path, read_yaml(path))
    secure: list[str] = []
    opened = {key: _without_secure_values(value, key, secure) for key, value in config.items()}
    return StackFile(
        stack=stack,
        path=path,
        config={
            # The engine hands on text as it is, and nothing as empty text.
            key: value if isinstance(value, str) else "" if value is None else json.dumps(value)
            for key, value in opened.items()
        },
        secret_keys=tuple(key for key in opened if any(_is_below(place, key) for place in secure)),
        secure_paths=tuple(secure),
    )


def stacks_of(program_dir: Path) -> tuple[str, ...]:
    """Every stack that has a file in a folder, sorted."""
    return tuple(sorted(file.name.split(".")[1] for file in program_dir.glob("Pulumi.*.yaml")))


def read_project_name(program_dir: Path) -> str:
    """The name in Pulumi.yaml, which is a part of every URN. Raises StackFileError."""
    path = program_dir / "Pulumi.yaml"
    if not path.is_file():
        raise StackFileError(f"{path.name}: missing in {program_dir}. HINT: run the command in the project's folder")
    document = read_yaml(path)
    name = cast("dict[str, Any]", document).get("name") if isinstance(document, dict) else None
    if not isinstance(name, str):
        raise StackFileError(f"{path.name}: no `name:`. HINT: name: packyard")
    return name


def read_yaml(path: Path) -> object:
    """A YAML file as the engine reads it. Raises StackFileError with the line."""
    try:
        return stack_yaml.read(path.read_bytes())
    except stack_yaml.YamlFault as fault:
        raise StackFileError(f"{path.name}: {fault}") from None


def _config_section(path: Path, document: object) -> dict[str, Any]:
    config = cast("dict[str, Any]", document).get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise StackFileError(f"{path.name}: no section `config:`. HINT: see the other stack files")
    return cast("dict[str, Any]", config)


def _without_secure_values(value: Any, place: str, found: list[str]) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if set(mapping) == {"secure"}:
            found.append(place)
            # Differs where the ciphertext differs, so that a changed secret shows as a change.
            return f"secure-{digest(str(mapping['secure']))}"
        return {key: _without_secure_values(inner, f"{place}.{key}", found) for key, inner in mapping.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_without_secure_values(inner, f"{place}[{index}]", found) for index, inner in enumerate(items)]
    return value


def _is_below(place: str, key: str) -> bool:
    return place == key or place.startswith((f"{key}.", f"{key}["))
