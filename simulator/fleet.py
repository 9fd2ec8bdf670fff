"""What is simulated: one shard with its policies, its limits, and how its VMs start and vanish."""

from dataclasses import dataclass

from settings.runner_fleet.runner_config import Policy, policies
from settings.runner_fleet.section import AnyShard

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}

DEFAULT_RATE = 100.0
"""Instances in a second that GitLab Runner asks for where scale_throttle says no limit (19.4, configuration)."""


@dataclass(frozen=True)
class Throttle:
    """The scale_throttle of GitLab Runner: a bucket of tokens, one for each VM that is asked for."""

    per_second: float = DEFAULT_RATE
    """Tokens that come in a second."""
    burst: int | None = None
    """Most tokens at once; None is the group's maximum, as in GitLab Runner."""


@dataclass(frozen=True)
class Start:
    """From the request for a VM until its manager may give it a job: cloud, boot, ready command, discovery."""

    seconds: float = 60.0
    """Mean. GitLab's own workers took 45 to 90 s in 2025 (mson/runners#1)."""
    deviation: float = 0.0
    """Standard deviation of a lognormal start; 0 is a fixed one. Exponential starts would understate waits."""


@dataclass(frozen=True)
class Fleet:
    """One shard and its manager."""

    policies: tuple[Policy, ...]
    """As they stand in config.toml; of several that hold, the last counts. Where none holds, nothing is kept idle."""
    max_instances: int
    """Most VMs in any state, those included that are being deleted."""
    max_use_count: int = 1
    """Jobs in the life of a VM; 0 is without limit."""
    capacity: int = 1
    """Jobs at once on a VM."""
    check_interval: float = 3.0
    """Seconds between two looks of the manager at GitLab and at its VMs."""
    acquire_timeout: float = 900.0
    """Seconds after which a job that was taken and has no VM fails."""
    start: Start = Start()
    throttle: Throttle = Throttle()
    deletion_seconds: float = 0.0
    """Seconds that a VM still counts against the maximum after its end was asked for. They are not charged."""
    spot_losses_per_hour: float = 0.0
    """How often a VM is taken back, as a rate of each VM."""


def fleet_of(shard: AnyShard, *, check_interval: float, start: Start, spot_losses_per_hour: float = 0.0) -> Fleet:
    """The fleet of a shard of a stack file."""
    return Fleet(
        policies=policies(shard.scaling),
        max_instances=shard.max_instances,
        max_use_count=shard.max_use_count,
        check_interval=check_interval,
        start=start,
        spot_losses_per_hour=spot_losses_per_hour,
    )


def seconds_of(duration: str) -> float:
    """The seconds of a Go duration of one unit, as config.toml has it here."""
    return float(duration[:-1]) * UNITS[duration[-1]]
