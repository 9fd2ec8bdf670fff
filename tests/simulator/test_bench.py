"""`make bench-fleet`, small: every scaling under every workload, and none below what is possible."""

import json
from dataclasses import replace

import pytest

from simulator.bench import CHECK_INTERVAL, MAXIMUM, START, least_nightly, main
from simulator.elsewhere import ELSEWHERE
from simulator.fleet import Fleet
from simulator.outcome import figures
from simulator.simulation import simulate
from simulator.synthetic import nightly
from tests.simulator.building import policy

SEEDS = (1, 2)


def test_every_scaling_is_told_under_every_workload(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--budget", "1", "--runs", "1", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    pairs = {(row["workload"], row["policy"]) for row in told["rows"]}
    assert len(pairs) == len(told["rows"]) == 3 * (2 + len(ELSEWHERE))
    assert told["secondsOf100000Jobs"] < 60


@pytest.mark.parametrize("uses", [1, 20])
def test_a_nightly_without_a_pool_comes_within_a_tick_for_each_round_of_the_least(uses: int) -> None:
    fleet = Fleet((policy(),), max_instances=MAXIMUM, max_use_count=uses, check_interval=CHECK_INTERVAL, start=START)

    told = figures([simulate(fleet, nightly(seed)) for seed in SEEDS], limit_seconds=120)

    rounds = nightly(1).jobs / MAXIMUM
    for measured, least in zip((told.p50, told.p95, told.p99), least_nightly(uses, SEEDS), strict=True):
        assert least <= measured + CHECK_INTERVAL
        assert measured <= least + 2 * CHECK_INTERVAL * rounds


def test_what_the_comparison_calls_a_vm_for_each_job_waits_for_each() -> None:
    (plain,) = (other for other in ELSEWHERE if other.max_use_count == 1 and other.policies[0].idle_count == 0)
    fleet = Fleet(plain.policies, max_instances=MAXIMUM, max_use_count=1, start=START)

    outcome = simulate(replace(fleet, max_instances=400), nightly(1))

    assert set(outcome.waits) == {START.seconds}
