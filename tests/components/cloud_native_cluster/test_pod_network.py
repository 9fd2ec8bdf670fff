"""Who may alter network interfaces: the CNI those of its cluster, and a node none, as AWS would decide."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from capture import Capture
from tests.policies.mutations import Pick, change
from tests.registrations import inputs, one, trust_of
from tests.rights import allows
from tests.support import STACKS, estate

TAG = "aws:ResourceTag/cluster.k8s.amazonaws.com/name"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

ALTERING = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:AttachNetworkInterface",
    "ec2:CreateTags",
    "ec2:DeleteNetworkInterface",
    "ec2:DetachNetworkInterface",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:UnassignPrivateIpAddresses",
)

PUBLISHED: dict[str, tuple[str, ...]] = {
    "AmazonEC2ContainerRegistryPullOnly": (
        "ecr:BatchGetImage",
        "ecr:BatchImportUpstreamImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    ),
    "AmazonEKSWorkerNodePolicy": (
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstances",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVolumes",
        "ec2:DescribeVolumesModifications",
        "ec2:DescribeVpcs",
        "eks-auth:AssumeRoleForPodIdentity",
        "eks:DescribeCluster",
    ),
    "AmazonEKS_CNI_Policy": ALTERING,
}
"""What policies of AWS allow on every resource (AWS managed policy reference), the last as far as this page asks."""


def policies_of(capture: Capture, role: str) -> Iterator[Any]:
    """Every policy of a role: its own, and those of AWS. Raises KeyError for one that is not known."""
    urn = one(capture, "aws:iam/role:Role", role).urn
    for entry in capture.of_type("aws:iam/rolePolicy:RolePolicy"):
        if urn in entry.property_dependencies["role"]:
            yield entry.inputs["policy"]
    for entry in capture.of_type(ATTACHMENT):
        if urn in entry.property_dependencies["role"]:
            name = str(entry.inputs["policyArn"]).rpartition("/")[2]
            yield json.dumps({"Statement": [{"Effect": "Allow", "Action": PUBLISHED[name], "Resource": "*"}]})


def interface(capture: Capture) -> str:
    """Any network interface of the account."""
    account = json.loads(str(capture.of_type("pulumi:providers:aws")[0].inputs["allowedAccountIds"]))[0]
    return f"arn:aws:ec2:us-east-1:{account}:network-interface/eni-0a"


def altered(capture: Capture, role: str, request: dict[str, str]) -> set[str]:
    """What a role may do to an interface with such tags."""
    target, policies = interface(capture), list(policies_of(capture, role))
    return {action for action in ALTERING if any(allows(policy, action, target, request) for policy in policies)}


@pytest.mark.parametrize("stack", STACKS)
def test_a_node_alters_no_interface_of_another_machine(stack: str) -> None:
    assert altered(estate(stack), "cloud-native-node", {}) == set()


def test_a_node_with_the_policy_of_aws_would_alter_every_interface() -> None:
    pick = Pick(ATTACHMENT, "cloud-native-node-")
    broken = change(pick, {"policyArn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"})(estate("staging"))

    assert altered(broken.capture, "cloud-native-node", {}) == set(ALTERING)


@pytest.mark.parametrize("stack", STACKS)
def test_the_network_of_pods_alters_the_interfaces_of_its_cluster_alone(stack: str) -> None:
    capture = estate(stack)
    cluster = inputs(capture, "aws:eks/cluster:Cluster", "cloud-native")["name"]

    assert altered(capture, "cloud-native-pod-network", {TAG: cluster}) == set(ALTERING)
    assert altered(capture, "cloud-native-pod-network", {}) == set(), "nor may it mark another's as its own"
    assert altered(capture, "cloud-native-pod-network", {TAG: f"{cluster}-2"}) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_nodes_start_with_the_mark_that_lets_the_network_of_pods_alter_their_interface(stack: str) -> None:
    capture = estate(stack)
    template = inputs(capture, "aws:ec2/launchTemplate:LaunchTemplate", "cloud-native-nodes")

    (tags,) = (each["tags"] for each in template["tagSpecifications"] if each["resourceType"] == "network-interface")
    assert altered(capture, "cloud-native-pod-network", {f"aws:ResourceTag/{key}": tags[key] for key in tags})


@pytest.mark.parametrize("stack", STACKS)
def test_one_service_account_of_one_cluster_takes_the_role(stack: str) -> None:
    capture = estate(stack)
    (statement,) = trust_of(capture, "cloud-native-pod-network")
    addon = inputs(capture, "aws:eks/addon:Addon", "cloud-native-vpc-cni")

    (association,) = addon["podIdentityAssociations"]
    told = statement["Condition"]["StringEquals"]
    assert told["aws:RequestTag/kubernetes-service-account"] == association["serviceAccount"]
    assert told["aws:RequestTag/kubernetes-namespace"] == "kube-system"
    assert told["aws:RequestTag/eks-cluster-arn"].startswith("arn:aws:eks:")
