"""One shard on AWS: a worker group that its manager alone scales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws_firewall import aws_egress
from components.component import Component, StackContext
from components.runner_fleet.args import group_name
from components.runner_fleet.worker_boot import worker_user_data
from settings.naming import by_content
from settings.runner_fleet.section import AwsShard as AwsShardSettings
from settings.runner_fleet.vocabulary import Capacity, Colour, WorkerSystem

ROOT_DEVICES = {
    WorkerSystem.DEBIAN: "/dev/xvda",
    WorkerSystem.UBUNTU: "/dev/sda1",
    WorkerSystem.AMAZON_LINUX: "/dev/xvda",
}
"""Name of the root disk in each system's images; a wrong one would add a second disk and leave the root unencrypted."""

GROUP_METRICS = ("GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupTotalInstances")
"""What the alarms look at; Auto Scaling publishes none of them unless asked."""


@dataclass(frozen=True, kw_only=True)
class AwsShardArgs:
    """Arguments of an AwsShard."""

    settings: AwsShardSettings
    colour: Colour
    max_vm_age_hours: int
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """One private subnet in each of three zones."""
    egress_group_ids: Sequence[pulumi.Input[str]]
    """Security groups that open the internet, and nothing private, to all workers."""
    inherited_tags: Mapping[str, str]


class AwsShard(Component):
    """A worker group of one shard and colour.

    **Pulumi type:** `packyard:runner_fleet:AwsShard`

    Makes a security group, a launch template and an Auto Scaling group of size 0. Size belongs to the manager: there is
    no scaling policy, no instance refresh, no rebalancing, and a `pulumi up` leaves the size alone. Workers have no
    role, no key, no public address, and nothing in their user data but their age limit.
    """

    group_name: pulumi.Output[str]
    """Name of the Auto Scaling group."""
    group_arn: pulumi.Output[str]
    """ARN of the Auto Scaling group."""
    security_group_id: pulumi.Output[str]
    """Own security group; the manager adds its one rule to it."""

    def __init__(
        self,
        name: str,
        args: AwsShardArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:runner_fleet:AwsShard", name, context, providers=[aws_provider], opts=opts)
        security_group = _security_group(self, args)
        template = _launch_template(self, args, security_group)
        group = _group(self, args, template)

        self.settings = args.settings
        self.group_name = group.name
        self.group_arn = group.arn
        self.security_group_id = security_group.id
        self.register_outputs({"group_name": self.group_name})


def _security_group(component: Component, args: AwsShardArgs) -> aws.ec2.SecurityGroup:
    group = aws.ec2.SecurityGroup(
        f"{component.name}-workers",
        vpc_id=args.vpc_id,
        description=f"Workers of {args.settings.name} {args.colour}: SSH from their manager alone",
        tags=component.tags(component.name),
        opts=component.child(),
    )
    for endpoint in args.settings.private_access:
        aws_egress(
            component,
            f"{component.name}-private-{by_content(endpoint.cidr, endpoint.port)}",
            group.id,
            description=endpoint.purpose,
            port=endpoint.port,
            cidr=endpoint.cidr,
        )
    return group


def _launch_template(component: Component, args: AwsShardArgs, group: aws.ec2.SecurityGroup) -> aws.ec2.LaunchTemplate:
    tags = _worker_tags(component, args)
    return aws.ec2.LaunchTemplate(
        component.name,
        image_id=args.settings.image,
        update_default_version=True,
        user_data=worker_user_data(args.max_vm_age_hours),
        # Poweroff, which is how a worker ends itself, would otherwise leave a stopped instance that is still paid for.
        instance_initiated_shutdown_behavior="terminate",
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            # One hop: containers cannot reach the metadata service.
            http_put_response_hop_limit=1,
            instance_metadata_tags="disabled",
        ),
        block_device_mappings=[_root_disk(args)],
        network_interfaces=[
            aws.ec2.LaunchTemplateNetworkInterfaceArgs(
                device_index=0,
                associate_public_ip_address="false",
                delete_on_termination="true",
                security_groups=[group.id, *args.egress_group_ids],
            )
        ],
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=resource_type, tags=tags)
            for resource_type in ("instance", "volume", "network-interface")
        ],
        tags=component.tags(component.name),
        opts=component.child(),
    )


def _root_disk(args: AwsShardArgs) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=ROOT_DEVICES[args.settings.system],
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_size=args.settings.boot_disk_gib,
            volume_type="gp3",
            encrypted="true",
            delete_on_termination="true",
        ),
    )


def _group(component: Component, args: AwsShardArgs, template: aws.ec2.LaunchTemplate) -> aws.autoscaling.Group:
    return aws.autoscaling.Group(
        component.name,
        name=group_name(component.context, args.settings.name, args.colour),
        desired_capacity=0,
        min_size=0,
        max_size=args.settings.max_instances,
        vpc_zone_identifiers=args.subnet_ids,
        mixed_instances_policy=_mixed_instances(args, template),
        # Rebalancing ends busy instances in one zone to start idle ones in another (GitLab Runner, autoscaler).
        suspended_processes=["AZRebalance"],
        # Only the manager knows which instance is idle; the plugin logs an error without this.
        protect_from_scale_in=True,
        # On, the group would replace instances behind the manager's back when spot grows scarce.
        capacity_rebalance=False,
        health_check_type="EC2",
        enabled_metrics=[aws.autoscaling.Metric(metric) for metric in GROUP_METRICS],
        metrics_granularity="1Minute",
        # An empty group is how it should be: waiting for capacity would wait for ever.
        wait_for_capacity_timeout="0",
        # Protected instances would make a destroy hang.
        force_delete=True,
        # Default tags of a provider do not reach the instances of a group.
        tags=[
            aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=True)
            for key, value in _worker_tags(component, args).items()
        ],
        opts=component.child(ignore_changes=["desiredCapacity"]),
    )


def _mixed_instances(
    args: AwsShardArgs, template: aws.ec2.LaunchTemplate
) -> aws.autoscaling.GroupMixedInstancesPolicyArgs:
    spot = args.settings.capacity is Capacity.SPOT
    return aws.autoscaling.GroupMixedInstancesPolicyArgs(
        launch_template=aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateArgs(
            launch_template_specification=aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecificationArgs(
                # A new version reaches new workers alone; an instance refresh would end busy ones (CO#1375).
                launch_template_id=template.id,
                version="$Latest",
            ),
            overrides=[
                aws.autoscaling.GroupMixedInstancesPolicyLaunchTemplateOverrideArgs(instance_type=instance_type)
                for instance_type in args.settings.instance_types
            ],
        ),
        instances_distribution=aws.autoscaling.GroupMixedInstancesPolicyInstancesDistributionArgs(
            on_demand_base_capacity=0,
            on_demand_percentage_above_base_capacity=0 if spot else 100,
            on_demand_allocation_strategy="prioritized",
            # AWS's own recommendation: cheapest of the pools that are least likely to be taken back.
            spot_allocation_strategy="price-capacity-optimized" if spot else None,
        ),
    )


def _worker_tags(component: Component, args: AwsShardArgs) -> dict[str, str]:
    own = {"shard": args.settings.name, "trust": args.settings.trust.value, "colour": args.colour.value}
    return {**args.inherited_tags, **component.tags(component.name), **own}
