"""The database port, for clients of the settings alone. While there are none, this makes nothing."""

from collections.abc import Sequence

import pulumi_aws as aws
import pulumi_gcp as gcp

from components.component import Component
from components.machine import Ec2Machine, GceMachine
from components.network import GcpNetwork
from settings.database_pair.document import POSTGRESQL_PORT


def open_to_clients(
    component: Component, cidrs: Sequence[str], network: GcpNetwork, pg_a: GceMachine, pg_b: Ec2Machine
) -> None:
    """Opens the port of both hosts' private addresses to the clients, so that a promotion changes no rule.

    A client reaches the host in its own cloud; the one in the other cloud only while the link joins the networks
    (`kind: haVpn`). The ranges are private, so nothing comes in through a public address.
    """
    if not cidrs:
        return
    gcp.compute.Firewall(
        f"{component.name}-clients",
        name=component.context.physical_name(component.name, "clients", kind="gce"),
        network=network.network_id,
        direction="INGRESS",
        priority=1000,
        source_ranges=list(cidrs),
        target_service_accounts=[pg_a.service_account_email],
        allows=[gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(POSTGRESQL_PORT)])],
        log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
        opts=component.child(),
    )
    for cidr in cidrs:
        aws.vpc.SecurityGroupIngressRule(
            f"{component.name}-clients-{cidr.replace('.', '-').replace('/', '-')}",
            security_group_id=pg_b.security_group_id,
            description="PostgreSQL from clients",
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=POSTGRESQL_PORT,
            to_port=POSTGRESQL_PORT,
            tags=component.tags("clients"),
            opts=component.child(),
        )
