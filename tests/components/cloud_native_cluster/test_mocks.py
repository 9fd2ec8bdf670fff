"""The EKS cluster, seen through Pulumi's mocks."""

from collections.abc import Sequence

import pulumi
import pytest

from components.cloud_native_cluster import CloudNativeCluster, CloudNativeClusterArgs
from tests.components.mocks import Neighbours, built, context, once, present, settings

OFFICE = ("198.51.100.0/24",)


@pulumi.runtime.test
def build(ranges: Sequence[str] = ()) -> None:
    near = Neighbours()
    own = present(settings().cloud_native_cluster).model_copy(update={"api_access_cidrs": tuple(ranges)})
    CloudNativeCluster(
        "cloud-native",
        CloudNativeClusterArgs(settings=own, network=near.aws),
        context(),
        aws_provider=near.providers.aws,
    )


@pytest.mark.parametrize("ranges", [(), OFFICE])
def test_the_api_is_public_to_the_named_ranges_alone(ranges: Sequence[str]) -> None:
    clouds = built(build, ranges)

    access = clouds.one("aws:eks/cluster:Cluster").inputs["vpcConfig"]
    assert access["endpointPublicAccess"] is bool(ranges)
    assert access.get("publicAccessCidrs", []) == list(ranges)


def test_whoever_creates_the_cluster_gets_no_hidden_right() -> None:
    clouds = once(build)

    access = clouds.one("aws:eks/cluster:Cluster").inputs["accessConfig"]
    entries = clouds.of_type("aws:eks/accessEntry:AccessEntry")
    assert access == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert {entry.inputs["principalArn"] for entry in entries} == set(
        present(settings().cloud_native_cluster).maintainers
    )


def test_a_pod_cannot_take_the_identity_of_its_node() -> None:
    clouds = once(build)

    options = clouds.one("aws:ec2/launchTemplate:LaunchTemplate").inputs["metadataOptions"]
    assert options == {"httpTokens": "required", "httpPutResponseHopLimit": 1}
