"""The fleet of one trust tier on AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.component import Component, StackContext
from components.machine import Ec2Machine, Ec2MachineArgs
from components.runner_fleet.args import RunnerFleetArgs, draining_managers, manager_context, manager_name
from components.runner_fleet.aws_alarms import group_at_max_alarm, manager_alarms, starved_alarm
from components.runner_fleet.aws_cache import s3_cache
from components.runner_fleet.aws_egress import worker_egress
from components.runner_fleet.aws_manager import manager_policy, metrics_access, worker_ssh
from components.runner_fleet.aws_shard import AwsShard, AwsShardArgs
from components.runner_fleet.document import ManagerInputs, manager_document
from components.secrets import empty_aws_secret
from settings.runner_fleet.section import AwsManager
from settings.runner_fleet.section import AwsShard as AwsShardSettings
from settings.runner_fleet.vocabulary import Colour, ManagerState
from settings.vocabulary import Cloud, Trust


@dataclass(frozen=True, kw_only=True)
class AwsRunnerFleetArgs:
    """Arguments of an AwsRunnerFleet."""

    fleet: RunnerFleetArgs
    trust: Trust
    manager: AwsManager

    @property
    def shards(self) -> Sequence[AwsShardSettings]:
        """The shards of the tier."""
        return self.fleet.settings.aws_shards[self.trust]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the tier's managers and shards of every colour share."""

    provider: aws.Provider
    secrets: Mapping[str, pulumi.Output[str]]
    """ARNs of the secrets by shard."""
    bucket: aws.s3.Bucket
    egress_group_ids: list[pulumi.Output[str]]


class AwsRunnerFleet(Component):
    """Managers, shards, cache and tokens of one trust tier on AWS.

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
    logins: dict[str, pulumi.Output[str]]
    """For each machine the command that logs an operator in."""

    def __init__(
        self,
        name: str,
        args: AwsRunnerFleetArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:runner_fleet:AwsRunnerFleet", name, context, providers=[aws_provider], opts=opts)
        fleet = args.fleet
        shared = Shared(
            provider=aws_provider,
            secrets={shard.name: empty_aws_secret(self, f"token-{shard.name}").arn for shard in args.shards},
            bucket=s3_cache(self, fleet.settings.cache.expiry_days),
            egress_group_ids=worker_egress(self, fleet.aws_network),
        )
        self.worker_groups, self.logins = [], {}
        for colour, state in args.manager.colours.in_use().items():
            shards = _shards(self, args, shared, colour)
            manager = _manager(self, args, shared, shards, colour=colour, state=state)
            self.logins[manager.name] = manager.login
            self.worker_groups += [shard.group_name for shard in shards]
        self.token_secrets = list(shared.secrets.values())
        self.draining = draining_managers(Cloud.AWS, args.trust, args.manager.colours)
        self.register_outputs({"worker_groups": self.worker_groups, "token_secrets": self.token_secrets})


def _shards(component: Component, args: AwsRunnerFleetArgs, shared: Shared, colour: Colour) -> list[AwsShard]:
    fleet = args.fleet
    return [
        AwsShard(
            f"shard-{shard.name}-{colour}",
            AwsShardArgs(
                settings=shard,
                colour=colour,
                max_vm_age_hours=fleet.settings.max_vm_age_hours,
                vpc_id=fleet.aws_network.vpc_id,
                subnet_ids=fleet.aws_network.worker_subnet_ids[args.trust],
                egress_group_ids=shared.egress_group_ids,
                inherited_tags=fleet.inherited_tags,
            ),
            component.context,
            aws_provider=shared.provider,
            opts=pulumi.ResourceOptions(parent=component),
        )
        for shard in args.shards
    ]


def _manager(
    component: Component,
    args: AwsRunnerFleetArgs,
    shared: Shared,
    shards: Sequence[AwsShard],
    *,
    colour: Colour,
    state: ManagerState,
) -> Ec2Machine:
    fleet, name = args.fleet, manager_name(Cloud.AWS, args.trust, colour)
    log_group = _log_group(component, fleet, name)
    inputs = ManagerInputs(
        cloud=Cloud.AWS,
        colour=colour,
        state=state,
        groups={shard.settings.name: shard.group_name for shard in shards},
        token_secrets=shared.secrets,
        bucket=shared.bucket.bucket,
        log=log_group.name,
        region=component.context.aws_region,
    )
    machine = Ec2Machine(
        name,
        Ec2MachineArgs(
            role="runner-manager",
            document=manager_document(fleet.settings, inputs),
            store=fleet.store,
            alerts=fleet.aws_alerts,
            size=args.manager.size,
            image=fleet.aws_image,
            vpc_id=fleet.aws_network.vpc_id,
            subnet_id=fleet.aws_network.private_subnet_ids[0],
            availability_zone=fleet.aws_zone,
        ),
        manager_context(component.context, state),
        aws_provider=shared.provider,
        opts=pulumi.ResourceOptions(parent=component),
    )
    secrets = list(shared.secrets.values())
    manager_policy(component, machine, shards, secrets=secrets, bucket=shared.bucket, log_group=log_group)
    worker_ssh(component, machine, shards)
    metrics_access(component, machine, fleet.settings.metrics_cidr)
    manager_alarms(component, fleet.aws_alerts, machine, log_group, shards)
    for shard in shards:
        group_at_max_alarm(component, fleet.aws_alerts, shard)
        starved_alarm(component, fleet.aws_alerts, shard)
    return machine


def _log_group(component: Component, fleet: RunnerFleetArgs, name: str) -> aws.cloudwatch.LogGroup:
    return aws.cloudwatch.LogGroup(
        name,
        name=component.context.physical_name(name, kind="secret"),
        retention_in_days=fleet.settings.log_retention_days,
        tags=component.tags(),
        opts=component.child(),
    )
