"""Capture and engine name the same resources, in the same way, for the whole of both stacks."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from capture import Asset, Registration, Secret, Value, leaves
from rehearsal.engine import running_engine, succeeded
from rehearsal.verdict import planned, registrations, verdict
from tests.rehearsal.engine.support import Living, project_copy
from tests.support import STACKS, estate

pytestmark = pytest.mark.engine


def test_a_stack_comes_up_as_the_capture_says(living: Living) -> None:
    expected = estate(living.engine.stack)
    state = {entry.urn: entry for entry in registrations(living.engine.state())}

    assert _by_urn(state, "parent") == _by_urn(expected.by_urn, "parent")
    for option in ("type", "custom", "protect", "retain_on_delete", "provider", "deleted_with"):
        assert _by_urn(state, option) == _by_urn(expected.by_urn, option), option
    for option in ("dependencies", "property_dependencies"):
        assert _by_urn(_custom(state), option) == _by_urn(_custom(expected.by_urn), option), option
    for urn, entry in _custom(expected.by_urn).items():
        assert _comparable(state[urn], entry) == _comparable(entry, entry), urn


def test_everything_in_the_state_exists_and_everything_that_exists_is_in_the_state(living: Living) -> None:
    state = registrations(living.engine.state())
    ids = {entry.id for entry in state if entry.custom and entry.cloud != "pulumi"}

    assert ids == set(living.engine.clouds.resources)


def test_a_preview_after_the_first_up_is_empty(living: Living) -> None:
    outcome = living.engine.preview("--expect-no-changes")

    assert outcome.exit_code == 0
    assert verdict(outcome.plan).changes == ()
    assert {entry.urn for entry in planned(outcome.plan)} == set(estate(living.engine.stack).by_urn)


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_of_nothing_creates_what_the_capture_says(stack: str, tmp_path: Path) -> None:
    expected = estate(stack, preview=True)
    with running_engine(project_copy(tmp_path / "project", stack), stack, tmp_path) as engine:
        plan = succeeded(engine.preview()).plan
    created = {entry.urn: entry for entry in planned(plan)}

    assert set(plan.counts) == {"create"}
    assert set(created) == set(expected.by_urn)
    for urn, entry in _custom(expected.by_urn).items():
        assert _comparable(created[urn], entry) == _comparable(entry, entry), urn


def test_resources_of_two_projects_get_ids_of_their_own_project(living: Living) -> None:
    state = registrations(living.engine.state())
    projects = {entry.urn: str(entry.inputs["project"]) for entry in state if entry.type == "pulumi:providers:gcp"}
    made = [entry for entry in state if entry.cloud == "gcp"]

    assert len(projects) > 1
    assert [entry.urn for entry in made if not entry.id.startswith(f"projects/{projects[entry.provider]}/")] == []


def _by_urn(entries: Mapping[str, Registration], option: str) -> dict[str, object]:
    return {urn: getattr(entry, option) for urn, entry in entries.items()}


def _custom(entries: Mapping[str, Registration]) -> dict[str, Registration]:
    return {urn: entry for urn, entry in entries.items() if entry.custom}


def _comparable(entry: Registration, told: Registration) -> dict[str, Value]:
    """Input leaves by path; a secret is a secret, whatever it holds.

    The SDK makes secrets of whole documents, which a capture opens so that a reviewer can read them (capture.wire).
    """
    secret = {path for path, value in leaves(told.inputs) if isinstance(value, Secret)}
    assert {path for path, value in leaves(entry.inputs) if isinstance(value, Secret)} >= secret
    marked = told.additional_secret_outputs
    # The engine keeps the version of its plugin among the inputs of a provider.
    added = {"version"} if told.cloud == "pulumi" else set[str]()
    return {
        path: "secret" if path in marked or isinstance(value, Secret) else _by_source(value)
        for path, value in leaves(entry.inputs)
        if path not in added
    }


def _by_source(value: Value) -> Value:
    """The engine alone knows the digest of a file; its name holds it too."""
    return value.source if isinstance(value, Asset) else value
