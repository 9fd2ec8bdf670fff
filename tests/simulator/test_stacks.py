"""The scalings of the stack files under the workload that their maximum is sized for."""

import pytest

from settings.positions import sections
from settings.runner_fleet.section import AnyShard, Scaling
from simulator.fleet import Start, fleet_of
from simulator.outcome import Figures, figures
from simulator.shards import read_shards
from simulator.simulation import simulate
from simulator.synthetic import office_hours
from tests.support import REAL_STACKS, ROOT, STACK_FILES, STACKS

START = Start(60.0)

VMS_OF_FULL_LOAD = 50
"""A maximum that the whole of the office hours seldom reaches. A shard is taken to have its share of them."""

PIPELINE_WIDTH = 8
"""Jobs of a stage that are ready at once. A shard of fewer VMs makes them queue, whatever its scaling."""

SEEDS = (1, 2)


def told(shard: AnyShard, check_interval: float) -> Figures:
    fleet = fleet_of(shard, check_interval=check_interval, start=START)
    load = shard.max_instances / VMS_OF_FULL_LOAD
    return figures([simulate(fleet, office_hours(seed, load=load)) for seed in SEEDS], limit_seconds=120)


SHARDS = [
    pytest.param(shard, shards.check_interval, id=f"{stack}-{shard.name}")
    for stack in STACKS
    for shards in (read_shards(stack, STACK_FILES),)
    for shard in shards.shards
    if shard.max_instances > 2 * PIPELINE_WIDTH
]


def missed(shard: AnyShard, figures_told: Figures, check_interval: float) -> list[str]:
    """What of the promise is not kept. Shards that keep something idle start half of their jobs at once."""
    policies = (shard.scaling.always, *shard.scaling.schedules)
    keeps_idle = any(policy.idle_count or policy.scale_factor for policy in policies)
    bounds = {
        "p95": (figures_told.p95, START.seconds + check_interval),
        "p99": (figures_told.p99, 3 * START.seconds),
        "p50": (figures_told.p50, 5.0 if keeps_idle else START.seconds + check_interval),
        "VM hours": (figures_told.vm_hours_per_job_hour, 1.8 if keeps_idle else 1.3),
    }
    return [name for name, (value, bound) in bounds.items() if value > bound]


@pytest.mark.parametrize(("shard", "check_interval"), SHARDS)
def test_the_scaling_of_a_stack_file_still_meets_its_target(shard: AnyShard, check_interval: float) -> None:
    assert missed(shard, told(shard, check_interval), check_interval) == []


def test_a_scaling_that_makes_bursts_wait_in_line_would_miss_it() -> None:
    shards = read_shards("production", STACK_FILES)
    shard = shards.named("amd64-untrusted")
    preemptive = shard.scaling.always.model_copy(update={"idle_count": 4, "preemptive": True})
    worse = shard.model_copy(update={"scaling": Scaling(always=preemptive)})

    assert {"p95", "VM hours"} <= set(missed(worse, told(worse, shards.check_interval), shards.check_interval))


@pytest.mark.parametrize("stack", REAL_STACKS)
def test_every_shard_of_a_real_stack_file_takes_its_jobs(stack: str) -> None:
    if not sections(ROOT / f"Pulumi.{stack}.yaml").get("runnerFleet"):
        return
    shards = read_shards(stack, ROOT)
    for shard in shards.shards:
        fleet = fleet_of(shard, check_interval=shards.check_interval, start=START)

        assert simulate(fleet, office_hours(1, days=1, load=0.02)).never_started == 0, shard.name
