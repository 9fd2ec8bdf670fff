"""The fleet of one trust tier on GCP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.machine import GceMachine, GceMachineArgs
from components.runner_fleet.args import (
    RunnerFleetArgs,
    TierProject,
    draining_managers,
    manager_context,
    manager_name,
    tier_name,
)
from components.runner_fleet.document import ManagerInputs, manager_document
from components.runner_fleet.gcp_alarms import group_at_max_alarm, manager_alarms
from components.runner_fleet.gcp_cache import gcs_cache
from components.runner_fleet.gcp_firewall import manager_rules, worker_rules
from components.runner_fleet.gcp_manager import ManagerRoles, manager_grants, manager_roles
from components.runner_fleet.gcp_shard import GcpShard, GcpShardArgs
from components.secrets import empty_gcp_secret
from settings.runner_fleet.section import GcpManager
from settings.runner_fleet.section import GcpShard as GcpShardSettings
from settings.runner_fleet.vocabulary import Colour, ManagerState
from settings.vocabulary import Cloud, Trust


@dataclass(frozen=True, kw_only=True)
class GcpRunnerFleetArgs:
    """Arguments of a GcpRunnerFleet."""

    fleet: RunnerFleetArgs
    trust: Trust
    manager: GcpManager

    @property
    def tier(self) -> TierProject:
        """The project of the tier."""
        return self.fleet.projects[self.trust]

    @property
    def shards(self) -> Sequence[GcpShardSettings]:
        """The shards of the tier."""
        return self.fleet.settings.gcp_shards[self.trust]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the tier's managers and shards of every colour share."""

    provider: gcp.Provider
    secrets: Mapping[str, gcp.secretmanager.Secret]
    """By shard; readers come with the managers, which need the names of the secrets first."""
    bucket: gcp.storage.Bucket
    roles: ManagerRoles


class GcpRunnerFleet(Component):
    """Managers, shards, cache and tokens of one trust tier, in the tier's own project.

    **Pulumi type:** `packyard:runner_fleet:GcpRunnerFleet`

    Makes an empty secret for the token of each shard, the cache bucket, firewall rules of workers, two custom roles,
    and for each colour a manager with its own groups.
    """

    worker_groups: list[pulumi.Output[str]]
    """Names of the managed instance groups."""
    token_secrets: list[pulumi.Output[str]]
    """Ids of the secrets that wait for a runner's token."""
    draining: list[str]
    """Names of the managers that drain; they are unprotected, and can be left out of the stack file next."""
    logins: dict[str, pulumi.Output[str]]
    """For each machine the command that logs an operator in."""

    def __init__(
        self,
        name: str,
        args: GcpRunnerFleetArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:runner_fleet:GcpRunnerFleet", name, context, providers=[gcp_provider], opts=opts)
        fleet = args.fleet
        shared = Shared(
            provider=gcp_provider,
            secrets={shard.name: empty_gcp_secret(self, f"token-{shard.name}") for shard in args.shards},
            bucket=gcs_cache(self, fleet.settings.cache.expiry_days),
            roles=manager_roles(self),
        )
        worker_rules(self, args.tier.network, args.shards)
        self.worker_groups, self.logins = [], {}
        for colour, state in args.manager.colours.in_use().items():
            shards = _shards(self, args, shared, colour)
            manager = _manager(self, args, shared, shards, colour=colour, state=state)
            self.logins[manager.name] = manager.login
            self.worker_groups += [shard.group_name for shard in shards]
        self.token_secrets = [secret.secret_id for secret in shared.secrets.values()]
        self.draining = draining_managers(Cloud.GCP, args.trust, args.manager.colours)
        self.register_outputs({"worker_groups": self.worker_groups, "token_secrets": self.token_secrets})


def _shards(component: Component, args: GcpRunnerFleetArgs, shared: Shared, colour: Colour) -> list[GcpShard]:
    return [
        GcpShard(
            # A tier's project is another place, so whatever moves there is made anew and says so.
            f"{tier_name('shard', args.trust)}-{shard.name}-{colour}",
            GcpShardArgs(
                settings=shard,
                colour=colour,
                max_vm_age_hours=args.fleet.settings.max_vm_age_hours,
                subnet_id=args.tier.network.subnet_id,
                inherited_labels=args.fleet.inherited_tags,
            ),
            component.context,
            gcp_provider=shared.provider,
            opts=pulumi.ResourceOptions(parent=component),
        )
        for shard in args.shards
    ]


def _manager(
    component: Component,
    args: GcpRunnerFleetArgs,
    shared: Shared,
    shards: Sequence[GcpShard],
    *,
    colour: Colour,
    state: ManagerState,
) -> GceMachine:
    fleet, tier, name = args.fleet, args.tier, manager_name(Cloud.GCP, args.trust, colour)
    inputs = ManagerInputs(
        cloud=Cloud.GCP,
        colour=colour,
        state=state,
        groups={shard.settings.name: shard.group_name for shard in shards},
        token_secrets={shard: secret.secret_id for shard, secret in shared.secrets.items()},
        bucket=shared.bucket.name,
        log=name,
        region=component.context.gcp_region,
        project=tier.project_id,
    )
    machine = GceMachine(
        name,
        GceMachineArgs(
            role="runner-manager",
            document=manager_document(fleet.settings, inputs),
            store=fleet.store,
            alerts=tier.alerts,
            size=args.manager.size,
            image=fleet.gcp_image,
            network=tier.network,
        ),
        manager_context(component.context, state),
        gcp_provider=shared.provider,
        opts=pulumi.ResourceOptions(parent=component),
    )
    manager_grants(
        component,
        machine,
        colour,
        project=tier.project_id,
        roles=shared.roles,
        bucket=shared.bucket,
        secrets=shared.secrets,
    )
    manager_rules(component, tier.network, machine, colour, fleet.settings.metrics_cidr)
    manager_alarms(
        component,
        tier.alerts,
        machine,
        shards,
        log=name,
        colour=colour,
        max_vm_age_hours=fleet.settings.max_vm_age_hours,
    )
    for shard in shards:
        group_at_max_alarm(component, tier.alerts, shard)
    return machine
