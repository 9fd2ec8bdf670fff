"""The documented scaling of GitLab Runner, a rule at a time."""

import math
import time
from dataclasses import replace

import pytest

from settings.runner_fleet.runner_config import Policy
from simulator.fleet import Fleet, Start, Throttle
from simulator.outcome import Outcome, figures
from simulator.simulation import simulate
from simulator.synthetic import office_hours
from tests.simulator.building import at_once, one_by_one, policy

BOOT, TICK = 60.0, 3.0
HOUR = 3600.0


def fleet(*policies: Policy, most: int = 100, uses: int = 1) -> Fleet:
    return Fleet(policies, max_instances=most, max_use_count=uses, check_interval=TICK, start=Start(BOOT))


def test_without_idle_vms_every_job_of_a_burst_waits_for_one_start() -> None:
    outcome = simulate(fleet(policy()), at_once(60, 240.0))

    assert set(outcome.waits) == {BOOT}
    assert outcome.vm_seconds == 60 * (BOOT + 240.0)


@pytest.mark.parametrize(("jobs", "idle"), [(60, 5), (59, 5), (30, 7)])
def test_a_preemptive_burst_waits_in_line_for_the_idle_vms_of_one_start_after_another(jobs: int, idle: int) -> None:
    """The closed form: the idle VMs take their share at once, and each start brings as many again."""
    outcome = simulate(fleet(policy(idle, preemptive=True)), at_once(jobs, 240.0, start=600.0, until=2 * HOUR))

    assert outcome.waits[-1] == (math.ceil(jobs / idle) - 1) * BOOT


def test_without_preemption_the_idle_vms_take_their_share_and_the_rest_waits_for_one_start() -> None:
    outcome = simulate(fleet(policy(5)), at_once(60, 240.0, start=600.0))

    assert outcome.waits == (0.0,) * 5 + (BOOT,) * 55


def test_a_preemptive_manager_without_idle_vms_takes_no_job_at_all() -> None:
    outcome = simulate(fleet(policy(0, preemptive=True)), at_once(3, 60.0))

    assert outcome.never_started == 3


def test_jobs_are_taken_at_ticks_alone() -> None:
    outcome = simulate(fleet(policy(1)), at_once(1, 60.0, start=601.0))

    assert outcome.waits == (2.0,)


def test_an_idle_vm_goes_after_its_idle_time_and_is_paid_until_then() -> None:
    outcome = simulate(fleet(policy(idle_time="90s"), uses=0), at_once(1, 240.0))

    assert outcome.vm_seconds == BOOT + 240.0 + 90.0


def test_a_vm_serves_as_many_jobs_as_its_use_count() -> None:
    starts, lengths = [0.0, 300.0, 600.0], [60.0, 60.0, 60.0]

    outcome = simulate(fleet(policy(idle_time="20m"), uses=2), one_by_one(starts, lengths, HOUR))

    assert outcome.waits == (0.0, BOOT, BOOT)


def test_the_scale_factor_keeps_idle_vms_in_proportion_up_to_its_limit() -> None:
    generous = simulate(fleet(policy(factor=0.5, limit=10)), at_once(40, 1800.0))
    limited = simulate(fleet(policy(factor=0.5, limit=4)), at_once(40, 1800.0))

    assert (generous.peak, limited.peak) == (50, 44)


def test_a_vm_with_room_for_several_jobs_takes_them() -> None:
    outcome = simulate(replace(fleet(policy(), uses=0), capacity=4), at_once(10, 240.0))

    assert outcome.peak == 3
    assert set(outcome.waits) == {BOOT}


def test_of_several_policies_that_hold_the_last_counts_in_its_own_time_zone() -> None:
    tokyo = policy(3, periods=("* 9-17 * * mon-fri",), timezone="Asia/Tokyo")
    jobs = at_once(3, 60.0, start=10 * HOUR, until=12 * HOUR)

    assert simulate(fleet(policy(), replace_timezone(tokyo, "UTC")), jobs).waits == (0.0, 0.0, 0.0)
    assert simulate(fleet(policy(), tokyo), jobs).waits == (BOOT, BOOT, BOOT)
    assert simulate(fleet(tokyo, policy()), jobs).waits == (BOOT, BOOT, BOOT)


def replace_timezone(changed: Policy, timezone: str) -> Policy:
    return changed.model_copy(update={"timezone": timezone})


def test_idle_vms_of_a_schedule_are_up_one_start_after_its_first_minute() -> None:
    scheduled = fleet(policy(), policy(2, periods=("* 9 * * *",)))

    early = simulate(scheduled, at_once(2, 60.0, start=9 * HOUR + BOOT - TICK, until=12 * HOUR))
    ready = simulate(scheduled, at_once(2, 60.0, start=9 * HOUR + BOOT, until=12 * HOUR))

    assert (early.waits, ready.waits) == ((TICK, TICK), (0.0, 0.0))


