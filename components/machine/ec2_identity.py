"""The identity of a machine on EC2."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alerts import AWS_NAMESPACE
from components.component import Component, StackContext
from components.iam import Statement, policy_document, service_trust
from components.machine.args import MachineArgs
from components.machine_store import document_path
from components.roles import bounded_role

SESSION_ACTIONS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""All that Session Manager needs (AWS, "Add Session Manager permissions to an existing IAM role"). The managed policy
AmazonSSMManagedInstanceCore would add every parameter of the account."""


@dataclass(frozen=True)
class Identity:
    """Role, its policy, and the profile that hands it to the instance."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    profile: aws.iam.InstanceProfile


def ec2_role_name(context: StackContext, machine: str) -> str:
    """Name of a machine's role. Plain text, for those who trust the role before the machine is there."""
    return context.physical_name(machine, kind="iam_role")


def identity(component: Component, args: MachineArgs) -> Identity:
    """A role of the machine's own: its document, the bundles, its metrics, and sessions of operators."""
    name = f"{component.name}-machine"
    role = bounded_role(
        component,
        name,
        name=ec2_role_name(component.context, component.name),
        trust=service_trust("ec2.amazonaws.com"),
    )
    bucket = args.store.s3_bucket_arn
    policy = aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=policy_document(
            Statement(
                sid="OwnDocumentAndBundles",
                actions=["s3:GetObject"],
                resources=[
                    pulumi.Output.concat(bucket, "/", document_path(component.name)),
                    pulumi.Output.concat(bucket, "/bundles/*"),
                ],
            ),
            Statement(
                sid="PutMetricDataHasNoResourceLevel",
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": AWS_NAMESPACE}},
            ),
            Statement(sid="SessionManagerHasNoResourceLevel", actions=SESSION_ACTIONS, resources=["*"]),
        ),
        opts=component.child(),
    )
    profile = aws.iam.InstanceProfile(
        name,
        name=component.context.physical_name(component.name, kind="iam_role"),
        role=role.name,
        tags=component.tags(),
        opts=component.child(),
    )
    return Identity(role, policy, profile)
