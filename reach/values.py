"""Reading recorded values: missing, unknown and secret ones answer as empty."""

from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value


def text(value: Value) -> str:
    """The value as text; empty where it is missing, unknown or secret."""
    return value if isinstance(value, str) else ""


def mapping(value: Value) -> Mapping[str, Value]:
    """The value as a mapping; empty where it is something else."""
    return value if isinstance(value, Mapping) else {}


def texts(value: Value) -> tuple[str, ...]:
    """A text, or every text of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()


def records(value: Value) -> Iterator[Mapping[str, Value]]:
    """A nested block, or each of a list of them."""
    yield from (item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Mapping))


def block(value: Value) -> Mapping[str, Value]:
    """A nested block, or the first of a list of them; empty where there is none."""
    return next(records(value), dict[str, Value]())


def provider_input(capture: Capture, registration: Registration, key: str) -> str:
    """An input of the provider of a resource, such as its project; empty where there is none."""
    provider = capture.by_urn.get(registration.provider)
    return "" if provider is None else text(provider.inputs.get(key))


def project_of(capture: Capture, registration: Registration) -> str:
    """The GCP project of a resource: its own, else its provider's."""
    return text(registration.inputs.get("project")) or provider_input(capture, registration, "project")


def answer(capture: Capture, registration: Registration, output: str) -> str:
    """What a cloud would answer for an output of a resource, such as "arn"; empty where it is not known."""
    for value, name in capture.invented.get(registration.urn, {}).items():
        if name == output:
            return value
    return text(registration.outputs.get(output))


def place(registration: Registration, key: str = "") -> str:
    """File and line that register a resource, and the input in question."""
    where = registration.source or registration.type
    return f"{where} ({key})" if key else where
