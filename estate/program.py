"""Every system of the estate, once, in the order of the drawing in docs/architecture.md."""

from dataclasses import dataclass

from components.component import StackContext
from components.dns import PublicZone, PublicZoneArgs
from components.network import AwsNetwork, AwsNetworkArgs, GcpNetwork, GcpNetworkArgs
from estate.providers import Providers, make_providers
from settings.stack import Settings


@dataclass(frozen=True)
class Networks:
    """The networks that systems are placed in."""

    testground: GcpNetwork
    build_runners: GcpNetwork
    aws: AwsNetwork


def build_estate(settings: Settings) -> None:
    """Builds everything that the settings describe."""
    context = StackContext(
        stack=settings.stack,
        name_prefix=settings.estate.name_prefix,
        protected=settings.estate.protected,
        gcp_region=settings.gcp.region,
        gcp_zone=settings.gcp.zone,
        aws_region=settings.aws.region,
        aws_account_id=settings.aws.account_id,
    )
    providers = make_providers(settings)
    PublicZone("public-zone", PublicZoneArgs(settings.dns.domain), context, gcp_provider=providers.testground)
    _networks(settings, context, providers)


def _networks(settings: Settings, context: StackContext, providers: Providers) -> Networks:
    network = settings.network
    return Networks(
        testground=GcpNetwork(
            "testground",
            GcpNetworkArgs(network.gcp.testground, network.flow_logs),
            context,
            gcp_provider=providers.testground,
        ),
        build_runners=GcpNetwork(
            "build-runners",
            GcpNetworkArgs(network.gcp.omnibus_build_runners, network.flow_logs),
            context,
            gcp_provider=providers.build_runners,
        ),
        aws=AwsNetwork(
            "aws",
            AwsNetworkArgs(network.aws, settings.aws.availability_zones, network.flow_logs),
            context,
            aws_provider=providers.aws,
        ),
    )
