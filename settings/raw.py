"""The values of a stack file before they are settings: what a parser of YAML or JSON gives."""

from collections.abc import Iterator, Mapping
from typing import cast

from settings.faults import Path


def scalars(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every value that is neither a section nor a list, with its place, in the order of the file."""
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, object]", value).items():
            yield from scalars(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[object]", value)):
            yield from scalars(inner, (*path, index))
    else:
        yield path, value
