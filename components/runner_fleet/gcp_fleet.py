"""The half of the fleet that lives on GCP."""

from dataclasses import replace

import pulumi
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.machine import GceMachine, GceMachineArgs
from components.runner_fleet.args import RunnerFleetArgs, draining_managers, manager_name
from components.runner_fleet.document import ManagerInputs, manager_document
from components.runner_fleet.gcp_alarms import group_at_max_alarm, manager_alarms
from components.runner_fleet.gcp_cache import gcs_cache
from components.runner_fleet.gcp_firewall import manager_rules, worker_rules
from components.runner_fleet.gcp_manager import manager_grants, manager_roles
from components.runner_fleet.gcp_shard import GcpShard, GcpShardArgs
from components.secrets import empty_gcp_secret
from settings.runner_fleet.section import GcpManager
from settings.runner_fleet.vocabulary import Colour, ManagerState
from settings.vocabulary import Cloud


class GcpRunnerFleet(Component):
    """Managers, shards, cache and tokens in the project omnibus-build-runners.

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

    def __init__(
        self,
        name: str,
        args: RunnerFleetArgs,
        manager: GcpManager,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:runner_fleet:GcpRunnerFleet", name, context, providers=[gcp_provider], opts=opts)
        self._args = args
        self._gcp = gcp_provider
        self._secrets = {
            # Readers come with the managers, which need the names of the secrets first.
            shard.name: empty_gcp_secret(self, f"token-{shard.name}")
            for shard in args.settings.gcp_shards
        }
        self._bucket = gcs_cache(self, args.settings.cache.expiry_days)
        self._roles = manager_roles(self)
        worker_rules(self, args.gcp_network, args.settings.gcp_shards)
        self.worker_groups = []
        for colour, state in manager.colours.in_use().items():
            shards = self._shards(colour)
            self._manager(manager, colour, state, shards)
            self.worker_groups += [shard.group_name for shard in shards]
        self.token_secrets = [secret.secret_id for secret in self._secrets.values()]
        self.draining = draining_managers(Cloud.GCP, manager.colours)
        self.register_outputs({"worker_groups": self.worker_groups, "token_secrets": self.token_secrets})

    def _shards(self, colour: Colour) -> list[GcpShard]:
        args = self._args
        return [
            GcpShard(
                f"shard-{shard.name}-{colour}",
                GcpShardArgs(
                    settings=shard,
                    colour=colour,
                    max_vm_age_hours=args.settings.max_vm_age_hours,
                    subnet_id=args.gcp_network.subnet_id,
                    inherited_labels=args.inherited_tags,
                ),
                self.context,
                gcp_provider=self._gcp,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for shard in args.settings.gcp_shards
        ]

    def _manager(self, manager: GcpManager, colour: Colour, state: ManagerState, shards: list[GcpShard]) -> None:
        args, name = self._args, manager_name(Cloud.GCP, colour)
        inputs = ManagerInputs(
            cloud=Cloud.GCP,
            colour=colour,
            state=state,
            groups={shard.settings.name: shard.group_name for shard in shards},
            token_secrets={shard: secret.secret_id for shard, secret in self._secrets.items()},
            bucket=self._bucket.name,
            log=name,
            region=self.context.gcp_region,
            project=args.gcp_project,
        )
        machine = GceMachine(
            name,
            GceMachineArgs(
                role="runner-manager",
                document=manager_document(args.settings, inputs),
                store=args.store,
                alerts=args.alerts,
                size=manager.size,
                image=args.gcp_image,
                network=args.gcp_network,
            ),
            # What a drained manager holds is worth nothing, and the next step is to leave it out.
            replace(self.context, protected=self.context.protected and state is ManagerState.SERVING),
            gcp_provider=self._gcp,
            opts=pulumi.ResourceOptions(parent=self),
        )
        manager_grants(self, machine, colour, args.gcp_project, self._roles, self._bucket, self._secrets)
        manager_rules(self, args.gcp_network, machine, colour, args.settings.metrics_cidr)
        age = args.settings.max_vm_age_hours
        manager_alarms(self, args.alerts, machine, name, colour, shards, age)
        for shard in shards:
            group_at_max_alarm(self, args.alerts, shard)
