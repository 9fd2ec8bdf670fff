"""Policies, fleets and workloads for the tests of the simulator."""

from settings.runner_fleet.periods import CATCH_ALL_PERIOD
from settings.runner_fleet.runner_config import Policy
from simulator.synthetic import A_MONDAY
from simulator.workload import Pipeline, Workload


def policy(
    idle: int = 0,
    *,
    preemptive: bool = False,
    idle_time: str = "300s",
    factor: float = 0.0,
    limit: int = 0,
    periods: tuple[str, ...] = (CATCH_ALL_PERIOD,),
    timezone: str = "UTC",
) -> Policy:
    return Policy(
        periods=periods,
        timezone=timezone,
        idle_count=idle,
        idle_time=idle_time,
        scale_factor=factor,
        scale_factor_limit=limit,
        preemptive_mode=preemptive,
    )


def at_once(jobs: int, seconds: float, *, start: float = 0.0, until: float = 3600.0) -> Workload:
    """Jobs of one length that are ready at one time."""
    return Workload("burst", A_MONDAY, until, (Pipeline(start, ((seconds,) * jobs,)),))


def one_by_one(starts: list[float], seconds: list[float], until: float) -> Workload:
    """Jobs that do not wait for each other."""
    pipelines = tuple(Pipeline(start, ((length,),)) for start, length in zip(starts, seconds, strict=True))
    return Workload("jobs", A_MONDAY, until, pipelines)
