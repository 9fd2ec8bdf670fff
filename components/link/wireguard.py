"""The doors of a WireGuard tunnel between one host on GCE and one on EC2: the peer's address, one port, nothing else.

The tunnel itself is made on the hosts, with keys that they make at their first boot.
"""

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.component import Component


def open_on_gcp(
    component: Component,
    *,
    network_id: pulumi.Input[str],
    service_account_email: pulumi.Input[str],
    peer_address: pulumi.Input[str],
    port: int,
) -> None:
    """Lets the peer reach the tunnel of a GCE host. Egress is open on GCP."""
    gcp.compute.Firewall(
        f"{component.name}-wireguard",
        name=component.context.physical_name(component.name, "wireguard", kind="gce"),
        network=network_id,
        direction="INGRESS",
        priority=1000,
        source_ranges=[pulumi.Output.concat(peer_address, "/32")],
        target_service_accounts=[service_account_email],
        allows=[gcp.compute.FirewallAllowArgs(protocol="udp", ports=[str(port)])],
        log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
        opts=component.child(),
    )


def open_on_aws(
    component: Component, *, security_group_id: pulumi.Input[str], peer_address: pulumi.Input[str], port: int
) -> None:
    """Lets the peer reach the tunnel of an EC2 host, and the host reach the peer's."""
    peer = pulumi.Output.concat(peer_address, "/32")
    aws.vpc.SecurityGroupIngressRule(
        f"{component.name}-wireguard",
        security_group_id=security_group_id,
        description="WireGuard from the peer",
        cidr_ipv4=peer,
        ip_protocol="udp",
        from_port=port,
        to_port=port,
        tags=component.tags("wireguard"),
        opts=component.child(),
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{component.name}-wireguard",
        security_group_id=security_group_id,
        description="WireGuard to the peer",
        cidr_ipv4=peer,
        ip_protocol="udp",
        from_port=port,
        to_port=port,
        tags=component.tags("wireguard"),
        opts=component.child(),
    )
