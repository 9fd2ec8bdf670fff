"""Periods and time zones are judged by what they mean."""

from datetime import datetime, timedelta

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.runner_fleet.periods import cron_period, hold_always, holds, known_time_zone
from tests.support import faults_of


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/London",
        "America/Port-au-Prince",
        "America/Argentina/Buenos_Aires",
        "Etc/GMT+5",
        "UTC",
        "America/North_Dakota/New_Salem",
    ],
)
def test_every_name_of_the_database_is_a_time_zone(zone: str) -> None:
    assert known_time_zone(zone) == zone


@pytest.mark.parametrize(
    "zone", ["Europe/Lodnon", "europe/london", "Mars/Olympus", "localtime", "", "../passwd", "CEST"]
)
def test_no_other_name_is(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        known_time_zone(zone)


def test_a_misspelt_zone_gets_a_suggestion_at_its_place() -> None:
    schedule = {"periods": ["* 8-17 * * *"], "timezone": "Europe/Lodnon", "idleCount": 1, "idleSeconds": 60}

    (fault,) = faults_of("staging", {"runnerFleet.shards.0.scaling.schedules": [schedule | {"preemptive": False}]})

    assert fault.path[-1] == "timezone"
    assert "did you mean Europe/London?" in fault.wrong


@pytest.mark.parametrize("period", ["* 8-17 * * mon-fri", "*/15 0,6 1-7 jan-mar 7", "0 0 29 2 *", "0 22 * * sat,sun"])
def test_a_period_that_cron_reads_is_accepted(period: str) -> None:
    assert cron_period(period) == period


@pytest.mark.parametrize(
    "period",
    [
        *("61 25 32 13 funday", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * * abc"),
        *("* 17-8 * * mon-fri", "* * * * fri-mon", "*/0 * * * *", "* * * *", "* * * * * *", "@daily", "* * L * *"),
        *("* * * * 1#2", "* * 15W * *", "", "*  * * * *", "* * 31 2 *"),
    ],
)
def test_a_period_that_cron_does_not_read_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match="cron"):
        cron_period(period)


ALWAYS = (
    *(["* * * * *"], ["*/1 * * * *"], ["0-59 0-23 1-31 1-12 0-6"], ["* * * * sun-sat"], ["0-29,30-59 * * jan-dec *"]),
    *(["* 0-11 * * *", "* 12-23 * * *"], ["* * * * mon-fri", "* * * * sat,sun"], ["* * 1-15 * *", "* * 16-31 * *"]),
)


@pytest.mark.parametrize("periods", ALWAYS, ids="|".join)
def test_always_is_seen_in_whatever_way_it_is_said(periods: list[str]) -> None:
    schedule = {"periods": periods, "timezone": "UTC", "idleCount": 1, "idleSeconds": 60, "preemptive": False}

    (fault,) = faults_of("staging", {"runnerFleet.shards.0.scaling.schedules": [schedule]})

    assert fault.path[-1] == "periods"
    assert "hides the policy" in fault.wrong


@settings(deadline=None)
@given(st.integers(1, 59), st.integers(0, 23))
def test_a_period_with_a_minute_left_out_is_not_always(minute: int, hour: int) -> None:
    others = ",".join(str(other) for other in range(24) if other != hour)

    assert not hold_always([f"0-{minute - 1} * * * *", f"* {others} * * *"])
    assert hold_always([f"{minute - 1}-59 * * * *", f"0-{minute} * * * *"])


@pytest.mark.parametrize(
    "periods", [["* * 1-30 * *"], ["* * * 1-11 *"], ["* * * * mon-sat"], ["* * 1-28 2 *", "* * * 1,3-12 *"]]
)
def test_a_day_left_out_is_seen(periods: list[str]) -> None:
    assert not hold_always(periods)


ITEMS = {minutes: st.integers(0, minutes - 1) for minutes in (60, 24)}


@given(
    minute=st.one_of(st.just("*"), ITEMS[60].map(str)),
    hours=st.one_of(st.just("*"), st.tuples(ITEMS[24], ITEMS[24]).map(lambda two: f"{min(two)}-{max(two)}")),
    weekday=st.sampled_from(["*", "mon-fri", "sat,sun", "7"]),
    day=st.sampled_from(["*", "1-7", "29"]),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0)),
)
@settings(max_examples=200)
def test_a_period_holds_in_the_minutes_that_a_cron_would_run_in(
    minute: str, hours: str, weekday: str, day: str, at: datetime
) -> None:
    period = f"{minute} {hours} {day} * {weekday}"

    assert holds(period, at) == (next(CronSim(period, at - timedelta(minutes=1))) == at)
