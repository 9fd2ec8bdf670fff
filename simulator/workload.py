"""What there is to do: pipelines of stages of jobs, each job with the time that it runs."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Jobs that become ready together or one after the other."""

    start: float
    """When the jobs of the first stage are ready, in seconds since the workload began."""
    stages: tuple[tuple[float, ...], ...]
    """Seconds that the jobs of each stage run. A stage is ready when the one before has ended."""


@dataclass(frozen=True)
class Workload:
    """Pipelines of a span of time."""

    name: str
    """What it is called in tables."""
    begins: datetime
    """When it begins, with a time zone: schedules are read against the calendar."""
    seconds: float
    """How long it is. VMs that are idle until then are charged until then."""
    pipelines: tuple[Pipeline, ...]

    @property
    def jobs(self) -> int:
        """Jobs of all pipelines."""
        return sum(len(stage) for pipeline in self.pipelines for stage in pipeline.stages)

    @property
    def job_seconds(self) -> float:
        """Seconds that all jobs run."""
        return sum(sum(stage) for pipeline in self.pipelines for stage in pipeline.stages)
