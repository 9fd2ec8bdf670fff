"""The registered alarms ring for what a machine really sends, after something was broken on it."""

import time
from collections.abc import Mapping

from lab.alarms import Alarm, Series, Span, Written, alarms_of, first_ring
from lab.machines.machine import LoneMachine
from lab.project import registered
from tests.machines.booted.test_trouble import METRICS

HOUR = 60


def sent(machine: LoneMachine) -> Mapping[Series, float]:
    """What the machine's own report sends now."""
    machine.cloud.bucket.sent.clear()
    machine.run("systemctl", "start", "packyard-report.service")
    return machine.cloud.bucket.sent[-1]


def named(end: str, values: Mapping[Series, float]) -> Alarm:
    """The alarm of this name on one of these series."""
    (found,) = (
        alarm
        for alarm in alarms_of(registered("staging"))
        if alarm.registration.name.endswith(end) and any(alarm.watches(series) for series in values)
    )
    return found


def rings(alarm: Alarm, *hours: Mapping[Series, float]) -> int | None:
    """After how many minutes of the last hour it rings, if each hour brings the same every minute."""
    written, begin = Written(), int(time.time()) // 60 * 60
    for number, values in enumerate(hours):
        for minute in range(number * HOUR, (number + 1) * HOUR):
            for series, value in values.items():
                written.write(series, begin + 60 * minute + 30, value)
    last = begin + 60 * HOUR * (len(hours) - 1)
    rang = first_ring(alarm, written, Span(last, last + 60 * HOUR))
    return None if rang is None else (rang - last) // 60


def test_a_converge_that_fails_for_hours_rings_and_so_does_a_machine_that_is_silent(either: LoneMachine) -> None:
    well = sent(either)
    alarm = named("-converge", well)
    assert rings(alarm, well, well) is None, "it rings while all is well"

    either.cloud.bucket.away = True
    # It last ended well three hours ago; the run that fails now must leave it at that.
    ended = f"{time.time() - 3 * 3600:.0f}"
    either.run("sed", "-i", rf"s/^\(packyard_converge_timestamp_seconds\) .*/\1 {ended}/", METRICS)
    try:
        assert not either.converge()
        wrong = sent(either)
    finally:
        either.cloud.bucket.away = False
        assert either.converge(), either.words()

    assert set(wrong) == set(well)
    assert rings(alarm, well, wrong) in range(1, 20), "it rings in time"
    assert rings(alarm, well, {}) in range(1, 20), "silence rings"
