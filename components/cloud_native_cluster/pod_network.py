"""The identity of the VPC CNI, which gives pods their addresses: its own, and for this cluster's interfaces alone."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.iam import Statement, policy_document
from components.network import AwsNetwork
from components.roles import bounded_role

SERVICE_ACCOUNT = "aws-node"
"""Of the add-on's pods, in the namespace kube-system."""

CLUSTER_TAG = "cluster.k8s.amazonaws.com/name"
"""What the CNI marks interfaces with that it makes; the node's first one has it from the launch template."""

INTERFACE_CHANGES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:AttachNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DetachNetworkInterface",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:UnassignPrivateIpAddresses",
)
INSTANCE_CHANGES = ("ec2:AttachNetworkInterface", "ec2:DetachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute")


def pod_network_role(component: Component, cluster: aws.eks.Cluster, network: AwsNetwork, name: str) -> aws.iam.Role:
    """The role that the pods of the CNI take in this cluster, and no others. `name` is the cluster's own."""
    role = bounded_role(
        component, f"{component.name}-pod-network", trust=_trust(cluster), tags=component.tags("pod-network")
    )
    aws.iam.RolePolicy(
        f"{component.name}-pod-network",
        role=role.name,
        policy=policy_document(*_statements(component, name, network.vpc_id)),
        opts=component.child(),
    )
    return role


def _trust(cluster: aws.eks.Cluster) -> pulumi.Output[str]:
    """EKS puts the tags on every session of a pod, and a pod cannot choose them (EKS user guide, "Pod Identity")."""
    return policy_document(
        Statement(
            actions=["sts:AssumeRole", "sts:TagSession"],
            principals={"Service": "pods.eks.amazonaws.com"},
            conditions={
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-arn": cluster.arn,
                    "aws:RequestTag/kubernetes-namespace": "kube-system",
                    "aws:RequestTag/kubernetes-service-account": SERVICE_ACCOUNT,
                }
            },
        )
    )


def _statements(component: Component, cluster: str, vpc_id: pulumi.Input[str]) -> Sequence[Statement]:
    """What the CNI's own page asks for (amazon-vpc-cni-k8s, docs/iam-policy.md, for one cluster), and less.

    There the CNI may mark any interface, and so make every machine's its own. Here it marks what it makes, and what has
    the mark already.
    """
    context = component.context
    ec2 = f"arn:aws:ec2:{context.aws_region}:{context.aws_account_id}"
    in_vpc = {"ArnEquals": {"ec2:Vpc": pulumi.Output.concat(f"{ec2}:vpc/", vpc_id)}}
    return (
        Statement(
            sid="DescribeHasNoResourceLevel",
            actions=[
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
            ],
            resources=["*"],
        ),
        *_on_interfaces(f"{ec2}:network-interface/*", cluster),
        Statement(
            sid="MakeThemInThisNetwork",
            actions=["ec2:CreateNetworkInterface"],
            resources=[f"{ec2}:subnet/*", f"{ec2}:security-group/*"],
            conditions=in_vpc,
        ),
        Statement(
            sid="ChangeThemOnNodes",
            actions=INSTANCE_CHANGES,
            resources=[f"{ec2}:instance/*"],
            conditions={"StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"}},
        ),
        Statement(
            sid="GroupsOfThisNetwork",
            actions=["ec2:ModifyNetworkInterfaceAttribute"],
            resources=[f"{ec2}:security-group/*"],
            conditions=in_vpc,
        ),
    )


def _on_interfaces(interfaces: str, cluster: str) -> Sequence[Statement]:
    """Makes marked ones, and changes marked ones."""
    return (
        Statement(
            sid="MakeMarkedInterfaces",
            actions=["ec2:CreateNetworkInterface"],
            resources=[interfaces],
            conditions={"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": cluster}},
        ),
        Statement(
            sid="MarkWhatIsMade",
            actions=["ec2:CreateTags"],
            resources=[interfaces],
            conditions={"StringEquals": {"ec2:CreateAction": "CreateNetworkInterface"}},
        ),
        Statement(
            sid="ChangeMarkedInterfaces",
            actions=[*INTERFACE_CHANGES, "ec2:CreateTags"],
            resources=[interfaces],
            conditions={"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster}},
        ),
    )
