"""When a policy of a runner holds: cron periods, read by a cron parser, and time zones of the IANA database."""

import difflib
import re
import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache

from cronsim import CronSim, CronSimError

CATCH_ALL_PERIOD = "* * * * *"
"""A period that always matches. Without one, idle_count and idle_time are 0 outside all periods, and a VM can be killed
in the middle of a job (gitlab#552226)."""

NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
"""Names that some systems list although they mean another zone on each machine, or none."""

FIRST_DAY = date(2000, 1, 1)
CALENDAR_DAYS = 28 * 365 + 7
"""The calendar repeats itself after 28 years, so every day of a month falls on every weekday in them."""


EVERY_MINUTE = set(range(24 * 60))

ITEM = r"(\*|[0-9]{1,2}|[a-z]{3})(-([0-9]{1,2}|[a-z]{3}))?(/[0-9]{1,2})?"
FIVE_FIELDS = re.compile(rf"{ITEM}(,{ITEM})*( {ITEM}(,{ITEM})*){{4}}")
"""Numbers, names, ranges, lists and steps, which all cron parsers read alike; no L, W, # or @daily."""


def known_time_zone(value: str) -> str:
    """A check for a name of the IANA database, whose names change: those of this system or of the package tzdata."""
    known = _time_zones()
    if value not in known:
        close = difflib.get_close_matches(value, sorted(known), n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"{value!r} is no time zone of the IANA database{meant}")
    return value


def cron_period(value: str) -> str:
    """A check for the five fields of a cron period. Its shape alone would let 61 minutes and Funday through."""
    _read(value)
    return value


def hold_always(periods: Iterable[str]) -> bool:
    """Whether there is no minute that none of the periods holds, in whatever way they say it."""
    clocks = [(entry := _read(period), _minutes_of_day(entry)) for period in periods]
    if set[int]().union(*(clock for _, clock in clocks)) != EVERY_MINUTE:
        return False
    # Few kinds of days differ in which periods hold on them.
    days = (FIRST_DAY + timedelta(days=number) for number in range(CALENDAR_DAYS))
    kinds = {tuple(_holds_on(entry, day) for entry, _ in clocks) for day in days}
    return all(
        set[int]().union(*(clock for (_, clock), holds in zip(clocks, kind, strict=True) if holds)) == EVERY_MINUTE
        for kind in kinds
    )


def holds(period: str, at: datetime) -> bool:
    """Whether a period holds in the minute of a local time."""
    entry = _parsed(period)
    return at.minute in entry.minutes and at.hour in entry.hours and _holds_on(entry, at.date())


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - NO_PLACES)


def _read(period: str) -> CronSim:
    if not FIVE_FIELDS.fullmatch(period):
        raise ValueError(f"{period!r} is not five cron fields of numbers, names, ranges, lists and steps")
    try:
        # The day from which it would count; nothing here asks for a next time.
        return CronSim(period, datetime(2000, 1, 1))
    except CronSimError as error:
        raise ValueError(f"{period!r} is no cron period: {str(error)[:1].lower()}{str(error)[1:]}") from None


@cache
def _parsed(period: str) -> CronSim:
    return _read(period)


def _minutes_of_day(entry: CronSim) -> set[int]:
    return {60 * int(hour) + int(minute) for hour in entry.hours for minute in entry.minutes}


def _holds_on(entry: CronSim, day: date) -> bool:
    return day.month in entry.months and entry.match_day(day)
