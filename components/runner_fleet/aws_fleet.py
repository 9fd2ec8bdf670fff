"""The half of the fleet that lives on AWS."""

from dataclasses import replace

import pulumi
import pulumi_aws as aws

from components.component import Component, StackContext
from components.machine import Ec2Machine, Ec2MachineArgs
from components.runner_fleet.args import RunnerFleetArgs, draining_managers, manager_name
from components.runner_fleet.aws_alarms import group_at_max_alarm, manager_alarms, starved_alarm
from components.runner_fleet.aws_cache import s3_cache
from components.runner_fleet.aws_egress import worker_egress
from components.runner_fleet.aws_manager import manager_policy, metrics_access, worker_ssh
from components.runner_fleet.aws_shard import AwsShard, AwsShardArgs
from components.runner_fleet.document import ManagerInputs, manager_document
from components.secrets import empty_aws_secret
from settings.runner_fleet.section import AwsManager
from settings.runner_fleet.vocabulary import Colour, ManagerState
from settings.vocabulary import Cloud


class AwsRunnerFleet(Component):
    """Managers, shards, cache and tokens on AWS.

    **Pulumi type:** `packyard:runner_fleet:AwsRunnerFleet`

    Makes an empty secret for the token of each shard, the cache bucket, and for each colour a manager with its own
    groups. Workers reach the public internet on two ports and no private address but those that their shard allows.
    """

    worker_groups: list[pulumi.Output[str]]
    """Names of the Auto Scaling groups."""
    token_secrets: list[pulumi.Output[str]]
    """ARNs of the secrets that wait for a runner's token."""
    draining: list[str]
    """Names of the managers that drain; they are unprotected, and can be left out of the stack file next."""

    def __init__(
        self,
        name: str,
        args: RunnerFleetArgs,
        manager: AwsManager,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:runner_fleet:AwsRunnerFleet", name, context, providers=[aws_provider], opts=opts)
        self._args = args
        self._aws = aws_provider
        self._secrets = {
            shard.name: empty_aws_secret(self, f"token-{shard.name}").arn for shard in args.settings.aws_shards
        }
        self._bucket = s3_cache(self, args.settings.cache.expiry_days)
        self._egress = worker_egress(self, args.aws_network)
        self.worker_groups = []
        for colour, state in manager.colours.in_use().items():
            shards = self._shards(colour)
            self._manager(manager, colour, state, shards)
            self.worker_groups += [shard.group_name for shard in shards]
        self.token_secrets = list(self._secrets.values())
        self.draining = draining_managers(Cloud.AWS, manager.colours)
        self.register_outputs({"worker_groups": self.worker_groups, "token_secrets": self.token_secrets})

    def _shards(self, colour: Colour) -> list[AwsShard]:
        args = self._args
        return [
            AwsShard(
                f"shard-{shard.name}-{colour}",
                AwsShardArgs(
                    settings=shard,
                    colour=colour,
                    max_vm_age_hours=args.settings.max_vm_age_hours,
                    vpc_id=args.aws_network.vpc_id,
                    subnet_ids=args.aws_network.runner_subnet_ids,
                    egress_group_id=self._egress.id,
                    inherited_tags=args.inherited_tags,
                ),
                self.context,
                aws_provider=self._aws,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for shard in args.settings.aws_shards
        ]

    def _manager(self, manager: AwsManager, colour: Colour, state: ManagerState, shards: list[AwsShard]) -> None:
        args, name = self._args, manager_name(Cloud.AWS, colour)
        log_group = aws.cloudwatch.LogGroup(
            name,
            name=self.context.physical_name(name, kind="secret"),
            retention_in_days=args.settings.log_retention_days,
            tags=self.tags(),
            opts=self.child(),
        )
        inputs = ManagerInputs(
            cloud=Cloud.AWS,
            colour=colour,
            state=state,
            groups={shard.settings.name: shard.group_name for shard in shards},
            token_secrets=self._secrets,
            bucket=self._bucket.bucket,
            log=log_group.name,
            region=self.context.aws_region,
        )
        machine = Ec2Machine(
            name,
            Ec2MachineArgs(
                role="runner-manager",
                document=manager_document(args.settings, inputs),
                store=args.store,
                alerts=args.alerts,
                size=manager.size,
                image=args.aws_image,
                vpc_id=args.aws_network.vpc_id,
                subnet_id=args.aws_network.private_subnet_ids[0],
                availability_zone=args.aws_zone,
            ),
            # What a drained manager holds is worth nothing, and the next step is to leave it out.
            replace(self.context, protected=self.context.protected and state is ManagerState.SERVING),
            aws_provider=self._aws,
            opts=pulumi.ResourceOptions(parent=self),
        )
        manager_policy(self, machine, shards, list(self._secrets.values()), self._bucket, log_group)
        worker_ssh(self, machine, shards)
        metrics_access(self, machine, args)
        manager_alarms(self, args.alerts, machine, log_group, shards)
        for shard in shards:
            group_at_max_alarm(self, args.alerts, shard)
            starved_alarm(self, args.alerts, shard)