def test_the_maximum_is_never_exceeded_and_is_told() -> None:
    outcome = simulate(fleet(policy(), most=10, uses=0), at_once(25, 240.0))

    assert outcome.peak == 10
    assert outcome.maximum_reached
    assert outcome.waits == (BOOT,) * 10 + (BOOT + 240.0,) * 10 + (BOOT + 480.0,) * 5
    assert not simulate(fleet(policy(), most=25), at_once(25, 240.0)).maximum_reached


def test_vms_that_are_being_deleted_count_against_the_maximum() -> None:
    slow = replace(fleet(policy(), most=10), deletion_seconds=30.0)

    outcome = simulate(slow, at_once(20, 240.0))

    assert outcome.waits[-1] == BOOT + 240.0 + 30.0 + BOOT


def test_a_throttle_lets_vms_through_by_its_rate_after_its_burst() -> None:
    throttled = replace(fleet(policy()), throttle=Throttle(per_second=1.0, burst=10))

    outcome = simulate(throttled, at_once(40, 240.0))

    assert outcome.waits[:10] == (BOOT,) * 10
    assert outcome.waits[-1] == pytest.approx(BOOT + 30.0, abs=TICK)


def test_a_job_that_was_taken_fails_when_no_vm_comes_within_the_acquire_timeout() -> None:
    slow = replace(fleet(policy()), start=Start(1200.0), acquire_timeout=900.0)

    assert simulate(slow, at_once(4, 60.0, until=2 * HOUR)).timed_out == 4
    assert simulate(replace(slow, acquire_timeout=1300.0), at_once(4, 60.0, until=2 * HOUR)).timed_out == 0


def test_a_job_whose_spot_vm_is_taken_back_runs_again_from_its_beginning() -> None:
    spot = replace(fleet(policy()), spot_losses_per_hour=1.0)

    outcome = simulate(spot, at_once(200, 1800.0, until=12 * HOUR), seed=1)

    # A VM that got a job outlives it with probability exp(-1/2).
    assert outcome.job_seconds == 200 * 1800.0
    assert len(outcome.waits) == 200 + outcome.lost
    assert outcome.lost == pytest.approx(200 * (math.exp(0.5) - 1), rel=0.25)


def test_starts_that_vary_have_the_mean_that_was_given() -> None:
    varied = replace(fleet(policy(), most=1000), start=Start(60.0, deviation=20.0))

    waits = simulate(varied, at_once(1000, 60.0), seed=3).waits

    assert sum(waits) / len(waits) == pytest.approx(60.0 + TICK / 2, rel=0.03)
    assert waits[0] < 40.0 < 90.0 < waits[-1]


def test_a_seed_gives_the_same_run_again_and_another_seed_another() -> None:
    spot = replace(fleet(policy(2)), spot_losses_per_hour=0.5, start=Start(60.0, deviation=10.0))

    def run(seed: int) -> Outcome:
        return simulate(spot, office_hours(1, days=1), seed)

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_every_job_ends_and_no_vm_is_paid_for_less_than_its_jobs() -> None:
    workload = office_hours(5)

    outcome = simulate(fleet(policy(2, factor=0.5, limit=10), most=40), workload)

    assert len(outcome.waits) == workload.jobs
    assert outcome.job_seconds == pytest.approx(workload.job_seconds)
    assert outcome.vm_seconds > outcome.job_seconds


def test_figures_of_several_runs_are_those_of_all_their_jobs() -> None:
    nothing = Outcome((), 3600.0, 3600.0, never_started=0, timed_out=0, lost=0, peak=3, maximum_reached=False)
    quick = replace(nothing, waits=(0.0, 1.0, 2.0), vm_seconds=7200.0)
    slow = replace(nothing, waits=(10.0, 200.0), lost=1, peak=5, maximum_reached=True)

    told = figures([quick, slow], limit_seconds=60.0, price=0.5)

    assert (told.p50, told.longest, told.late_share) == (2.0, 200.0, 0.2)
    assert (told.vm_hours_per_job_hour, told.cost, told.cost_per_job_hour) == (1.5, 1.5, 0.75)
    assert (told.lost, told.peak, told.maximum_reached) == (1, 5, True)


def test_a_hundred_thousand_jobs_take_less_than_a_minute() -> None:
    workload = office_hours(1, days=94)
    assert workload.jobs > 70_000

    began = time.process_time()
    simulate(fleet(policy(2, factor=0.5, limit=10), most=40), workload)

    assert time.process_time() - began < 60 * workload.jobs / 100_000
