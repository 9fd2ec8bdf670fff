"""The cloud-native EKS cluster, on which CI tries charts and operators."""

from typing import Annotated

from pydantic import Field, model_validator

from settings.addresses import is_world
from settings.base import Section
from settings.faults import SectionError
from settings.forms import pattern_type
from settings.vocabulary import AwsInstanceType, AwsRoleArn, CloudWatchRetentionDays, PublicCidr

NodeDiskGiB = Annotated[int, Field(ge=20, le=16384, examples=[50])]
"""A root disk in GiB: Amazon's image for nodes has 20, and a gp3 volume at most 16,384 (EKS and EBS user guides)."""


class ClusterNodes(Section):
    """The one managed node group."""

    instance_types: Annotated[tuple[AwsInstanceType, ...], Field(min_length=1, examples=[["m7i.large", "m7a.large"]])]
    """EC2 instance types of one size, best first. The group takes what there is, so name several."""
    minimum: Annotated[int, Field(ge=1, le=100, examples=[1])]
    """Least number of nodes; without one CoreDNS runs nowhere, and the update waits for it in vain."""
    maximum: Annotated[int, Field(ge=1, le=100, examples=[6])]
    """Largest number of nodes, and so the most that the cluster can cost."""
    disk_gib: Annotated[NodeDiskGiB, Field(alias="diskGiB")]
    """Root disk of each node in GiB: images of containers and their layers."""

    @model_validator(mode="after")
    def _minimum_fits(self) -> "ClusterNodes":
        if self.minimum > self.maximum:
            raise SectionError("minimum", f"{self.minimum} is above maximum {self.maximum}", f"{self.maximum} or fewer")
        return self


class CloudNativeClusterSettings(Section):
    """One EKS cluster. Nothing in it is stateful: CI makes everything anew."""

    version: Annotated[str, pattern_type(r"1\.[0-9]{2}", "a Kubernetes version", "1.36")]
    """Kubernetes version of the control plane, in quotes. It goes up by one minor version at a time, and never down."""
    nodes: ClusterNodes
    maintainers: tuple[AwsRoleArn, ...]
    """Roles that administer the cluster; everybody else asks one of them for access."""
    api_access_cidrs: tuple[PublicCidr, ...] = ()
    """Who reaches the API from the internet; empty keeps it private. From inside the VPC it is reached in any case."""
    log_retention_days: CloudWatchRetentionDays
    """Days that CloudWatch keeps the logs of the control plane."""

    @model_validator(mode="after")
    def _api_is_not_open(self) -> "CloudNativeClusterSettings":
        if is_world(self.api_access_cidrs):
            raise SectionError("apiAccessCidrs", "opens the cluster's API to the world", "the ranges that need it")
        return self
