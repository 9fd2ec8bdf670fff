"""Spans of the week, which begins anew at its end: maintenance windows, and the jobs that must not begin in one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from settings.faults import Fault, Path, disagreement
from settings.machine.section import MaintenanceWindow, Weekday

MINUTES_OF_DAY = 24 * 60
MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY


@dataclass(frozen=True)
class Span:
    """A part of the week. Its end is the first minute that is outside; it may lie in the next week."""

    start: int
    """Minutes since Monday, 00:00 UTC."""
    minutes: int

    def holds(self, minute: int) -> bool:
        """Whether a minute of the week is inside."""
        return (minute - self.start) % MINUTES_OF_WEEK < self.minutes

    def overlaps(self, other: "Span") -> bool:
        """Whether any minute is inside of both."""
        return self.holds(other.start) or other.holds(self.start)


def window_span(window: MaintenanceWindow) -> Span:
    """When converge may interrupt a service."""
    return Span(minute_of_week(window.day, window.start), window.minutes)


def minute_of_day(time: str) -> int:
    """Minutes since midnight."""
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def minute_of_week(day: Weekday, time: str) -> int:
    """Minutes since Monday, 00:00."""
    return list(Weekday).index(day) * MINUTES_OF_DAY + minute_of_day(time)


def every_day(time: str) -> tuple[int, ...]:
    """The minutes of the week of a daily job."""
    return tuple(minute_of_week(day, time) for day in Weekday)


def jobs_begin_outside(
    window: MaintenanceWindow, place: Path, host: str, jobs: Mapping[Path, tuple[int, ...]]
) -> Iterator[Fault]:
    """A fault for every job that begins where converge may interrupt what it needs, or the other way round.

    `place` is that of the window in the file. `jobs` has the minutes of the week at which a job begins, by the place of
    its time. How long a job lasts nobody knows before; one that begins well before a window has that time.
    """
    span = window_span(window)
    for path, minutes in jobs.items():
        if any(map(span.holds, minutes)):
            yield disagreement(
                path,
                place,
                f"begins in the maintenance window of {host} ({window.day} {window.start}, {window.minutes} minutes),"
                " in which what it needs may be interrupted",
            )
