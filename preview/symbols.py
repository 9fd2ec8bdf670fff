"""Inputs as a reader may see them: values that were invented for a run show as what they stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value, leaves


@dataclass(frozen=True)
class Use:
    """An input that takes an output of another resource."""

    path: str
    urn: str
    """The resource whose output it takes."""


@dataclass(frozen=True)
class SymbolicInputs:
    """Inputs with "${name.output}" in place of invented values, also within a longer text."""

    inputs: Mapping[str, Value]
    uses: tuple[Use, ...]


def symbolic_inputs(capture: Capture, registration: Registration, name_of: Callable[[str], str]) -> SymbolicInputs:
    """The inputs of a registration, with resources named by `name_of`, which takes a URN."""
    uses: list[Use] = []
    inputs: dict[str, Value] = {}
    for key, value in registration.inputs.items():
        inputs[key] = value
        for urn in registration.property_dependencies.get(key, ()):
            symbols = {
                invented: f"${{{name_of(urn)}.{output}}}" for invented, output in capture.invented.get(urn, {}).items()
            }
            uses.extend(Use(path, urn) for path, leaf in leaves(value, key) if _holds(leaf, symbols))
            inputs[key] = _replaced(inputs[key], symbols)
    return SymbolicInputs(inputs, tuple(uses))


def symbolic_outputs(capture: Capture, name_of: Callable[[str], str]) -> Mapping[str, Value]:
    """The stack outputs; the engine says of none where it comes from, so every invented value is looked for."""
    symbols = {
        invented: f"${{{name_of(urn)}.{output}}}"
        for urn, values in capture.invented.items()
        for invented, output in values.items()
    }
    return {key: _replaced(value, symbols) for key, value in capture.root.outputs.items()}


def _holds(leaf: Value, symbols: Mapping[str, str]) -> bool:
    return isinstance(leaf, str) and any(invented in leaf for invented in symbols)


def _replaced(value: Value, symbols: Mapping[str, str]) -> Value:
    if isinstance(value, Mapping):
        return {key: _replaced(inner, symbols) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_replaced(inner, symbols) for inner in value)
    if isinstance(value, str):
        # Longer ones first, because an id may be a part of a link.
        for invented in sorted(filter(value.__contains__, symbols), key=len, reverse=True):
            value = value.replace(invented, symbols[invented])
    return value
