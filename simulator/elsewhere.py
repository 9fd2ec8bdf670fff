"""What others run: scalings of documentation and of Terraform modules, to compare with.

Only the scaling is theirs. Start, maximum and check interval are those of the comparison, since a module's own maximum
of ten VMs would make it wait for that alone.
"""

from dataclasses import dataclass

from settings.runner_fleet.periods import CATCH_ALL_PERIOD
from settings.runner_fleet.runner_config import Policy


@dataclass(frozen=True)
class Elsewhere:
    """A scaling of somebody else."""

    name: str
    policies: tuple[Policy, ...]
    max_use_count: int
    source: str
    """Where its numbers stand."""


def _policy(
    idle_count: int,
    idle_time: str,
    *,
    periods: tuple[str, ...] = (CATCH_ALL_PERIOD,),
    scale_factor: float = 0.0,
    scale_factor_limit: int = 0,
) -> Policy:
    """Preemptive where something is kept idle, as GitLab Runner has it where nothing is said."""
    return Policy(
        periods=periods,
        timezone="UTC",
        idle_count=idle_count,
        idle_time=idle_time,
        scale_factor=scale_factor,
        scale_factor_limit=scale_factor_limit,
        preemptive_mode=idle_count > 0,
    )


ELSEWHERE = (
    Elsewhere(
        "GitLab's example",
        (_policy(5, "20m"),),
        1,
        "docs.gitlab.com, Docker Autoscaler executor, AWS autoscaling for 1 job per instance",
    ),
    Elsewhere(
        "GRIT, default",
        # Its limit of 0 leaves nothing to the factor of 10.
        (_policy(10, "2m", scale_factor=10.0),),
        10,
        "GRIT, scenarios/aws/linux/docker-autoscaler-default: scale_min 10, idle_time 2m0s, max_use_count 10",
    ),
    Elsewhere(
        "cattle-ops, default",
        # Its list of policies is empty, so idle count and idle time are 0; a type of config.toml begins at a second.
        (_policy(0, "1s"),),
        100,
        "terraform-aws-gitlab-runner 9.5.2: no autoscaling options, max_use_count 100",
    ),
    Elsewhere(
        "cattle-ops, example",
        (
            _policy(0, "1s", scale_factor=2.0),
            _policy(3, "30m", scale_factor=2.0, periods=("* 7-19 * * mon-fri",)),
        ),
        100,
        "terraform-aws-gitlab-runner, examples/runner-fleeting-plugin; its time zone is that of the comparison",
    ),
    Elsewhere(
        "a VM for each job",
        (_policy(0, "1s"),),
        1,
        "RunsOn without a pool, and every fleet with idle count 0 and use count 1",
    ),
)
