"""The database port, for clients of the settings alone. While there are none, this makes nothing."""

from collections.abc import Sequence

from components.aws_firewall import aws_ingress
from components.component import Component
from components.gcp_firewall import gcp_ingress
from components.machine import Ec2Machine, GceMachine
from components.network import GcpNetwork
from settings.database_pair.document import POSTGRESQL_PORT
from settings.naming import by_content


def open_to_clients(
    component: Component, cidrs: Sequence[str], network: GcpNetwork, pg_a: GceMachine, pg_b: Ec2Machine
) -> None:
    """Opens the port of both hosts' private addresses to the clients, so that a promotion changes no rule.

    A client reaches the host in its own cloud; the one in the other cloud only while the link joins the networks
    (`kind: haVpn`). The ranges are private, so nothing comes in through a public address.
    """
    if not cidrs:
        return
    gcp_ingress(
        component,
        "clients",
        network.network_id,
        sources=cidrs,
        ports=[str(POSTGRESQL_PORT)],
        service_accounts=[pg_a.service_account_email],
    )
    for cidr in cidrs:
        aws_ingress(
            component,
            f"{component.name}-clients-{by_content(cidr)}",
            pg_b.security_group_id,
            description="PostgreSQL from clients",
            port=POSTGRESQL_PORT,
            cidr=cidr,
            tag="clients",
        )
