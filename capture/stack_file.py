"""Pulumi's own stack files, `Pulumi.<stack>.yaml`, read without the CLI and without opening secure values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from capture.wire import digest


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
    if not path.is_file():
        known = sorted(file.name.split(".")[1] for file in program_dir.glob("Pulumi.*.yaml"))
        raise StackFileError(f"{path.name}: no such stack. HINT: one of {', '.join(known) or 'none, add a stack file'}")
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise StackFileError(f"{path.name}: {line}{error.problem}. HINT: mend the YAML there") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise StackFileError(f"{path.name}: not YAML: {error}. HINT: it must be UTF-8 text") from None
    config = _config_section(path, document)
    secure: list[str] = []
    opened = {key: _without_secure_values(value, key, secure) for key, value in config.items()}
    return StackFile(
        stack=stack,
        path=path,
        config={
            key: value if isinstance(value, str) else json.dumps(value, default=str) for key, value in opened.items()
        },
        secret_keys=tuple(key for key in opened if any(_is_below(place, key) for place in secure)),
        secure_paths=tuple(secure),
    )


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
