"""The doors of a WireGuard tunnel between one host on GCE and one on EC2: the peer's address, one port, nothing else.

The tunnel itself is made on the hosts, with keys that they make at their first boot.
"""

import pulumi

from components.aws_firewall import aws_egress, aws_ingress
from components.component import Component
from components.gcp_firewall import gcp_egress, gcp_ingress


def open_on_gcp(
    component: Component,
    *,
    network_id: pulumi.Input[str],
    service_account_email: pulumi.Input[str],
    peer_address: pulumi.Input[str],
    port: int,
) -> None:
    """Lets the peer reach the tunnel of a GCE host, and the host reach the peer's."""
    peer, account = pulumi.Output.concat(peer_address, "/32"), service_account_email
    gcp_ingress(
        component,
        "wireguard",
        network_id,
        sources=[peer],
        protocol="udp",
        ports=[str(port)],
        service_accounts=[account],
    )
    gcp_egress(
        component,
        "wireguard",
        network_id,
        destinations=[peer],
        protocol="udp",
        ports=[str(port)],
        service_accounts=[account],
    )


def open_on_aws(
    component: Component, *, security_group_id: pulumi.Input[str], peer_address: pulumi.Input[str], port: int
) -> None:
    """Lets the peer reach the tunnel of an EC2 host, and the host reach the peer's."""
    peer = pulumi.Output.concat(peer_address, "/32")
    name = f"{component.name}-wireguard"
    aws_ingress(
        component,
        name,
        security_group_id,
        description="WireGuard from the peer",
        port=port,
        protocol="udp",
        cidr=peer,
        tag="wireguard",
    )
    aws_egress(
        component,
        name,
        security_group_id,
        description="WireGuard to the peer",
        port=port,
        protocol="udp",
        cidr=peer,
        tag="wireguard",
    )
