"""The cheapest scaling that meets a target of waits.

Choices are drawn at random and tried with one workload. From the best of them a local search goes on with all of them.
It finds good choices, and proves none to be the best.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from settings.runner_fleet.runner_config import Policy, policies
from simulator.choice import FACTORS, IDLE_COUNTS, IDLE_SECONDS, LAST_HOUR, LIMITS, Choice, Hours, Idle
from simulator.fleet import Fleet
from simulator.outcome import Figures, figures
from simulator.simulation import simulate
from simulator.workload import Workload

BUSY_SHARE = 0.4
"""An hour of working days is busy from this share of the busiest one on. The search moves both ends."""

FRIDAY = 5

PLAIN_NIGHTS = 0.6
"""Share of random choices that keep nothing idle outside their hours, and of the others that have hours."""

PENALTY = 0.3
"""VM hours per job hour that an e-fold wait is worth while the search goes on. Less, and it would rest at cheap choices
that miss the target: an e-fold of the median costs about 0.1."""

BUDGET = 300
"""Choices that are drawn at random and tried with one workload; half as many are then tried with all."""

FINALISTS = 8
"""Of those drawn, the ones that the search starts from."""


@dataclass(frozen=True)
class Target:
    """Seconds that waits may reach; None sets no bound."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    def excess(self, told: Figures) -> float:
        """By how much the bounds are exceeded, as logarithms, added; 0 where all are met and every job started."""
        pairs = ((self.p50, told.p50), (self.p95, told.p95), (self.p99, told.p99))
        over = sum(math.log(value / bound) for bound, value in pairs if bound is not None and value > bound)
        return over + told.never_started + told.timed_out


@dataclass(frozen=True)
class Tried:
    """A scaling that was simulated."""

    choice: Choice
    figures: Figures
    excess: float

    @property
    def rank(self) -> tuple[float, float]:
        """Sorts what meets the target first, and of that the cheapest."""
        return self.excess, self.figures.vm_hours_per_job_hour

    @property
    def score(self) -> float:
        """What the search makes small: cheap choices that nearly meet the target lead to those that do."""
        return self.figures.vm_hours_per_job_hour + PENALTY * self.excess


@dataclass(frozen=True)
class Recommendation:
    """What was found."""

    best: Tried
    """Meets the target where its excess is 0; otherwise nothing that was tried does."""
    tried: tuple[Tried, ...]
    """With all workloads."""
    drawn: int
    """How many were tried with the first workload alone."""

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The best, as managers are told it."""
        return policies(self.best.choice.scaling())


def recommend(
    fleet: Fleet,
    workloads: Sequence[Workload],
    target: Target,
    *,
    limit_seconds: float,
    timezone: str = "UTC",
    budget: int = BUDGET,
) -> Recommendation:
    """The cheapest choice for a fleet, whose own policies count for nothing. `budget` is how many are drawn."""
    source = random.Random(0)  # noqa: S311 -- the same question gets the same answer
    drawn = _Search(fleet, workloads[:1], target, limit_seconds=limit_seconds, budget=budget)
    for guess in _guesses(source, workloads, timezone):
        if drawn.is_over:
            break
        if drawn.fits(guess):
            drawn.tried(guess)
    search = _Search(fleet, workloads, target, limit_seconds=limit_seconds, budget=max(1, budget // 2))
    finalists = sorted(drawn.known.values(), key=lambda entry: entry.score)[:FINALISTS]
    starts = sorted((search.tried(entry.choice) for entry in finalists), key=lambda entry: entry.score)
    for start in starts:
        search.down_from(start)
    chosen = min(search.known.values(), key=lambda entry: entry.rank)
    if chosen.choice.always_keeps_one:
        search.tried(replace(chosen.choice, preemptive=True))
    tried = tuple(search.known.values())
    return Recommendation(min(tried, key=lambda entry: entry.rank), tried, drawn=len(drawn.known))


class _Search:
    def __init__(
        self, fleet: Fleet, workloads: Sequence[Workload], target: Target, *, limit_seconds: float, budget: int
    ) -> None:
        self._fleet = fleet
        self._workloads = workloads
        self._target = target
        self._limit_seconds = limit_seconds
        self._budget = budget
        self.known: dict[Choice, Tried] = {}

    @property
    def is_over(self) -> bool:
        return len(self.known) >= self._budget

    def fits(self, choice: Choice) -> bool:
        return choice.largest() <= self._fleet.max_instances

    def tried(self, choice: Choice) -> Tried:
        found = self.known.get(choice)
        if found is None:
            fleet = replace(self._fleet, policies=policies(choice.scaling()))
            runs = [simulate(fleet, workload, seed) for seed, workload in enumerate(self._workloads)]
            told = figures(runs, limit_seconds=self._limit_seconds)
            found = self.known[choice] = Tried(choice, told, self._target.excess(told))
        return found

    def down_from(self, best: Tried) -> None:
        """To a choice that is no worse than all beside it. Each better one is taken at once."""
        better: Tried | None = best
        while better is not None:
            better = self._better_beside(better)

    def _better_beside(self, best: Tried) -> Tried | None:
        for choice in best.choice.steps():
            if self.is_over:
                return None
            if self.fits(choice) and (tried := self.tried(choice)).score < best.score:
                return tried
        return None


def _guesses(source: random.Random, workloads: Sequence[Workload], timezone: str) -> Iterator[Choice]:
    """The plainest choices, then choices at random without an end, most with a schedule about the busy hours."""
    first, last = _busy_hours(workloads, ZoneInfo(timezone))
    for seconds in IDLE_SECONDS:
        yield Choice(seconds=seconds, timezone=timezone)
    while True:
        begin = max(0, first + source.randint(-2, 2))
        end = min(LAST_HOUR, max(begin, last + source.randint(-2, 2)))
        nothing = source.random() < PLAIN_NIGHTS
        yield Choice(
            always=Idle() if nothing else _drawn(source, 2),
            hours=(Hours(begin, end, _drawn(source, 8)),) if nothing or source.random() < PLAIN_NIGHTS else (),
            seconds=source.choice(IDLE_SECONDS),
            timezone=timezone,
        )


def _drawn(source: random.Random, most: int) -> Idle:
    factor = source.choice(FACTORS)
    limit = source.choice([limit for limit in LIMITS if 0 < limit <= 2 * most]) if factor else 0
    return Idle(source.choice([count for count in IDLE_COUNTS if count <= most]), factor, limit)


def _busy_hours(workloads: Sequence[Workload], zone: ZoneInfo) -> tuple[int, int]:
    """First and last busy hour of working days; the whole day where all hours are alike or no working day is there."""
    jobs: Counter[int] = Counter()
    for workload in workloads:
        for pipeline in workload.pipelines:
            at = (workload.begins + timedelta(seconds=pipeline.start)).astimezone(zone)
            if at.isoweekday() <= FRIDAY:
                jobs[at.hour] += sum(len(stage) for stage in pipeline.stages)
    busy = [hour for hour, count in jobs.items() if count >= BUSY_SHARE * max(jobs.values())]
    return (min(busy), max(busy)) if busy else (0, 23)
