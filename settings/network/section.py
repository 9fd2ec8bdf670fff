"""Networks of both clouds: address plans, NAT, endpoints and flow logs."""

import ipaddress
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from settings.base import Section
from settings.faults import SectionError
from settings.vocabulary import CloudWatchRetentionDays, NetworkCidr, SubnetCidr, Trust

SUBNET_BLOCKS = {
    "public": (0, 1, 2),
    "private": (4, 5, 6),
    "runners": (8, 9, 10),
    "protected": (12, 13, 14),
    "publish": (3, 7, 11),
}
"""Which sixteenth of the VPC each tier of subnets has in zone 0, 1 and 2. Public subnets hold NAT gateways, and
machines whose protocol needs a public address of their own; the last three hold workers, "runners" untrusted ones."""

WORKER_SUBNETS = {Trust.UNTRUSTED: "runners", Trust.PROTECTED: "protected", Trust.PUBLISH: "publish"}
"""The tier of subnets that the workers of each trust tier have on AWS."""


class NatMode(StrEnum):
    """One NAT gateway saves about 65 $ a month; one in each zone survives the loss of a zone.

    A trusted tier with shards on AWS has as many of its own.
    """

    SINGLE = "single"
    PER_ZONE = "perZone"


class GcpNetworks(Section):
    """One VPC network in each project that has machines; the subnet of each."""

    testground: SubnetCidr
    """Dev instance, package server and one database host."""
    omnibus_build_runners: SubnetCidr
    """The untrusted tier: its runner manager and workers, apart from everything else."""
    protected_build_runners: SubnetCidr | None = None
    """The protected tier. Needed where GCP has a protected shard."""
    publish_build_runners: SubnetCidr | None = None
    """The publish tier. Needed where GCP has a publish shard."""

    def of_tier(self, trust: Trust) -> str | None:
        """The range of a tier's network; None where the stack has none."""
        return {
            Trust.UNTRUSTED: self.omnibus_build_runners,
            Trust.PROTECTED: self.protected_build_runners,
            Trust.PUBLISH: self.publish_build_runners,
        }[trust]


class AwsNetwork(Section):
    """The AWS VPC, cut into tiers of subnets over three zones."""

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
        return str(blocks[SUBNET_BLOCKS[tier][zone]])


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
