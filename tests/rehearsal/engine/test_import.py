"""What exists already is taken over as docs/operations.md says, and only where it is what the program says."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rehearsal.clouds import CloudResource, Operation, SimulatedClouds
from rehearsal.engine import Engine, Outcome, running_engine, succeeded
from rehearsal.verdict import registrations
from tests.rehearsal.engine.support import Edits, Living, only, project_copy

pytestmark = pytest.mark.engine

ZONE = "gcp:dns/managedZone:ManagedZone"
REGISTERED = ("components/dns/__init__.py", "opts=self.stateful(),")


def taking_over(zone: CloudResource) -> Edits:
    """The edit of docs/operations.md."""
    file, before = REGISTERED
    return [
        (
            file,
            before,
            f'opts=pulumi.ResourceOptions.merge(self.stateful(), pulumi.ResourceOptions(import_="{zone.id}")),',
        )
    ]


@contextmanager
def before_the_first_up(small: Living, folder: Path) -> Generator[tuple[Engine, CloudResource]]:
    """A stack that does not exist yet, in clouds where somebody has made the zone; its program takes it over."""
    (zone,) = (entry for entry in small.engine.clouds.document() if entry.get("type") == ZONE)
    clouds = SimulatedClouds.of([zone])
    project = project_copy(folder / "project", "staging", only(), taking_over(clouds.resources[zone["id"]]))
    with running_engine(project, "staging", folder, clouds, checkpoints=False) as engine:
        yield engine, clouds.resources[zone["id"]]


def steps_of_the_zone(outcome: Outcome) -> list[tuple[str, tuple[str, ...]]]:
    """What the engine would do with it, and what differs."""
    return [
        (step.operation, step.differing)
        for step in succeeded(outcome).plan.steps
        if step.urn.rpartition("::")[0].endswith(ZONE)
    ]


def test_what_exists_is_taken_over_and_then_is_one_of_the_stack(small: Living, tmp_path: Path) -> None:
    with before_the_first_up(small, tmp_path) as (engine, zone):
        assert steps_of_the_zone(engine.preview()) == [("import", ())]

        succeeded(engine.up())

        assert [entry.id for entry in registrations(engine.state()) if entry.type == ZONE] == [zone.id]
        touched = [call.operation for call in engine.clouds.calls if ZONE in call.urn]
        assert Operation.CREATE not in touched
        assert Operation.UPDATE not in touched
        without_option = project_copy(tmp_path / "after", "staging", only())
        succeeded(engine.on(without_option).preview("--expect-no-changes"))


def test_what_differs_shows_before_as_an_update_of_what_is_imported(small: Living, tmp_path: Path) -> None:
    """The engine would import it and then write over it, so a preview must show the import alone."""
    with before_the_first_up(small, tmp_path) as (engine, zone):
        engine.clouds.change_by_hand(zone.id, {"description": "made by hand"})

        steps = steps_of_the_zone(engine.preview())

        assert [operation for operation, _ in steps] == ["import", "update"]
        assert steps[1][1] == ("description",)
        assert engine.clouds.resources[zone.id].properties["description"] == "made by hand"


def test_what_exists_is_in_the_way_of_a_program_that_does_not_take_it_over(small: Living, tmp_path: Path) -> None:
    with before_the_first_up(small, tmp_path) as (engine, zone):
        outcome = engine.on(project_copy(tmp_path / "plain", "staging", only())).up()

        assert "already exists" in outcome.said
        assert [entry.id for entry in engine.clouds.resources.values() if entry.type == ZONE] == [zone.id]
