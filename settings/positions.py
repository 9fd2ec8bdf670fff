"""What only the files tell: line numbers of values, for error messages, and what the other stack files say."""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import cast

import yaml

import stack_yaml
from settings.faults import Path


def lines_by_path(stack_file: FilePath) -> dict[Path, int]:
    """The line, counted from 1, of every key and list item below `config:`; empty where the file cannot be read."""
    try:
        root = stack_yaml.composed(stack_file.read_bytes())
    except (OSError, stack_yaml.YamlFault):
        return {}
    return {
        _without_namespace(path[1:]): line for path, line in _walk(root, ()) if len(path) > 1 and path[0] == "config"
    }


def other_stacks(stack_file: FilePath) -> dict[str, dict[str, object]]:
    """The sections of the other stack files in the folder, by stack; one that cannot be read is left out."""
    found: dict[str, dict[str, object]] = {}
    for path in sorted(stack_file.parent.glob("Pulumi.*.yaml")):
        if path.name == stack_file.name:
            continue
        try:
            found[path.name.removeprefix("Pulumi.").removesuffix(".yaml")] = sections(path)
        except (OSError, ValueError):
            continue
    return found


def sections(stack_file: FilePath) -> dict[str, object]:
    """The sections of a stack file by key; none where it has no `config:`. Raises OSError and ValueError."""
    try:
        document = stack_yaml.read(stack_file.read_bytes())
    except stack_yaml.YamlFault as fault:
        raise ValueError(str(fault)) from None
    config = cast("dict[str, object]", document).get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        return {}
    return {key.removeprefix("packyard:"): value for key, value in cast("dict[str, object]", config).items()}


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of a place, or of the nearest place around it that the file has."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _walk(node: yaml.Node | None, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key.start_mark.line + 1
            yield from _walk(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1
            yield from _walk(item, (*path, index))


def _without_namespace(path: Path) -> Path:
    return (str(path[0]).removeprefix("packyard:"), *path[1:])
