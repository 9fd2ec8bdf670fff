"""A manager on AWS: its machine, what it may do, and the one way to its workers."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.aws_firewall import aws_egress, aws_ingress
from components.component import Component
from components.iam import Statement, policy_document
from components.machine import Ec2Machine
from components.runner_fleet.aws_shard import AwsShard
from components.runner_fleet.config import METRICS_PORT
from components.secrets import read_aws_secrets
from settings.vocabulary import Cloud

SSH_PORT = 22


def manager_policy(
    component: Component,
    machine: Ec2Machine,
    shards: Sequence[AwsShard],
    *,
    secrets: Sequence[pulumi.Output[str]],
    bucket: aws.s3.Bucket,
    log_group: aws.cloudwatch.LogGroup,
) -> None:
    """What the plugin needs (fleeting-plugin-aws, README), for the groups of this manager alone."""
    context = component.context
    aws.iam.RolePolicy(
        f"{machine.name}-fleet",
        role=machine.role_name,
        policy=policy_document(
            Statement(
                sid="ScaleOwnGroups",
                actions=["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                resources=[shard.group_arn for shard in shards],
            ),
            Statement(
                sid="DescribeHasNoResourceLevel",
                actions=["autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances"],
                resources=["*"],
            ),
            Statement(
                sid="PushKeyToOwnWorkers",
                actions=["ec2-instance-connect:SendSSHPublicKey"],
                resources=[f"arn:aws:ec2:{context.aws_region}:{context.aws_account_id}:instance/*"],
                conditions={
                    "StringEquals": {
                        "ec2:ResourceTag/aws:autoscaling:groupName": [shard.group_name for shard in shards],
                        "ec2:osuser": sorted({str(shard.settings.user(Cloud.AWS)) for shard in shards}),
                    }
                },
            ),
            read_aws_secrets("ReadOwnTokens", secrets),
            *_cache_statements(bucket),
            Statement(
                sid="WriteOwnLog",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[pulumi.Output.concat(log_group.arn, ":*")],
            ),
        ),
        opts=component.child(),
    )


def _cache_statements(bucket: aws.s3.Bucket) -> tuple[Statement, ...]:
    """Cache URLs are signed on the manager, so it needs what it lets workers do."""
    return (
        Statement(sid="ListCache", actions=["s3:ListBucket"], resources=[bucket.arn]),
        Statement(
            sid="SignCacheUrls",
            actions=["s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject"],
            resources=[pulumi.Output.concat(bucket.arn, "/*")],
        ),
    )


def worker_ssh(component: Component, machine: Ec2Machine, shards: Sequence[AwsShard]) -> None:
    """SSH from the manager's security group to that of each of its shards, and nothing else in either direction."""
    for shard in shards:
        aws_ingress(
            component,
            f"{shard.name}-ssh",
            shard.security_group_id,
            description="SSH from the manager",
            port=SSH_PORT,
            peer_group_id=machine.security_group_id,
        )
        aws_egress(
            component,
            f"{machine.name}-ssh-{shard.settings.name}",
            machine.security_group_id,
            description=f"SSH to the workers of {shard.settings.name}",
            port=SSH_PORT,
            peer_group_id=shard.security_group_id,
        )


def metrics_access(component: Component, machine: Ec2Machine, metrics_cidr: str | None) -> None:
    """Prometheus alone reaches the metrics, which have no authentication; without a network of its own, nobody does."""
    if metrics_cidr is None:
        return
    aws_ingress(
        component,
        f"{machine.name}-metrics",
        machine.security_group_id,
        description="Metrics for Prometheus",
        port=METRICS_PORT,
        cidr=metrics_cidr,
    )
