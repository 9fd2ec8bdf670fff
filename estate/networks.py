"""The networks of the estate, and whose addresses leave from them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.component import StackContext
from components.network import AwsNetwork, AwsNetworkArgs, GcpNetwork, GcpNetworkArgs
from components.projects import PROJECT_NAMES
from estate.providers import Providers
from settings.stack import Settings
from settings.vocabulary import BUILD_PROJECTS, Trust


@dataclass(frozen=True)
class Networks:
    """The networks that systems are placed in."""

    testground: GcpNetwork
    workers: Mapping[Trust, GcpNetwork]
    """Of the tiers that have shards on GCP, each in the tier's project."""
    aws: AwsNetwork

    @property
    def publish_addresses(self) -> list[pulumi.Output[str]]:
        """Public addresses that publish jobs alone leave from."""
        near = [self.workers[Trust.PUBLISH].nat_address] if Trust.PUBLISH in self.workers else []
        return [*near, *self.aws.trusted_nat_addresses.get(Trust.PUBLISH, [])]


def make_networks(settings: Settings, context: StackContext, providers: Providers) -> Networks:
    """All networks that the settings describe."""
    network, fleet = settings.network, settings.runner_fleet
    on_aws = [] if fleet is None else [trust for trust in fleet.aws_shards if trust is not Trust.UNTRUSTED]
    return Networks(
        testground=GcpNetwork(
            "testground",
            GcpNetworkArgs(cidr=network.gcp.testground, flow_logs=network.flow_logs),
            context,
            gcp_provider=providers.testground,
        ),
        workers={
            trust: GcpNetwork(
                PROJECT_NAMES[project],
                GcpNetworkArgs(cidr=cidr, flow_logs=network.flow_logs),
                context,
                gcp_provider=providers.projects[project],
            )
            for trust, project in BUILD_PROJECTS.items()
            if (cidr := network.gcp.of_tier(trust)) is not None
            # Without the fleet nobody would leave from the address of a trusted tier, which is admitted elsewhere.
            and (trust is Trust.UNTRUSTED or fleet is not None)
        },
        aws=AwsNetwork(
            "aws",
            AwsNetworkArgs(
                settings=network.aws,
                availability_zones=settings.aws.availability_zones,
                trusted_tiers=on_aws,
                flow_logs=network.flow_logs,
            ),
            context,
            aws_provider=providers.aws,
        ),
    )
