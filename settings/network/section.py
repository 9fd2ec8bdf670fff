"""Networks of both clouds: address plans, NAT, endpoints and flow logs."""

import ipaddress
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from settings.base import Section
from settings.faults import SectionError
from settings.vocabulary import CloudWatchRetentionDays, NetworkCidr, SubnetCidr

SUBNET_TIERS = ("public", "private", "runners")
"""Tiers of AWS subnets, each over three zones. Public subnets hold NAT gateways, and machines whose protocol needs a
public address of their own."""


class NatMode(StrEnum):
    """One NAT gateway saves about 65 $ a month; one in each zone survives the loss of a zone."""

    SINGLE = "single"
    PER_ZONE = "perZone"


class GcpNetworks(Section):
    """One VPC network in each project that has machines; the subnet of each."""

    testground: SubnetCidr
    """Dev instance, package server and one database host."""
    omnibus_build_runners: SubnetCidr
    """Runner managers and their workers, apart from everything else."""


class AwsNetwork(Section):
    """The AWS VPC, cut into nine subnets: three tiers over three zones."""

    cidr: NetworkCidr
    """Range of the VPC. It never changes while something lives in it."""
    nat_gateways: NatMode
    """One NAT gateway for all zones, or one in each. Production needs one in each."""
    interface_endpoints: Annotated[tuple[str, ...], Field(examples=[["ssm", "ssmmessages", "ec2messages"]])] = ()
    """Services reached through interface endpoints instead of NAT, by their short names, such as "ssm"."""

    @model_validator(mode="after")
    def _endpoints_are_known(self) -> "AwsNetwork":
        unknown = sorted(set(self.interface_endpoints) - set(INTERFACE_ENDPOINTS))
        if unknown:
            raise SectionError(
                "interfaceEndpoints", f"names {', '.join(unknown)}", f"some of {', '.join(INTERFACE_ENDPOINTS)}"
            )
        return self

    def subnet_cidr(self, tier: str, zone: int) -> str:
        """The /(prefix + 4) network of a tier in zone 0, 1 or 2."""
        blocks = list(ipaddress.IPv4Network(self.cidr).subnets(prefixlen_diff=4))
        return str(blocks[SUBNET_TIERS.index(tier) * 4 + zone])


class FlowLogs(Section):
    """Flow logs of every network."""

    sampling: Annotated[float, Field(gt=0, le=1, examples=[0.5])]
    """Share of GCP flows that are logged, above 0 and at most 1. AWS logs all."""
    retention_days: CloudWatchRetentionDays
    """Days that CloudWatch keeps the flow logs of the VPC; Cloud Logging has its own 30 days."""


class NetworkSettings(Section):
    """All networks of the estate."""

    gcp: GcpNetworks
    aws: AwsNetwork
    flow_logs: FlowLogs


INTERFACE_ENDPOINTS = (
    "autoscaling",
    "ec2",
    "ec2messages",
    "kms",
    "logs",
    "monitoring",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "sts",
)
"""AWS services whose traffic is worth an interface endpoint (facts of the fleet, section 4). S3 is a gateway endpoint
and always there; ec2-instance-connect is a public API without an endpoint of this kind."""
