"""The search finds what meets a target, and says when nothing does."""

import json
from dataclasses import replace

import pytest
import yaml

from settings.runner_fleet.section import Scaling
from simulator.choice import Choice, Hours, Idle
from simulator.fleet import Fleet, Start
from simulator.outcome import figures
from simulator.recommend import Target, recommend
from simulator.simulation import simulate
from simulator.stack_lines import stack_lines
from simulator.synthetic import office_hours
from tests.simulator.building import policy

FLEET = Fleet((policy(),), max_instances=40, start=Start(60.0))
WORKLOADS = [office_hours(1, days=1)]
TARGET = Target(p50=10.0, p95=63.0)
BUDGET = 60


def test_what_is_recommended_meets_the_target_for_less_than_a_constant_pool() -> None:
    found = recommend(FLEET, WORKLOADS, TARGET, limit_seconds=120.0, budget=BUDGET)

    again = figures(
        [simulate(replace(FLEET, policies=found.policies), workload) for workload in WORKLOADS], limit_seconds=120.0
    )
    pool = figures(
        [simulate(replace(FLEET, policies=(policy(5),)), workload) for workload in WORKLOADS], limit_seconds=120.0
    )
    assert found.best.excess == 0
    assert again.p50 <= 10.0
    assert again.p95 <= 63.0
    assert pool.p50 <= 10.0
    assert again.vm_hours_per_job_hour < 0.9 * pool.vm_hours_per_job_hour
    assert all(tried.rank >= found.best.rank for tried in found.tried)
    assert len(found.tried) + found.drawn <= 2 * BUDGET


def test_the_same_question_gets_the_same_answer() -> None:
    answers = [recommend(FLEET, WORKLOADS, TARGET, limit_seconds=120.0, budget=30).best.choice for _ in range(2)]

    assert answers[0] == answers[1]


def test_a_target_that_nothing_meets_is_told_by_what_it_is_missed() -> None:
    found = recommend(FLEET, WORKLOADS, Target(p99=1.0), limit_seconds=120.0, budget=20)

    assert found.best.excess > 0


def test_no_choice_keeps_more_idle_than_the_group_may_have() -> None:
    found = recommend(replace(FLEET, max_instances=3), WORKLOADS, TARGET, limit_seconds=120.0, budget=40)

    assert max(tried.choice.largest() for tried in found.tried) <= 3


@pytest.mark.parametrize(
    "choice",
    [
        Choice(),
        Choice(Idle(0, 0.5, 8), (Hours(9, 17, Idle(4)), Hours(11, 15, Idle(5, 2.0, 6))), 90, timezone="Europe/London"),
        Choice(Idle(3), preemptive=True),
    ],
)
def test_the_lines_for_a_stack_file_say_what_was_simulated(choice: Choice) -> None:
    lines = stack_lines(choice.scaling())

    read = Scaling.model_validate_json(yaml_as_json(lines))
    assert read == choice.scaling()


def yaml_as_json(text: str) -> str:
    return json.dumps(yaml.safe_load(text)["scaling"])


def test_every_step_of_the_search_is_one_that_a_stack_file_may_say() -> None:
    choices = [Choice(), Choice(Idle(0, 0.5, 8), (Hours(0, 0, Idle(0, 0.25, 1)),))]
    for choice in choices:
        steps = list(choice.steps())
        for step in steps:
            scaling = step.scaling()
            for entry in (scaling.always, *scaling.schedules):
                assert (entry.scale_factor > 0) == (entry.scale_factor_limit > 0)
        assert choice not in steps
