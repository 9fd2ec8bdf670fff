"""Secrets that stand in clear somewhere: finding them, and a capture in which they are secrets."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from capture.registration import Capture, Registration, Secret, Value, leaves

SHORTEST_SECRET = 8
"""Shorter values, such as "true", would be found everywhere."""


def secret_texts(capture: Capture) -> Iterator[str]:
    """Every text that Pulumi knows to be secret."""
    for registration in capture.registrations:
        for _, value in (*leaves(registration.inputs), *leaves(registration.outputs)):
            if isinstance(value, Secret):
                yield from (
                    plain
                    for _, plain in leaves(value.plain)
                    if isinstance(plain, str) and len(plain) >= SHORTEST_SECRET
                )


def hidden(capture: Capture, is_secret: Callable[[str, str], bool] = lambda _path, _text: False) -> Capture:
    """The same capture, in which each text that holds a known secret is one itself, and those that `is_secret` names.

    `is_secret` takes the place of a text in the inputs or outputs, and the text.
    """
    secrets = frozenset(secret_texts(capture))

    def hide(path: str, value: Value) -> Value:
        if isinstance(value, Mapping):
            return {key: hide(f"{path}.{key}", inner) for key, inner in value.items()}
        if isinstance(value, tuple):
            return tuple(hide(f"{path}[{index}]", inner) for index, inner in enumerate(value))
        if isinstance(value, str) and (is_secret(path, value) or any(secret in value for secret in secrets)):
            return Secret(hashlib.sha256(value.encode()).hexdigest()[:16], value)
        return value

    def of(entry: Registration) -> Registration:
        inputs = {key: hide(key, value) for key, value in entry.inputs.items()}
        outputs = {key: hide(key, value) for key, value in entry.outputs.items()}
        # What stays as it is stays the same object, so that whoever knows the one capture knows the other.
        is_same = inputs == entry.inputs and outputs == entry.outputs
        return entry if is_same else replace(entry, inputs=inputs, outputs=outputs)

    return replace(capture, registrations=tuple(map(of, capture.registrations)))
