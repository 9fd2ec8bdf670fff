"""Changes of a capture, as a change of the program would make them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from capture import Capture, Registration, Value

Edit = Callable[[Capture], Capture]


def found(capture: Capture, kind: str, name: str) -> Registration:
    """The one registration of a kind with a logical name."""
    (entry,) = (entry for entry in capture.resources if entry.kind == kind and entry.name == name)
    return entry


def edited(
    kind: str, name: str, inputs: Mapping[str, Any], sources: Mapping[str, tuple[str, str]] | None = None
) -> Edit:
    """Sets inputs; `sources` says by kind and name which registration each of them then comes from."""

    def edit(capture: Capture) -> Capture:
        old = found(capture, kind, name)
        origins = {key: (found(capture, *each).urn,) for key, each in (sources or {}).items()}
        new = replace(
            old,
            inputs={**old.inputs, **inputs},
            property_dependencies={
                **old.property_dependencies,
                **{key: (*old.property_dependencies.get(key, ()), *urns) for key, urns in origins.items()},
            },
        )
        return swapped(capture, old, new)

    return edit


def made(like: tuple[str, str], name: str, inputs: Mapping[str, Any], sources: Mapping[str, tuple[str, str]]) -> Edit:
    """Registers one more resource of the kind of an existing one; values that are origins are their ids."""

    def edit(capture: Capture) -> Capture:
        neighbour = found(capture, *like)
        origins = {key: found(capture, *each) for key, each in sources.items()}
        new = replace(
            neighbour,
            urn=f"{neighbour.urn.rpartition('::')[0]}::{name}",
            name=name,
            id=f"made-{name}",
            inputs={**inputs, **{key: entry.id for key, entry in origins.items()}},
            property_dependencies={key: (entry.urn,) for key, entry in origins.items()},
        )
        return replace(capture, registrations=(*capture.registrations, new))

    return edit


def swapped(capture: Capture, old: Registration, *new: Registration) -> Capture:
    """The capture with one registration replaced by others."""
    rest = [entry for entry in capture.registrations if entry.urn != old.urn]
    return replace(capture, registrations=(*rest, *new))


def address_of(capture: Capture, kind: str, name: str) -> str:
    """The address that the capture invented for a registration, as a rule names it."""
    values = capture.invented[found(capture, kind, name).urn]
    return next(f"{value}/32" for value, output in values.items() if output in ("publicIp", "address"))


def with_rule(capture: Capture, policy: str, index: int, *more: str) -> tuple[Value, ...]:
    """The rules of a policy of Cloud Armor, one of them with more ranges."""
    rules: Any = found(capture, "SecurityPolicy", policy).inputs["rules"]
    old = rules[index]
    config = {"srcIpRanges": (*old["match"]["config"]["srcIpRanges"], *more)}
    return (*rules[:index], {**old, "match": {**old["match"], "config": config}}, *rules[index + 1 :])
