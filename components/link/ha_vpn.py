"""HA VPN: four IPsec tunnels with BGP between a GCP network and an AWS VPC."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.gcp_firewall import gcp_egress, gcp_ingress
from components.link.aws_side import aws_side
from components.link.gcp_side import gcp_gateway, gcp_tunnels
from components.link.tunnels import Tunnel
from components.network import AwsNetwork, GcpNetwork
from settings.link.section import HaVpnLink


@dataclass(frozen=True, kw_only=True)
class HaVpnArgs:
    """Arguments of an HaVpn."""

    settings: HaVpnLink
    gcp_network: GcpNetwork
    gcp_cidr: str
    """Range of the GCP network, which AWS lets in to answer pings."""
    aws_network: AwsNetwork


class HaVpn(Component):
    """Two networks joined by four tunnels, the only topology with Google's 99.99 % (Google, "HA VPN topologies").

    **Pulumi type:** `packyard:link:HaVpn`

    Makes the gateways, connections, tunnels and BGP sessions of both sides, the propagation of routes into the private
    and public route tables of the VPC, and the rules that let the networks ping each other. What else may pass is each
    system's own rule. A virtual private gateway carries traffic through one tunnel at a time; a transit gateway would
    use all four for about 110 $ a month more, which nothing here needs. Machines whose packets must not be split clamp
    their segments to the tunnel's MTU of 1436 bytes.

    Each tunnel has a pre-shared key of its own. Google's side takes it as a write-only input; AWS's side keeps it in
    the Pulumi state, encrypted, as `tunnelNPresharedKey` and inside `customerGatewayConfiguration`.
    """

    gateway_addresses: list[pulumi.Output[str]]
    """Public addresses of Google's gateway."""
    ping_group_id: pulumi.Output[str]
    """Security group for machines in the VPC that the GCP network may ping."""

    def __init__(
        self,
        name: str,
        args: HaVpnArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:link:HaVpn", name, context, providers=[gcp_provider, aws_provider], opts=opts)
        tunnels = _tunnels(args.settings)
        gateway = gcp_gateway(self, args.gcp_network, args.settings.gcp_asn)
        far = aws_side(
            self, args.aws_network, args.settings, tunnels, gateway_addresses=gateway.addresses, ping_cidr=args.gcp_cidr
        )
        gcp_tunnels(self, gateway, far, args.settings, tunnels)
        _pings(self, args)

        self.gateway_addresses = list(gateway.addresses)
        self.ping_group_id = far.ping_group_id
        self.register_outputs({"gateway_addresses": self.gateway_addresses, "ping_group_id": self.ping_group_id})


def _tunnels(settings: HaVpnLink) -> Sequence[Tunnel]:
    return [
        Tunnel(number=number, inside_cidr=cidr, preshared_key=pulumi.Output.secret(key.get_secret_value()))
        for number, (cidr, key) in enumerate(zip(settings.inside_cidrs, settings.preshared_keys, strict=True))
    ]


def _pings(component: Component, args: HaVpnArgs) -> None:
    """Path MTU discovery and a probe of the link need ICMP; nothing else passes by itself."""
    network_id, far = args.gcp_network.network_id, args.aws_network.cidr
    gcp_ingress(component, "ping", network_id, sources=[far], protocol="icmp")
    gcp_egress(component, "ping", network_id, destinations=[far], protocol="icmp")
