"""The cheapest scaling that meets a target of waits: a local search over simulated runs."""

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from settings.runner_fleet.runner_config import Policy, policies
from simulator.choice import Choice, Hours, Idle
from simulator.fleet import Fleet
from simulator.outcome import Figures, figures
from simulator.simulation import simulate
from simulator.workload import Workload

BUSY_SHARE = 0.4
"""An hour of working days is busy from this share of the busiest one on. The search moves both ends."""

FRIDAY = 5

PENALTY = 0.3
"""VM hours per job hour that an e-fold wait is worth while the search goes on. Less, and it would rest at cheap choices
that miss the target: an e-fold of the median costs about 0.1."""

LEAPS = 3
"""Random steps away from the best choice, from where the search goes down again."""

BUDGET = 400
"""Choices that are tried."""


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
    """The cheapest choice for a fleet, whose own policies count for nothing. `budget` is how many are tried."""
    search = _Search(fleet, workloads, target, limit_seconds=limit_seconds, budget=budget)
    guesses = [search.tried(guess) for guess in _guesses(workloads, timezone) if search.fits(guess)]
    best = search.down_from(min(guesses, key=lambda tried: tried.score))
    while not search.is_over:
        best = min(best, search.down_from(search.leap_from(best)), key=lambda tried: tried.score)
    chosen = min(search.known.values(), key=lambda tried: tried.rank)
    search.tried(replace(chosen.choice, preemptive=True))
    tried = tuple(search.known.values())
    return Recommendation(min(tried, key=lambda entry: entry.rank), tried)


class _Search:
    def __init__(
        self, fleet: Fleet, workloads: Sequence[Workload], target: Target, *, limit_seconds: float, budget: int
    ) -> None:
        self._fleet = fleet
        self._workloads = workloads
        self._target = target
        self._limit_seconds = limit_seconds
        self._budget = budget
        self._random = random.Random(0)  # noqa: S311 -- the same question gets the same answer
        self._leaps = 0
        self.known: dict[Choice, Tried] = {}

    @property
    def is_over(self) -> bool:
        # Leaps are counted too: where all around is known, they would go on for ever.
        return max(len(self.known), self._leaps) >= self._budget

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

    def down_from(self, best: Tried) -> Tried:
        """To a choice that is no worse than all beside it. Each better one is taken at once."""
        better: Tried | None = best
        while better is not None:
            best, better = better, self._better_beside(better)
        return best

    def leap_from(self, tried: Tried) -> Tried:
        self._leaps += 1
        choice = tried.choice
        for _ in range(LEAPS):
            choice = self._random.choice(self._steps(choice))
        return self.tried(choice)

    def _better_beside(self, best: Tried) -> Tried | None:
        steps = self._steps(best.choice)
        self._random.shuffle(steps)
        for choice in steps:
            if self.is_over:
                return None
            if (tried := self.tried(choice)).score < best.score:
                return tried
        return None

    def _steps(self, choice: Choice) -> list[Choice]:
        return [step for step in choice.steps() if self.fits(step)]


def _guesses(workloads: Sequence[Workload], timezone: str) -> Iterator[Choice]:
    first, last = _busy_hours(workloads, ZoneInfo(timezone))
    for seconds in (60, 300):
        plain = Choice(seconds=seconds, timezone=timezone)
        yield plain
        for idle in (Idle(0, 0.5, 8), Idle(4), Idle(2, 0.5, 6)):
            yield replace(plain, always=idle)
            yield replace(plain, hours=(Hours(first, last, idle),))


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
