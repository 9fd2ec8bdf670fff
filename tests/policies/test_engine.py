"""The policy pack gives the engine the same verdict as the preview, as far as the engine tells enough."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from capture import Capture, Registration, Secret, Unknown
from policies import open_ports, stateful
from policies.engine import ENGINE_POLICIES, engine_capture, validation
from policies.who_may import ports, rights
from tests.policies.who_may_mutations import (
    UNTRUSTED,
    strangers_log_in_where_packages_are_signed,
    uploads_from,
)
from tests.reach.grants import Change, allowed
from tests.support import ROOT, STACKS, estate


class UnknownValueError(Exception):
    """As pulumi_policy raises it."""

    unknown_type_sentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Props(dict[str, Any]):
    """As pulumi_policy hands properties over: opened secrets, and an error where a value is unknown."""

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, Unknown):
            raise UnknownValueError
        return value


@dataclass
class Options:
    protect: bool
    ignore_changes: list[str]
    delete_before_replace: bool | None


@dataclass
class Resource:
    resource_type: str
    props: Mapping[str, Any]
    urn: str
    name: str
    opts: Options
    provider: Any = None
    parent: Any = None
    dependencies: list[Any] = field(default_factory=list[Any])
    property_dependencies: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])


@dataclass
class Arguments:
    resources: list[Resource]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [True, False], ids=["preview", "final"])
def test_the_engine_finds_nothing_wrong_with_the_estate(stack: str, preview: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    arguments = Arguments(_resources(estate(stack, preview=preview)))

    assert [found for policy in ENGINE_POLICIES for found in _reported(policy, arguments)] == []


def test_the_engine_reports_what_is_wrong_and_where() -> None:
    arguments = Arguments(_resources(estate("staging")))
    disk = next(entry for entry in arguments.resources if entry.resource_type == "gcp:compute/disk:Disk")
    disk.opts.protect = False

    reported = _reported(stateful.stateful_resources_are_protected, arguments)

    assert {urn for _, urn in reported} == {disk.urn}
    assert all("HINT: " in message for message, _ in reported)


@pytest.mark.parametrize("preview", [True, False], ids=["first update", "final"])
def test_the_engine_tells_who_gets_a_right_that_the_table_forbids(preview: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    rewrites = allowed("ci-identity-preview", ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"])
    arguments = Arguments(_resources(rewrites(estate("production", preview=preview))))

    reported = _reported(rights.secrets_are_read_by_their_machine_alone, arguments)

    assert any(message.startswith("role ci-identity-preview (previews) may read") for message, _ in reported)


@pytest.mark.parametrize("preview", [True, False], ids=["first update", "final"])
@pytest.mark.parametrize(
    ("change", "who"),
    [
        (strangers_log_in_where_packages_are_signed, f"job on worker group {UNTRUSTED}"),
        (uploads_from("0.0.0.0/0"), "anybody on the internet"),
    ],
    ids=["strangers log in", "everyone uploads"],
)
def test_the_engine_tells_who_reaches_a_port_that_the_table_forbids(change: Change, who: str, preview: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    arguments = Arguments(_resources(change(estate("production", preview=preview))))

    reported = _reported(ports.doors_are_reached_by_whom_the_table_names, arguments)

    assert any(message.startswith(f"{who} (") for message, _ in reported), reported


@pytest.mark.parametrize("stack", STACKS)
def test_the_engine_knows_whose_address_a_rule_names(stack: str) -> None:
    """Each database host lets the other one in by its address, and nobody else has it."""
    arguments = Arguments(_resources(estate(stack)))
    for address in arguments.resources:
        if address.resource_type == "aws:ec2/eip:Eip" and address.name == "pg-b-public":
            address.props = Props({**address.props, "publicIp": "18.208.0.1"})

    reported = _reported(ports.doors_are_reached_by_whom_the_table_names, arguments)

    # The rule still names the address from before, which is nobody's now.
    assert [urn.rpartition("::")[2] for message, urn in reported if "51820" in message] == ["pg-a"]


def test_an_unknown_source_is_no_open_port() -> None:
    arguments = Arguments(_resources(estate("staging", preview=True)))

    assert _reported(open_ports.only_named_ports_are_open_to_the_world, arguments) == []


def test_a_stack_without_outputs_counts_as_protected() -> None:
    resources = [entry for entry in _resources(estate("staging")) if entry.resource_type != "pulumi:pulumi:Stack"]

    assert engine_capture(resources).root.outputs == {}


def test_the_pack_says_how_it_runs() -> None:
    assert "runtime: python" in (ROOT / "policies/pack/PulumiPolicy.yaml").read_text(encoding="utf-8")


def _reported(policy: Any, arguments: Arguments) -> list[tuple[str, str]]:
    reported: list[tuple[str, str]] = []
    validation(policy)(arguments, lambda message, urn: reported.append((message, urn)))
    return reported


def _resources(capture: Capture) -> list[Resource]:
    made = {entry.urn: _resource(entry, capture.invented.get(entry.urn, {})) for entry in capture.registrations}
    for entry in capture.registrations:
        resource = made[entry.urn]
        resource.parent = made.get(entry.parent)
        resource.provider = made.get(entry.provider)
        resource.dependencies = [made[urn] for urn in entry.dependencies]
        resource.property_dependencies = {
            key: [made[urn] for urn in urns] for key, urns in entry.property_dependencies.items()
        }
    return list(made.values())


def _resource(entry: Registration, answers: Mapping[str, str]) -> Resource:
    """What a cloud answered, by value, stands beside the inputs."""
    outputs = {output: value for value, output in answers.items()} if entry.custom else entry.outputs
    properties = _opened({**outputs, **entry.inputs})
    options = Options(entry.protect, list(entry.ignore_changes), entry.delete_before_replace)
    return Resource(entry.type, properties, entry.urn, entry.name, options)


def _opened(value: Any) -> Any:
    if isinstance(value, Secret):
        return _opened(value.plain)
    if isinstance(value, Mapping):
        return Props({key: _opened(inner) for key, inner in value.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- nested values
    if isinstance(value, tuple):
        return [_opened(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType] -- nested values
    return value
