"""Every limit that is known, by resource type: what the SDKs document, and a reviewed supplement.

`documented.json` is written by `make records` (tests/estate/record_limits.py), so that nothing reads docstrings in a
preview; a test fails where it is stale.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from capture.registration import Value
from policies.limits.limit import Broken, Limit, broken
from policies.limits.supplement import ANY_TYPE, SUPPLEMENT

DOCUMENTED = Path(__file__).with_name("documented.json")


def limit_of(entry: Mapping[str, Any]) -> Limit:
    """A limit from its form in the file."""
    fields: dict[str, Any] = {
        key: tuple(cast("list[str]", value)) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Limit(**fields)


def _documented() -> dict[str, tuple[Limit, ...]]:
    entries = json.loads(DOCUMENTED.read_text(encoding="utf-8"))
    return {name: tuple(limit_of(entry) for entry in limits) for name, limits in entries.items()}


LIMITS: Mapping[str, tuple[Limit, ...]] = _documented()


def limits_of(resource_type: str) -> Iterator[Limit]:
    """Every limit of a type."""
    yield from LIMITS.get(resource_type, ())
    yield from SUPPLEMENT.get(resource_type, ())
    for entry in ANY_TYPE:
        if resource_type.startswith(f"{entry.cloud}:") and resource_type not in entry.but:
            yield from entry.limits


def broken_limits(resource_type: str, inputs: Mapping[str, Value]) -> Iterator[Broken]:
    """Every input of a resource that its cloud would refuse, each path once for each fault."""
    told: set[tuple[str, str]] = set()
    for limit in limits_of(resource_type):
        for found in broken(limit, inputs):
            if (found.path, found.wrong) not in told:
                told.add((found.path, found.wrong))
                yield found


def with_automatic_name(resource_type: str, logical_name: str, inputs: Mapping[str, Value]) -> Mapping[str, Value]:
    """The inputs with the name that Pulumi gives where the program gives none: the logical name and seven digits."""
    if (
        "name" in inputs
        or "namePrefix" in inputs
        or not any(limit.input == "name" for limit in limits_of(resource_type))
    ):
        return inputs
    return {**inputs, "name": f"{logical_name}-0000000"}
