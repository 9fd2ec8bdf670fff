"""What a change would do to a stack that is up: the expected steps, and the same ones in preview and engine."""

from pathlib import Path

import pytest

from capture.wire import SECRET_BY_SDK
from preview.compare import Comparison, Step, compare
from rehearsal.verdict import faults, verdict
from tests.rehearsal.engine.scenarios import SCENARIOS, Scenario
from tests.rehearsal.engine.support import Living, captured, project_copy
from tests.support import estate

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_change_takes_the_expected_steps(living: Living, scenario: Scenario, tmp_path: Path) -> None:
    stack = living.engine.stack
    settings = scenario.settings(stack)
    project = project_copy(tmp_path / "project", stack, settings, scenario.edits)

    outcome = living.engine.on(project).preview()
    engine = verdict(outcome.plan, living.engine.clouds.compared)
    preview = compare(estate(stack), captured(project, stack, settings, scenario.edits))

    refusals = faults(outcome.plan)
    assert bool(refusals) == scenario.refused, outcome.stderr
    if scenario.refused:
        assert all("protect" in refusal for refusal in refusals), refusals
        assert _steps(engine) <= _steps(preview), "the engine stops at the first thing that it refuses"
        lost = {change.registration.name for change in preview.changes if change.registration.protect}
        assert {refusal.partition(":")[0] for refusal in refusals} <= lost
    else:
        assert _steps(engine) == _steps(preview)
        assert _renames(engine) == _renames(preview)
        assert _document_fields(engine) == _document_fields(preview)
    _meets(scenario, preview)


def _meets(scenario: Scenario, comparison: Comparison) -> None:
    steps = _steps(comparison)
    if scenario.only_below:
        assert {step for step, _ in steps} == {kind for kind, _ in scenario.only_below}

        assert [
            step for step in steps if not any(step[0] is kind and text in step[1] for kind, text in scenario.only_below)
        ] == []
    elif not scenario.refused:
        assert {(step, urn.rpartition("$")[2]) for step, urn in steps} == scenario.expected
    if scenario.renames_below:
        assert comparison.renames
        assert all(scenario.renames_below in rename.old_urn for rename in comparison.renames)
    assert bool(comparison.losses) == scenario.refused


def _steps(comparison: Comparison) -> set[tuple[Step, str]]:
    return {(change.step, change.registration.urn) for change in comparison.changes}


def _document_fields(comparison: Comparison) -> set[tuple[str, str]]:
    """Places in documents that differ, of those that the engine masks."""
    return {
        (change.registration.urn, found.path)
        for change in comparison.of(Step.UPDATE)
        if change.registration.type in SECRET_BY_SDK
        for found in change.properties
    }


def _renames(comparison: Comparison) -> set[tuple[str, str]]:
    return {(rename.old_urn, rename.registration.urn) for rename in comparison.renames}
