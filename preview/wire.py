"""A capture on its way to another process or a file: secrets go as their digests alone."""

from collections.abc import Mapping
from dataclasses import replace

from capture import Capture, Secret, Value


def without_plain_secrets(capture: Capture) -> Capture:
    """The same capture, which holds no secret any more; it compares equal."""
    return replace(
        capture,
        registrations=tuple(
            replace(entry, inputs=_mapping(entry.inputs), outputs=_mapping(entry.outputs))
            for entry in capture.registrations
        ),
    )


def _mapping(values: Mapping[str, Value]) -> dict[str, Value]:
    return {key: _value(value) for key, value in values.items()}


def _value(value: Value) -> Value:
    if isinstance(value, Secret):
        return Secret(value.digest, None)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, tuple):
        return tuple(_value(item) for item in value)
    return value
