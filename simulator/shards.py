"""Shards of the stack files, read for their scaling alone."""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from settings.positions import sections
from settings.runner_fleet.section import AnyShard, RunnerFleetSettings

ROOT = Path(__file__).resolve().parent.parent


class ShardError(Exception):
    """A stack or a shard that is not there; the text says what there is."""


@dataclass(frozen=True)
class Shards:
    """The shards of one stack file, and what they share."""

    check_interval: float
    limit_seconds: float
    """acceptableQueueSeconds: a job that waits longer counts as late."""
    shards: tuple[AnyShard, ...]

    def named(self, name: str) -> AnyShard:
        """One of them. Raises ShardError."""
        for shard in self.shards:
            if shard.name == name:
                return shard
        known = ", ".join(shard.name for shard in self.shards)
        raise ShardError(f"no shard {name}. HINT: one of {known}")


def read_shards(stack: str, root: Path = ROOT) -> Shards:
    """The fleet of a stack file. Raises ShardError."""
    path = root / f"Pulumi.{stack}.yaml"
    known = ", ".join(sorted(file.name.split(".")[1] for file in root.glob("Pulumi.*.yaml")))
    if stack not in known.split(", "):
        raise ShardError(f"Pulumi.{stack}.yaml: no such stack. HINT: one of {known}")
    try:
        section = sections(path).get("runnerFleet")
    except (OSError, ValueError) as error:
        raise ShardError(f"{path.name}: {error}") from None
    if not section:
        raise ShardError(f"{path.name}: no runnerFleet. HINT: docs/reference/settings.md has its keys")
    try:
        fleet = RunnerFleetSettings.model_validate_json(json.dumps(section, default=str))
    except ValidationError as error:
        count = error.error_count()
        faults = "a fault" if count == 1 else f"{count} faults"
        raise ShardError(f"{path.name}: runnerFleet has {faults}. HINT: make preview STACK={stack} tells") from None
    return Shards(float(fleet.check_interval_seconds), float(fleet.acceptable_queue_seconds), fleet.shards)
