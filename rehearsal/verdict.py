"""What the engine says, in the records of the preview: its plan as a comparison, its state as registrations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from capture import Asset, Registration, Secret, Unknown, Value, urn_name
from capture.wire import ARCHIVE_SIGNATURE, ASSET_SIGNATURE, SECRET_SIGNATURE, SIGNATURE_KEY
from policies.guards import lost_guard
from policies.secrets_in_clear import looks_like
from preview.compare import Change, Comparison, Rename, Step
from preview.difference import PropertyChange, differences
from preview.engine_plan import Plan, PlannedStep

MASKED = "[secret]"
UNKNOWN = ("[unknown]", "04da6b54-80e4-46f7-96ec-b56ff0331ba9")
"""What the engine prints for a value that is known later, and the mark that it stores."""

SUMMARIES = ("preview failed", "update failed")
"""What the engine adds in the name of the stack, whatever went wrong."""

STEPS: Mapping[str, Step] = {
    "create": Step.CREATE,
    "update": Step.UPDATE,
    "replace": Step.REPLACE,
    "create-replacement": Step.REPLACE,
    "delete": Step.DELETE,
}


Compared = Mapping[str, tuple[Mapping[str, Value], Mapping[str, Value]]]
"""Old and new inputs by URN, as a provider saw them."""


def verdict(plan: Plan, compared: Compared = MappingProxyType({})) -> Comparison:
    """The steps of a plan as a comparison, components left out as there. Stack outputs are not in a plan.

    `compared` has what the engine masks although a reader may see it, as in the preview: documents of machines.
    """
    steps = [step for step in plan.steps if step.state.get("custom")]
    changes = [change for step in steps if (change := _change(step, compared.get(step.urn))) is not None]
    renames = [
        Rename(step.old["urn"], registration(step.new))
        for step in steps
        if step.old is not None and step.new is not None and step.old["urn"] != step.new["urn"]
    ]
    return Comparison(
        tuple(sorted(changes, key=lambda change: change.registration.urn)),
        tuple(sorted(renames, key=lambda rename: rename.registration.urn)),
        (),
    )


def faults(plan: Plan) -> tuple[str, ...]:
    """What the engine refuses, each once, without the colours and tags of its messages."""
    said = [
        f"{urn_name(fault.urn)}: {_plain(fault.message)}" if fault.urn else _plain(fault.message)
        for fault in plan.faults
    ]
    return tuple(dict.fromkeys(text for text in said if not text.endswith(SUMMARIES)))


def planned(plan: Plan) -> tuple[Registration, ...]:
    """Every resource that there is after the plan; it must be made with --show-sames."""
    return tuple(registration(step.new) for step in plan.steps if step.new is not None)


def registrations(state: Mapping[str, Any]) -> tuple[Registration, ...]:
    """Every resource of an exported state."""
    return tuple(registration(entry) for entry in state["deployment"].get("resources", []))


def registration(state: Mapping[str, Any]) -> Registration:
    """One resource of a plan or a state."""
    return Registration(
        urn=state["urn"],
        type=state["type"],
        name=urn_name(state["urn"]),
        custom=bool(state.get("custom")),
        inputs=cast("Mapping[str, Value]", _value(state.get("inputs", {}))),
        id=state.get("id", ""),
        parent=state.get("parent", ""),
        outputs=cast("Mapping[str, Value]", _value(state.get("outputs", {}))),
        provider=state.get("provider", "").rpartition("::")[0],
        protect=bool(state.get("protect")),
        retain_on_delete=bool(state.get("retainOnDelete")),
        ignore_changes=tuple(state.get("ignoreChanges", ())),
        replace_on_changes=tuple(state.get("replaceOnChanges", ())),
        additional_secret_outputs=tuple(state.get("additionalSecretOutputs", ())),
        dependencies=tuple(sorted(state.get("dependencies", ()))),
        property_dependencies={
            key: tuple(sorted(urns or ())) for key, urns in sorted(state.get("propertyDependencies", {}).items())
        },
        deleted_with=state.get("deletedWith", ""),
        source=state.get("sourcePosition", "").removeprefix("project:///").replace("#", ":"),
    )


def _change(step: PlannedStep, seen: tuple[Mapping[str, Value], Mapping[str, Value]] | None) -> Change | None:
    old, new = step.old, step.new
    kind = STEPS.get(step.operation)
    if kind is None:
        options = tuple(_option_changes(old, new))
        return Change(Step.OPTIONS, registration(new), options=options) if options and new else None
    if old is None or new is None:
        return Change(kind, registration(step.state))
    before, after = registration(old), registration(new)
    shown = (before.inputs, after.inputs)
    if seen is not None:
        shown = (_unmasked(before.inputs, seen[0]), _unmasked(after.inputs, seen[1]))
    properties = tuple(
        PropertyChange(found.path, found.old, found.new, replaces=_root(found.path) in step.replacing)
        for found in _property_changes(*shown, step.differing)
    )
    options = tuple(_option_changes(old, new))
    return Change(kind, after, properties, options, lost_guard=lost_guard(before, after))


def _unmasked(inputs: Mapping[str, Value], seen: Mapping[str, Value]) -> Mapping[str, Value]:
    """The inputs with what a provider saw in place of a mask, unless that is a secret by its look."""
    return {
        key: other if isinstance(value, Secret) and isinstance(other, str) and not looks_like(other) else value
        for key, value in inputs.items()
        for other in (seen.get(key),)
    }


def _property_changes(
    old: Mapping[str, Value], new: Mapping[str, Value], reasons: Sequence[str]
) -> Iterator[PropertyChange]:
    found = list(differences(old, new))
    yield from found
    told = {_root(change.path) for change in found}
    # A secret is masked on both sides, so that nothing differs but the reason.
    yield from (PropertyChange(key, old.get(key), new.get(key)) for key in reasons if key not in told)


def _root(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _option_changes(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[PropertyChange]:
    if old is None or new is None:
        return
    for name in ("protect", "retainOnDelete"):
        before, after = bool(old.get(name)), bool(new.get(name))
        if before != after:
            yield PropertyChange(name, before, after)


def _plain(message: str) -> str:
    return re.sub(r"<\{%[^%]*%\}>", "", message).strip().removeprefix("error: ").removeprefix("Preview failed: ")


def _value(value: object) -> Value:
    if isinstance(value, dict):
        mapping = cast("dict[str, object]", value)
        if mapping.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return Secret("", None)
        if mapping.get(SIGNATURE_KEY) in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE):
            return Asset(str(mapping.get("hash", "")), str(mapping.get("path") or mapping.get("uri") or "text"))
        return {key: _value(inner) for key, inner in mapping.items()}
    if isinstance(value, list):
        return tuple(_value(inner) for inner in cast("list[object]", value))
    if isinstance(value, str):
        return Secret("", None) if value == MASKED else Unknown() if value in UNKNOWN else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return cast("Value", value)
