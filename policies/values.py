"""Reading recorded values: missing, unknown and secret ones answer as empty, so that a policy says what it needs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from capture import Capture, Registration, Secret, Unknown, Value
from capture.registration import leaves
from settings.vocabulary import StackKind


def mapping(value: Value) -> Mapping[str, Value]:
    """The value as a mapping; empty where it is something else."""
    return value if isinstance(value, Mapping) else {}


def items(value: Value) -> tuple[Value, ...]:
    """The value as a list; empty where it is something else."""
    return value if isinstance(value, tuple) else ()


def records(value: Value) -> Iterator[Mapping[str, Value]]:
    """A nested block, or each of a list of them."""
    yield from (
        mapping(item) for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Mapping)
    )


def text(value: Value) -> str:
    """The value as text; empty where it is missing, unknown or secret."""
    return value if isinstance(value, str) else ""


def number(value: Value, otherwise: float = 0) -> float:
    """The value as a number; `otherwise` where it is missing, unknown or something else."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def texts(value: Value) -> tuple[str, ...]:
    """Every text of a list."""
    return tuple(item for item in items(value) if isinstance(item, str))


def at(values: Mapping[str, Value], path: str) -> Value:
    """The value at a dotted path, for example "bootDisk.initializeParams"; a list of one block stands for its block."""
    current: Value = values
    for part in path.split("."):
        block = next(records(current), None)
        current = None if block is None else block.get(part)
    return current


def is_production(capture: Capture) -> bool:
    """Whether the stack is held to all that production is held to: unless its outputs say that it is staging."""
    return capture.root.outputs.get("kind") != StackKind.STAGING.value


def related(capture: Capture, target: Registration, key: str, resource_type: str) -> tuple[Registration, ...]:
    """Resources of a type whose input `key` comes from the target; it works before the target has an id as well."""
    return tuple(
        entry for entry in capture.of_type(resource_type) if target.urn in entry.property_dependencies.get(key, ())
    )


def of_provider(capture: Capture, registration: Registration, key: str) -> Value:
    """An input of the provider of a resource, such as its project; None where there is no provider."""
    provider = capture.by_urn.get(registration.provider)
    return None if provider is None else provider.inputs.get(key)


def place(capture: Capture, registration: Registration, key: str) -> str:
    """Project, region or zone of a resource: its own, else what its provider gives; empty where neither says it."""
    return text(registration.inputs.get(key)) or text(of_provider(capture, registration, key))


def component_chain(registration: Registration) -> list[str]:
    """Tokens of the components around a resource, outermost first, as its URN holds them."""
    return registration.urn.split("::")[2].split("$")[:-1]


def component_token(registration: Registration) -> str:
    """Token of the component directly around a resource; empty at the root."""
    return next(reversed(component_chain(registration)), "")


def is_unknown(value: Value) -> bool:
    """Whether the value is known only after the resource behind it exists."""
    return isinstance(value, Unknown)


def without_secret(value: Value) -> Value:
    """The value itself, also where it is kept as a secret."""
    return value.plain if isinstance(value, Secret) else value


def policy_statements(registration: Registration, key: str) -> Iterator[dict[str, Any]]:
    """The statements of an AWS policy document in an input; none where the document is still unknown."""
    document = text(registration.inputs.get(key))
    if not document:
        return
    yield from _statements(document)


def strings(value: object) -> tuple[str, ...]:
    """One string or a list of them, as policy documents allow both."""
    return (value,) if isinstance(value, str) else tuple(cast("list[str]", value or []))


def allowing_statements(capture: Capture) -> Iterator[tuple[Registration, dict[str, Any]]]:
    """Statements with effect Allow of every policy document, in whichever input it is."""
    for registration in capture.resources:
        for _, value in leaves(registration.inputs) if registration.cloud == "aws" else ():
            if isinstance(value, str) and value.startswith("{") and '"Statement"' in value:
                for statement in _statements(value):
                    if statement["Effect"] == "Allow":
                        yield registration, statement


def _statements(document: str) -> list[dict[str, Any]]:
    """The statements of a policy document, which may be one alone."""
    statements = json.loads(document)["Statement"]
    return cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements])
