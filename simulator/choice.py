"""A scaling as the search moves it: a policy for all times, and up to two for hours of working days."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from settings.runner_fleet.section import Scaling, ScalingPolicy, ScheduledPolicy

IDLE_COUNTS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 40)
IDLE_SECONDS = (30, 60, 90, 120, 150, 180, 240, 300, 600, 1200)
FACTORS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
LIMITS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 40)
"""The grid. A step finer than these moves the figures by less than another seed does."""

Number = TypeVar("Number", int, float)

WORKING_DAYS = "mon-fri"
LAST_HOUR = 23

SCHEDULES = 2
"""Most of them: working hours, and within them those with the most work."""


@dataclass(frozen=True)
class Idle:
    """How many VMs are kept idle."""

    count: int = 0
    factor: float = 0.0
    limit: int = 0
    """Above 0 where the factor is, and 0 where it is 0, as the rules of a stack file want it."""

    def steps(self) -> Iterator["Idle"]:
        """A little more or less of each."""
        for count in _beside(IDLE_COUNTS, self.count):
            yield replace(self, count=count)
        for factor in _beside(FACTORS, self.factor):
            yield Idle(self.count, factor, (self.limit or LIMITS[4]) if factor else 0)
        if self.factor:
            for limit in _beside(LIMITS, self.limit):
                yield replace(self, limit=limit) if limit else Idle(self.count)


@dataclass(frozen=True)
class Hours:
    """Hours of working days, and what is kept idle in them."""

    first: int
    last: int
    """The whole of it still belongs to them."""
    idle: Idle

    def steps(self) -> Iterator["Hours"]:
        """Begun or ended an hour sooner or later, or with a little more or less kept idle."""
        for first, last in ((self.first - 1, self.last), (self.first + 1, self.last)):
            if 0 <= first <= last:
                yield replace(self, first=first)
        for last in (self.last - 1, self.last + 1):
            if self.first <= last <= LAST_HOUR:
                yield replace(self, last=last)
        yield from (replace(self, idle=idle) for idle in self.idle.steps())


@dataclass(frozen=True)
class Choice:
    """One point of the search."""

    always: Idle = Idle()
    hours: tuple[Hours, ...] = ()
    """Of two that hold, the later counts."""
    seconds: int = 60
    preemptive: bool = False
    timezone: str = "UTC"

    def steps(self) -> Iterator["Choice"]:
        """The points beside it."""
        yield from (replace(self, always=idle) for idle in self.always.steps())
        yield from (replace(self, seconds=seconds) for seconds in _beside(IDLE_SECONDS, self.seconds))
        for place, hours in enumerate(self.hours):
            before, after = self.hours[:place], self.hours[place + 1 :]
            yield from (replace(self, hours=(*before, step, *after)) for step in hours.steps())
            yield replace(self, hours=(*before, *after))
        if len(self.hours) < SCHEDULES:
            yield from (replace(self, hours=(*self.hours, hours)) for hours in self._within())

    def scaling(self) -> Scaling:
        """As a shard of a stack file has it."""
        always = ScalingPolicy.model_validate(self._values(self.always))
        return Scaling(always=always, schedules=tuple(self._schedule(hours) for hours in self.hours))

    @property
    def always_keeps_one(self) -> bool:
        """Whether something is idle at all times, without which a preemptive manager takes no job."""
        return all(idle.count > 0 for idle in (self.always, *(hours.idle for hours in self.hours)))

    def largest(self) -> int:
        """Most VMs that are kept idle by count, or by factor."""
        kept = (self.always, *(hours.idle for hours in self.hours))
        return max(max(idle.count, idle.limit) for idle in kept)

    def _within(self) -> Iterator[Hours]:
        """Schedules that could follow: within the last one, or the middle of the day, with one VM more kept idle."""
        outer = self.hours[-1] if self.hours else Hours(9, 18, self.always)
        if outer.first + 2 <= outer.last - 2:
            for more in _beside(IDLE_COUNTS, outer.idle.count):
                yield Hours(outer.first + 2, outer.last - 2, replace(outer.idle, count=more))

    def _schedule(self, hours: Hours) -> ScheduledPolicy:
        period = f"* {hours.first}-{hours.last} * * {WORKING_DAYS}"
        return ScheduledPolicy.model_validate(
            self._values(hours.idle) | {"periods": (period,), "timezone": self.timezone}
        )

    def _values(self, idle: Idle) -> dict[str, object]:
        return {
            "idleCount": idle.count,
            "idleSeconds": self.seconds,
            "scaleFactor": idle.factor,
            "scaleFactorLimit": idle.limit,
            "preemptive": self.preemptive,
        }


def _beside(grid: tuple[Number, ...], value: Number) -> Iterator[Number]:
    place = grid.index(value)
    yield from grid[max(0, place - 1) : place]
    yield from grid[place + 1 : place + 2]
