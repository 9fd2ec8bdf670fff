"""Workloads from a seed. docs/simulator.md gives the reason of every number."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.workload import Pipeline, Workload

DAY = 86400.0
HOUR = 3600.0

A_MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
A_SATURDAY = datetime(2026, 11, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Stage:
    """Jobs that run side by side."""

    jobs: int
    median_seconds: float


STAGES = (Stage(1, 60), Stage(8, 240), Stage(4, 300), Stage(1, 60))
"""Prepare, build for eight targets, test on four of them, publish."""

SIGMA = 0.6
"""Of the lognormal that durations follow."""

PEAK_PER_HOUR = 12.0
PEAK_HOUR = 13.5
WIDTH_HOURS = 3.2
FLOOR = 0.05
"""Share of the peak that is there at night and on days off: pipelines that nobody starts by hand."""

NIGHTLY_JOBS = 400
NIGHTLY_STARTS = 2 * HOUR
NIGHTLY_MEDIAN_SECONDS = 240.0


def office_hours(seed: int, *, days: int = 5, load: float = 1.0) -> Workload:
    """Working days from a Monday on, at weekends the floor alone. `load` multiplies the pipelines."""
    source = random.Random(seed)  # noqa: S311 -- a workload has to be repeatable
    pipelines = tuple(_arrivals(source, days, load, A_MONDAY))
    return Workload("office hours", A_MONDAY, days * DAY, pipelines)


def quiet_weekend(seed: int, *, load: float = 1.0) -> Workload:
    """Saturday and Sunday with nobody at work."""
    source = random.Random(seed)  # noqa: S311 -- a workload has to be repeatable
    return Workload("quiet weekend", A_SATURDAY, 2 * DAY, tuple(_arrivals(source, 2, load, A_SATURDAY)))


def nightly(seed: int, *, load: float = 1.0) -> Workload:
    """Jobs that are ready at once in the night of a working day."""
    source = random.Random(seed)  # noqa: S311 -- a workload has to be repeatable
    stage = tuple(_seconds(source, NIGHTLY_MEDIAN_SECONDS) for _ in range(round(load * NIGHTLY_JOBS)))
    return Workload(
        "nightly", A_MONDAY + timedelta(days=1), DAY / 3, (Pipeline(NIGHTLY_STARTS, (stage,)),) if stage else ()
    )


SYNTHETIC = {"office": office_hours, "nightly": nightly, "weekend": quiet_weekend}
"""Generators by the word that names them on the command line."""


def _arrivals(source: random.Random, days: int, load: float, begins: datetime) -> Iterator[Pipeline]:
    """A Poisson process whose rate follows the day: points at the peak's rate, of which the rate's share is kept."""
    if not load:
        return
    time = 0.0
    while (time := time + source.expovariate(load * PEAK_PER_HOUR / HOUR)) < days * DAY:
        if source.random() < _rate(begins + timedelta(seconds=time)):
            yield Pipeline(time, tuple(_stage(source, stage) for stage in STAGES))


def _rate(at: datetime) -> float:
    """The share of the peak at a time."""
    if at.isoweekday() > 5:
        return FLOOR
    hour = at.hour + at.minute / 60 + at.second / HOUR
    return max(FLOOR, math.exp(-(((hour - PEAK_HOUR) / WIDTH_HOURS) ** 2)))


def _stage(source: random.Random, stage: Stage) -> tuple[float, ...]:
    return tuple(_seconds(source, stage.median_seconds) for _ in range(stage.jobs))


def _seconds(source: random.Random, median: float) -> float:
    return source.lognormvariate(math.log(median), SIGMA)
