"""Windows and jobs are spans of a week that begins anew at its end."""

from datetime import UTC, datetime, timedelta

import pytest
from converge import in_window
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.machine.section import MaintenanceWindow, Weekday
from settings.machine.week import MINUTES_OF_WEEK, Span, window_span
from tests.support import faults_of

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)

TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


def a_window(day: Weekday, start: str, minutes: int) -> MaintenanceWindow:
    return MaintenanceWindow(day=day, start=start, minutes=minutes)


WINDOWS = st.builds(a_window, st.sampled_from(Weekday), TIMES, st.integers(15, 480))


@given(WINDOWS, st.integers(0, MINUTES_OF_WEEK - 1))
def test_a_window_holds_the_minutes_in_which_converge_interrupts(window: MaintenanceWindow, minute: int) -> None:
    told = window.model_dump(mode="json")

    assert window_span(window).holds(minute) is in_window(told, MONDAY + timedelta(minutes=minute))


@settings(deadline=None)
@given(WINDOWS, WINDOWS)
def test_two_windows_overlap_where_they_share_a_minute(first: MaintenanceWindow, second: MaintenanceWindow) -> None:
    one, other = window_span(first), window_span(second)
    shared = any(other.holds(minute) for minute in range(one.start, one.start + one.minutes))

    assert one.overlaps(other) is other.overlaps(one) is shared


def test_windows_that_touch_share_nothing() -> None:
    assert not Span(0, 60).overlaps(Span(60, 60))
    assert Span(MINUTES_OF_WEEK - 30, 60).overlaps(Span(0, 15))


def window(day: str, start: str, minutes: int) -> dict[str, object]:
    return {"day": day, "start": start, "minutes": minutes}


def places(changes: dict[str, object]) -> list[str]:
    return [".".join(map(str, fault.path)) for fault in faults_of("staging", changes)]


@pytest.mark.parametrize(
    ("gcp", "aws", "wrong"),
    [
        (window("Tue", "22:00", 480), window("Wed", "02:00", 120), True),
        (window("Sun", "22:00", 480), window("Mon", "02:00", 120), True),
        (window("Mon", "02:30", 60), window("Sun", "21:00", 480), True),
        (window("Tue", "21:00", 240), window("Wed", "02:00", 120), False),
    ],
)
def test_the_hosts_of_a_pair_are_never_interrupted_at_once(
    gcp: dict[str, object], aws: dict[str, object], wrong: object
) -> None:
    at_other_hours = {
        "databasePair.schedule": {
            "full": {"day": "Sat", "start": "12:00"},
            "differential": "12:00",
            "verify": "14:00",
            "restoreDrill": {"day": "Fri", "start": "16:00"},
        }
    }
    windows = {"databasePair.gcp.maintenanceWindow": gcp, "databasePair.aws.maintenanceWindow": aws}

    assert places({**at_other_hours, **windows}) == (["databasePair.aws.maintenanceWindow"] if wrong else [])


DRILL = "databasePair.schedule.restoreDrill"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"databasePair.schedule.verify": "04:59"}, "databasePair.schedule.verify"),
        ({"databasePair.schedule.differential": "03:00"}, "databasePair.schedule.differential"),
        ({"databasePair.schedule.full": {"day": "Thu", "start": "03:30"}}, "databasePair.schedule.full"),
        (
            {"databasePair.schedule.restoreDrill": {"day": "Tue", "start": "03:30"}},
            "databasePair.schedule.restoreDrill",
        ),
        (
            {"databasePair.schedule.restoreDrill": {"day": "Wed", "start": "03:30"}},
            "databasePair.schedule.restoreDrill",
        ),
        ({"packageServer.backupTime": "04:00"}, "packageServer.backupTime"),
        ({"packageServer.machine.maintenanceWindow": window("Mon", "23:00", 240)}, "packageServer.backupTime"),
        ({"devInstance.machine.maintenanceWindow": window("Sat", "04:00", 60)}, "devInstance.backup.time"),
        ({"devInstance.machine.maintenanceWindow": window("Sun", "23:30", 480)}, "devInstance.nightlyUpgrade.time"),
    ],
)
def test_no_job_begins_where_its_host_may_be_interrupted(changes: dict[str, object], place: str) -> None:
    assert place in places(changes)


def test_a_job_may_begin_when_a_window_ends() -> None:
    assert places({"databasePair.schedule.verify": "05:00"}) == []
    assert places({"packageServer.backupTime": "06:00"}) == []
