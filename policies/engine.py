"""The engine's view of a stack as a capture, so that the same policies run inside `pulumi preview` and `pulumi up`.

The engine hands a policy pack less than a recorded registration holds: no plugin version, no retain-on-delete, no mark
on secret values. What depends on these is left to `make preview` and the tests.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from capture import Capture, Registration, Unknown, Value
from policies import providers, secrets_in_clear, worker_groups
from policies.policy import Policy
from policies.registry import POLICIES
from reach.network.references import ADDRESSES
from settings.addresses import is_documentation

UNTOLD: Mapping[Policy, str] = {
    providers.every_resource_names_its_plugin_version: "the engine tells no version",
    worker_groups.templates_are_replaced_before_they_go: "an automatic name stands among what it tells",
    secrets_in_clear.no_secret_in_clear: "secrets arrive opened, so all of them would look clear",
    secrets_in_clear.secret_inputs_are_secrets: "secrets arrive opened, so all of them would look clear",
}
"""Policies that cannot run in the engine, with the reason."""

ENGINE_POLICIES: tuple[Policy, ...] = tuple(policy for policy in POLICIES if policy not in UNTOLD)

STACK_TYPE = "pulumi:pulumi:Stack"


class EngineResource(Protocol):
    """pulumi_policy.PolicyResource, as far as it is read here."""

    resource_type: str
    props: Mapping[str, Any]
    urn: str
    name: str
    opts: Any
    """With protect, ignore_changes and delete_before_replace."""
    provider: Any
    parent: Any
    dependencies: list[Any]
    property_dependencies: dict[str, list[Any]]


Report = Callable[[str, str], object]
"""Takes a message and the URN that it is about."""


class _Latest:
    """The capture of the policy before, which the next one gets again where it is equal.

    The engine hands each policy resources of its own, and what is known of a capture is kept for this very one.
    """

    def __init__(self) -> None:
        self._capture: Capture | None = None

    def of(self, resources: Sequence[EngineResource]) -> Capture:
        capture = engine_capture(resources)
        if self._capture is None or self._capture.registrations != capture.registrations:
            self._capture = capture
        return self._capture


_LATEST = _Latest()


def validation(policy: Policy) -> Callable[[Any, Report], None]:
    """A policy in the form that StackValidationPolicy takes."""

    def validate(args: Any, report_violation: Report) -> None:
        for finding in policy(_LATEST.of(args.resources)):
            report_violation(finding.message, finding.registration.urn)

    return validate


def engine_capture(resources: Sequence[EngineResource]) -> Capture:
    """The resources of a stack as a capture. Stack and project are read from the first URN."""
    registrations = [engine_registration(resource) for resource in resources]
    stack, project = _stack_and_project(registrations[0].urn)
    if not any(entry.type == STACK_TYPE for entry in registrations):
        # Without its outputs the stack counts as protected.
        urn = f"urn:pulumi:{stack}::{project}::{STACK_TYPE}::{project}-{stack}"
        registrations.append(Registration(urn=urn, type=STACK_TYPE, name=f"{project}-{stack}", custom=False, inputs={}))
    in_order = tuple(sorted(registrations, key=lambda entry: entry.urn))
    invented = {entry.urn: found for entry in in_order if (found := _invented(entry))}
    return Capture(project, stack, preview=True, registrations=in_order, invented=invented)


def _invented(entry: Registration) -> dict[str, str]:
    """Addresses that nobody has, by their outputs: a rehearsal gives them, and no cloud does."""
    if entry.type not in ADDRESSES:
        return {}
    return {value: key for key, value in entry.inputs.items() if isinstance(value, str) and is_documentation(value)}


def engine_registration(resource: EngineResource) -> Registration:
    """One resource of the engine as a registration."""
    properties = cast("Mapping[str, Value]", _value(resource.props))
    custom = resource.resource_type.partition(":")[0] in ("aws", "gcp") or resource.resource_type.startswith(
        "pulumi:providers:"
    )
    return Registration(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        custom=custom,
        inputs=properties if custom else {},
        outputs={} if custom else properties,
        parent=resource.parent.urn if resource.parent else "",
        provider=resource.provider.urn if resource.provider else "",
        protect=resource.opts.protect,
        retain_on_delete=resource.opts.protect,
        delete_before_replace=bool(resource.opts.delete_before_replace),
        ignore_changes=tuple(resource.opts.ignore_changes),
        dependencies=tuple(sorted(entry.urn for entry in resource.dependencies)),
        property_dependencies={
            key: tuple(sorted(entry.urn for entry in entries))
            for key, entries in resource.property_dependencies.items()
        },
    )


def _value(value: Any) -> Value:
    """A plain value; what is unknown in a preview raises when it is touched, and becomes Unknown."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        read = {str(key): _item(mapping, key) for key in mapping}
        return {key: item for key, item in read.items() if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        sequence = cast("Sequence[Any]", value)
        return tuple(_item(sequence, index) for index in range(len(sequence)))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _item(holder: Any, key: Any) -> Value:
    try:
        return _value(holder[key])
    except Exception as error:
        # pulumi_policy.UnknownValueError, by its mark: the package is there only where the pack runs.
        if hasattr(error, "unknown_type_sentinel"):
            return Unknown()
        raise


def _stack_and_project(urn: str) -> tuple[str, str]:
    head, project = urn.split("::")[:2]
    return head.rpartition(":")[2], project
