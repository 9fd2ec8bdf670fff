"""The policy pack gives the same verdict inside the engine as the preview does."""

import re
from pathlib import Path

import pytest

from policies import check
from rehearsal.engine import Outcome, running_engine
from rehearsal.policy_pack import with_policies
from tests.rehearsal.engine.support import Living, captured, only, project_copy

pytestmark = pytest.mark.engine

OPENED = (("components/network/gcp_network.py", "sources=[IAP_RANGE]", 'sources=["0.0.0.0/0"]'),)


def test_the_engine_finds_all_policies_kept(living: Living) -> None:
    engine, pack = with_policies(living.engine)

    outcome = engine.run("preview", "--stack", engine.stack, "--color=never", *pack)

    assert _violated(outcome) == set(), outcome.said
    assert outcome.exit_code == 0, outcome.said


@pytest.mark.parametrize("systems", [(), ("backupVault", "devInstance")], ids=["networks alone", "with a machine"])
def test_the_engine_stops_at_a_violation_that_the_preview_finds(tmp_path: Path, systems: tuple[str, ...]) -> None:
    """At a first update, so that no address is known; who reaches a machine is told nevertheless."""
    project = project_copy(tmp_path / "project", "staging", only(*systems), OPENED)
    expected = {violation.policy for violation in check(captured(project, "staging", only(*systems), OPENED))}
    with running_engine(project, "staging", tmp_path) as engine:
        checked, pack = with_policies(engine)
        outcome = checked.run("preview", "--stack", "staging", "--color=never", *pack)

    assert ("doors_are_reached_by_whom_the_table_names" in expected) == bool(systems)
    assert outcome.exit_code != 0
    assert _violated(outcome) == expected, outcome.said


def _violated(outcome: Outcome) -> set[str]:
    return {name.replace("-", "_") for name in re.findall(r"\[mandatory\] +([a-z0-9-]+)", outcome.said)}
