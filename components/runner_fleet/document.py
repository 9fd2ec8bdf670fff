"""The settings document of a manager."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.alerts import MachineMetric
from components.runner_fleet.config import SSH_KEY_PATH, STATE_DIRECTORY, Place, plugin, runner_config
from settings.machine.document import RoleSettings
from settings.runner_fleet.document import AgeLimit, RunnerManagerDocument, TokenSource
from settings.runner_fleet.runner_config import token_variable
from settings.runner_fleet.section import RunnerFleetSettings
from settings.runner_fleet.vocabulary import Colour, ManagerState
from settings.vocabulary import Cloud


@dataclass(frozen=True, kw_only=True)
class ManagerInputs:
    """What one manager is told, as far as it is known only when its cloud has answered."""

    cloud: Cloud
    colour: Colour
    state: ManagerState
    groups: Mapping[str, pulumi.Output[str]]
    """Worker groups of this manager alone, by shard."""
    token_secrets: Mapping[str, pulumi.Output[str]]
    """Secrets by shard."""
    bucket: pulumi.Output[str]
    """The cache."""
    log: pulumi.Input[str]
    region: str
    project: str = ""


def manager_document(settings: RunnerFleetSettings, inputs: ManagerInputs) -> pulumi.Output[RoleSettings]:
    """The document, once the names of groups, secrets and bucket are known."""

    def build(known: dict[str, Any]) -> RoleSettings:
        groups: dict[str, str] = known["groups"]
        secrets: dict[str, str] = known["secrets"]
        place = Place(known["bucket"], inputs.region, inputs.project)
        return RunnerManagerDocument(
            colour=inputs.colour,
            state=inputs.state,
            runner_version=settings.runner_version,
            plugins=(plugin(settings, inputs.cloud),),
            data_directory=STATE_DIRECTORY,
            ssh_key_path=SSH_KEY_PATH,
            tokens=tuple(
                TokenSource(variable=token_variable(shard), secret=secret) for shard, secret in secrets.items()
            ),
            drain_timeout_hours=settings.max_vm_age_hours,
            age_limit=AgeLimit(hours=settings.max_vm_age_hours, groups=tuple(groups.values())),
            contact_metric=MachineMetric.RUNNER_CONTACT_AGE_SECONDS,
            log=known["log"],
            config=runner_config(settings, groups, place),
        )

    return pulumi.Output.all(
        groups=pulumi.Output.all(**inputs.groups),
        secrets=pulumi.Output.all(**inputs.token_secrets),
        bucket=inputs.bucket,
        log=inputs.log,
    ).apply(build)
