"""What a stack lives through: failures, changes by hand, and its end. Each test breaks a copy of its own."""

from pathlib import Path

import pytest

from rehearsal.clouds import Failure, FailureKind, Operation
from rehearsal.engine import Engine, running_engine, succeeded
from rehearsal.verdict import registrations, verdict
from tests.rehearsal.engine.support import Living, branch_of, only, project_copy

pytestmark = pytest.mark.engine

HALF_WAY = 40
"""A call in the middle of the small stack's first up."""


@pytest.mark.parametrize("kind", [FailureKind.REFUSED, FailureKind.THROTTLED, FailureKind.CRASH])
def test_an_up_that_fails_half_way_is_completed_by_the_next(kind: FailureKind, tmp_path: Path) -> None:
    project = project_copy(tmp_path / "project", "staging", only())
    with running_engine(project, "staging", tmp_path) as engine:
        engine.clouds.failures.append(Failure(Operation.CREATE, HALF_WAY, kind))

        assert engine.up().exit_code != 0
        made = set(engine.clouds.resources)
        assert HALF_WAY - 1 <= len(made) < len(succeeded(engine.preview()).plan.steps)
        succeeded(engine.up())

        assert made <= set(engine.clouds.resources), "what was made is kept"
        assert _ids(engine) == set(engine.clouds.resources), "no orphan, nothing missing"
        creations = [call.urn for call in engine.clouds.calls if call.operation is Operation.CREATE]
        assert len(creations) == len(set(creations)), "no duplicate"


def test_a_named_resource_whose_creation_timed_out_is_never_made_twice(branch: Engine) -> None:
    branch.clouds.failures.append(Failure(Operation.CREATE, 1, FailureKind.TIMED_OUT, "bucket:Bucket"))
    bucket = next(entry for entry in branch.clouds.resources.values() if entry.type == "gcp:storage/bucket:Bucket")
    branch.clouds.delete_by_hand(bucket.id)
    succeeded(branch.refresh())

    first, second = branch.up(), branch.up()

    assert "did not answer in time" in first.said
    assert "already exists" in second.said
    assert sum(entry.type == bucket.type for entry in branch.clouds.resources.values()) == 1


def test_a_change_by_hand_is_found_by_refresh_and_put_right(branch: Engine) -> None:
    firewall = next(entry for entry in branch.clouds.resources.values() if entry.type.endswith(":Firewall"))
    branch.clouds.change_by_hand(firewall.id, {"priority": 1})

    assert branch.refresh("--expect-no-changes").exit_code != 0
    succeeded(branch.refresh())
    plan = verdict(succeeded(branch.preview()).plan)
    assert [(change.step.value, change.registration.kind) for change in plan.changes] == [("update", "Firewall")]
    succeeded(branch.up())

    assert branch.clouds.resources[firewall.id].properties["priority"] != 1


def test_a_deletion_by_hand_is_found_by_refresh_and_made_good(branch: Engine) -> None:
    firewall = next(entry for entry in branch.clouds.resources.values() if entry.type.endswith(":Firewall"))
    branch.clouds.delete_by_hand(firewall.id)

    succeeded(branch.refresh())
    plan = verdict(succeeded(branch.preview()).plan)

    assert [(change.step.value, change.registration.kind) for change in plan.changes] == [("create", "Firewall")]


def test_a_destroy_is_refused_before_anything_is_deleted_while_something_is_protected(branch: Engine) -> None:
    before = set(branch.clouds.resources)

    outcome = branch.destroy()

    assert outcome.exit_code != 0
    assert "protected" in outcome.said
    assert set(branch.clouds.resources) == before


def test_a_destroy_without_its_preview_deletes_nearly_all_but_the_protected(branch: Engine) -> None:
    """So nobody gives --skip-preview to a destroy (docs/rehearsal.md). What stands deepest may be left over."""
    protected = {entry.id for entry in registrations(branch.state()) if entry.protect}
    unguarded = set(branch.clouds.resources) - protected

    assert branch.destroy("--skip-preview").exit_code != 0

    left = set(branch.clouds.resources)
    assert protected <= left
    assert len(left & unguarded) < len(unguarded) / 20


@pytest.mark.parametrize("living", ["staging"], indirect=True)
def test_an_up_without_a_component_that_holds_something_protected_changes_nothing(
    living: Living, tmp_path: Path
) -> None:
    with branch_of(living, tmp_path, only("packageServer")) as engine:
        before = set(engine.clouds.resources)

        outcome = engine.run("up", "--stack", engine.stack, "--yes", "--color=never")

        assert outcome.exit_code != 0
        assert "protected" in outcome.said
        assert set(engine.clouds.resources) == before


@pytest.mark.parametrize("living", ["staging"], indirect=True)
def test_an_unprotected_staging_can_be_destroyed(living: Living, tmp_path: Path) -> None:
    with branch_of(living, tmp_path, {"estate.protected": False}, checkpoints=False) as engine:
        succeeded(engine.up())
        succeeded(engine.destroy())

        assert engine.clouds.resources == {}
        assert registrations(engine.state()) == ()


def _ids(engine: Engine) -> set[str]:
    return {entry.id for entry in registrations(engine.state()) if entry.custom and entry.cloud != "pulumi"}
