"""The build-runner fleet: GitLab Runner managers, and the worker groups that they alone scale."""

from components.runner_fleet.args import RunnerFleetArgs, TierProject
from components.runner_fleet.fleet import RunnerFleet

__all__ = ["RunnerFleet", "RunnerFleetArgs", "TierProject"]
