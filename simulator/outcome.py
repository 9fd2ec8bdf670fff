"""What a simulated time came to, and the figures that are told of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One run of one workload."""

    waits: tuple[float, ...]
    """Seconds from ready to start of every job, sorted. Jobs that never started count with what they had waited."""
    job_seconds: float
    """Seconds of jobs that ended well."""
    vm_seconds: float
    """Paid seconds of VMs, from the request to the end of each."""
    never_started: int
    """Jobs that had no VM when the run was given up."""
    timed_out: int
    """Jobs that were taken and failed because no VM came within the acquire timeout."""
    lost: int
    """Starts of jobs that a spot VM took with it; each such job waited once more and ran again from its beginning."""
    peak: int
    """Most VMs at once."""
    maximum_reached: bool
    """Whether the group's maximum kept a job waiting or a VM from being asked for."""


@dataclass(frozen=True)
class Figures:
    """What is told of one policy under one workload. Waits in seconds."""

    jobs: int
    p50: float
    p95: float
    p99: float
    longest: float
    late_share: float
    """Share of jobs that waited longer than the limit."""
    vm_hours: float
    job_hours: float
    vm_hours_per_job_hour: float
    """Infinite where no job ended."""
    lost: int
    timed_out: int
    never_started: int
    peak: int
    maximum_reached: bool
    cost: float | None
    """VM hours times the price of one, where a price is given."""
    cost_per_job_hour: float | None


def figures(outcomes: Sequence[Outcome], *, limit_seconds: float, price: float | None = None) -> Figures:
    """The figures of runs with several seeds together: their waits are one sample, their hours are added."""
    waits = sorted(wait for outcome in outcomes for wait in outcome.waits)
    vm_hours = sum(outcome.vm_seconds for outcome in outcomes) / 3600
    job_hours = sum(outcome.job_seconds for outcome in outcomes) / 3600
    cost = None if price is None else price * vm_hours
    return Figures(
        jobs=len(waits),
        p50=percentile(waits, 0.50),
        p95=percentile(waits, 0.95),
        p99=percentile(waits, 0.99),
        longest=waits[-1] if waits else 0.0,
        late_share=sum(wait > limit_seconds for wait in waits) / len(waits) if waits else 0.0,
        vm_hours=vm_hours,
        job_hours=job_hours,
        vm_hours_per_job_hour=_ratio(vm_hours, job_hours),
        lost=sum(outcome.lost for outcome in outcomes),
        timed_out=sum(outcome.timed_out for outcome in outcomes),
        never_started=sum(outcome.never_started for outcome in outcomes),
        peak=max((outcome.peak for outcome in outcomes), default=0),
        maximum_reached=any(outcome.maximum_reached for outcome in outcomes),
        cost=cost,
        cost_per_job_hour=None if cost is None else _ratio(cost, job_hours),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that a share of the values does not exceed (nearest rank); 0 of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.inf
