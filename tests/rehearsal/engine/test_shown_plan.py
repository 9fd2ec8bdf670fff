"""`up` does what was shown: the engine holds itself to a plan, and a plan that is another one is refused before it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from preview.shown_plan import differences, shown
from rehearsal.engine import Engine, Outcome, running_engine, succeeded
from tests.rehearsal.engine.support import Living, branch_of, change_stack_file, grown, only, project_copy

pytestmark = pytest.mark.engine

PAIR = {"databasePair.gcp.dataDiskGiB": 2000, "databasePair.aws.dataDiskGiB": 2000}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Generator[Living]:
    """Staging with the database pair, up once, with the engine as a pipeline runs it: no experimental features."""
    settings = only("databasePair", "backupVault")
    with grown("staging", tmp_path_factory.mktemp("pair"), settings) as stack_that_lives:
        yield stack_that_lives


def planned(engine: Engine, plan: Path) -> Outcome:
    return succeeded(engine.run("preview", "--stack", engine.stack, "--json", "--save-plan", str(plan)))


def up(engine: Engine, plan: Path) -> Outcome:
    return engine.run("up", "--stack", engine.stack, "--yes", "--skip-preview", "--plan", str(plan))


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_whole_stack_comes_up_by_its_plan_and_the_next_plan_is_empty(stack: str, tmp_path: Path) -> None:
    project = project_copy(tmp_path / "project", stack)
    with running_engine(project, stack, tmp_path, checkpoints=False) as engine:
        first = planned(engine, tmp_path / "plan")
        again = planned(engine, tmp_path / "again")
        assert list(differences(shown(first.plan, stack), shown(again.plan, stack))) == [], "a plan repeats itself"

        succeeded(up(engine, tmp_path / "again"))

        assert shown(planned(engine, tmp_path / "empty").plan, stack).steps == ()
        succeeded(up(engine, tmp_path / "empty"))


def test_a_change_is_made_by_its_plan(pair: Living, tmp_path: Path) -> None:
    with branch_of(pair, tmp_path, PAIR) as engine:
        assert shown(planned(engine, tmp_path / "plan").plan, "staging").steps

        succeeded(up(engine, tmp_path / "plan"))

        assert shown(planned(engine, tmp_path / "empty").plan, "staging").steps == ()


def test_the_engine_does_nothing_that_is_not_in_the_plan(pair: Living, tmp_path: Path) -> None:
    with branch_of(pair, tmp_path) as engine:
        planned(engine, tmp_path / "plan")
        before = engine.clouds.document()
        change_stack_file(engine.project / "Pulumi.staging.yaml", PAIR)

        outcome = up(engine, tmp_path / "plan")

        assert outcome.exit_code != 0
        assert "violates plan" in outcome.said
        assert engine.clouds.document() == before


@pytest.mark.parametrize("other", [dict.fromkeys(PAIR, 2001), {}], ids=["other values", "nothing"])
def test_a_plan_with_other_steps_or_values_is_told(pair: Living, tmp_path: Path, other: dict[str, object]) -> None:
    with branch_of(pair, tmp_path, PAIR) as engine:
        was = shown(planned(engine, tmp_path / "plan").plan, "staging")
    later = tmp_path / "later"
    later.mkdir()
    with branch_of(pair, later, other) as engine:
        now = shown(planned(engine, later / "plan").plan, "staging")

    assert list(differences(was, now))


def test_what_others_did_in_between_is_told(pair: Living, tmp_path: Path) -> None:
    """Somebody else's `up` of a part: the steps that are left are not the ones that were shown."""
    with branch_of(pair, tmp_path, PAIR) as engine:
        was = shown(planned(engine, tmp_path / "plan").plan, "staging")
        urn = next(urn for operation, urn in was.steps if operation == "update")
        succeeded(engine.up("--target", urn))
        now = shown(planned(engine, tmp_path / "plan").plan, "staging")

    assert any("was shown and would not be done" in sentence for sentence in differences(was, now))
