"""AWS's side of the HA VPN: gateway, two connections of two tunnels each, routes and a security group."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.aws_firewall import aws_ingress
from components.component import Component
from components.link.tunnels import FarSide, Tunnel, TunnelEnd
from components.network import AwsNetwork
from settings.link.section import HaVpnLink

ENCRYPTION = "AES256"
INTEGRITY = "SHA2-256"
DH_GROUP = 18
"""One algorithm of each kind, the same on both sides (gcp_side.py). With AWS's default sets the IKE payload fragments
and Cloud VPN "can fail to rekey" (Google Cloud VPN, known issues)."""

SECRET_OUTPUTS = ["customerGatewayConfiguration", "tunnel1PresharedKey", "tunnel2PresharedKey"]
"""What AWS answers with the keys inside; the provider should mark them, and a slip of it would print them."""


def aws_side(
    component: Component,
    network: AwsNetwork,
    settings: HaVpnLink,
    tunnels: Sequence[Tunnel],
    *,
    gateway_addresses: Sequence[pulumi.Output[str]],
    ping_cidr: str,
) -> FarSide:
    """A connection for each of Google's two interfaces, all on one virtual private gateway."""
    name = component.name
    gateway = aws.ec2.VpnGateway(
        name,
        vpc_id=network.vpc_id,
        amazon_side_asn=str(settings.aws_asn),
        tags=component.tags(name),
        opts=component.child(),
    )
    for place, table in {**network.private_route_table_ids, "public": network.public_route_table_id}.items():
        aws.ec2.VpnGatewayRoutePropagation(
            f"{name}-{place}", vpn_gateway_id=gateway.id, route_table_id=table, opts=component.child()
        )
    ends: list[TunnelEnd] = []
    for index, address in enumerate(gateway_addresses):
        customer = aws.ec2.CustomerGateway(
            f"{name}-{index}",
            bgp_asn=str(settings.gcp_asn),
            ip_address=address,
            type="ipsec.1",
            tags=component.tags(f"{name}-{index}"),
            opts=component.child(),
        )
        ends += _connection(component, index, gateway, customer, tunnels=(tunnels[2 * index], tunnels[2 * index + 1]))
    return FarSide(ends, _ping_group(component, network, ping_cidr).id)


def _connection(
    component: Component,
    index: int,
    gateway: aws.ec2.VpnGateway,
    customer: aws.ec2.CustomerGateway,
    *,
    tunnels: tuple[Tunnel, Tunnel],
) -> list[TunnelEnd]:
    first, second = tunnels
    name = f"{component.name}-{index}"
    connection = aws.ec2.VpnConnection(
        name,
        type="ipsec.1",
        vpn_gateway_id=gateway.id,
        customer_gateway_id=customer.id,
        static_routes_only=False,
        preshared_key_storage="SecretsManager",
        tunnel1_inside_cidr=first.inside_cidr,
        tunnel1_preshared_key=first.preshared_key,
        tunnel1_ike_versions=["ikev2"],
        tunnel1_phase1_encryption_algorithms=[ENCRYPTION],
        tunnel1_phase1_integrity_algorithms=[INTEGRITY],
        tunnel1_phase1_dh_group_numbers=[DH_GROUP],
        tunnel1_phase2_encryption_algorithms=[ENCRYPTION],
        tunnel1_phase2_integrity_algorithms=[INTEGRITY],
        tunnel1_phase2_dh_group_numbers=[DH_GROUP],
        tunnel1_startup_action="start",
        tunnel1_dpd_timeout_action="restart",
        tunnel2_inside_cidr=second.inside_cidr,
        tunnel2_preshared_key=second.preshared_key,
        tunnel2_ike_versions=["ikev2"],
        tunnel2_phase1_encryption_algorithms=[ENCRYPTION],
        tunnel2_phase1_integrity_algorithms=[INTEGRITY],
        tunnel2_phase1_dh_group_numbers=[DH_GROUP],
        tunnel2_phase2_encryption_algorithms=[ENCRYPTION],
        tunnel2_phase2_integrity_algorithms=[INTEGRITY],
        tunnel2_phase2_dh_group_numbers=[DH_GROUP],
        tunnel2_startup_action="start",
        tunnel2_dpd_timeout_action="restart",
        tags=component.tags(name),
        opts=pulumi.ResourceOptions.merge(
            component.child(), pulumi.ResourceOptions(additional_secret_outputs=SECRET_OUTPUTS)
        ),
    )
    return [
        TunnelEnd(
            connection.tunnel1_address, connection.tunnel1_cgw_inside_address, connection.tunnel1_vgw_inside_address
        ),
        TunnelEnd(
            connection.tunnel2_address, connection.tunnel2_cgw_inside_address, connection.tunnel2_vgw_inside_address
        ),
    ]


def _ping_group(component: Component, network: AwsNetwork, ping_cidr: str) -> aws.ec2.SecurityGroup:
    name = f"{component.name}-ping"
    group = aws.ec2.SecurityGroup(
        name,
        vpc_id=network.vpc_id,
        description="Answers pings from the other side of the link",
        tags=component.tags("ping"),
        opts=component.child(),
    )
    aws_ingress(
        component,
        name,
        group.id,
        description="ICMP from the GCP network",
        # -1 stands for every type and code: path MTU discovery needs more than echo.
        port=-1,
        protocol="icmp",
        cidr=ping_cidr,
        tag="ping",
    )
    return group
