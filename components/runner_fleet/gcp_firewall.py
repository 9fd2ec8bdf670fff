"""Firewall rules of the fleet on GCP. Lower numbers win."""

from collections.abc import Sequence

import pulumi

from components.component import Component
from components.gcp_firewall import EVERYWHERE, gcp_egress, gcp_ingress, gcp_no_egress, gcp_no_ingress
from components.machine import GceMachine
from components.network import GcpNetwork
from components.runner_fleet.config import METRICS_PORT
from components.runner_fleet.gcp_shard import WORKER_TAG, colour_tag, shard_tag
from components.runner_fleet.reach import CLOSED_RANGES, WORKER_PORTS
from settings.naming import by_content
from settings.runner_fleet.section import GcpShard
from settings.runner_fleet.vocabulary import Colour

ALLOW_FIRST, DENY_PRIVATE, ALLOW_PUBLIC, DENY_REST = 900, 1000, 1100, 1200
"""Named exceptions, then private ranges, then the web everywhere, since mirrors and registries that builds fetch from
have no fixed addresses, then nothing."""


def worker_rules(component: Component, network: GcpNetwork, shards: Sequence[GcpShard]) -> None:
    """What holds for all workers: nothing comes in, and no private address is reached but those that a shard allows."""
    network_id, workers, out = network.network_id, [WORKER_TAG], f"{component.name}-workers-out"
    gcp_no_egress(
        component,
        "private",
        network_id,
        destinations=CLOSED_RANGES,
        tags=workers,
        priority=DENY_PRIVATE,
        logical_name=f"{out}-private",
    )
    gcp_egress(
        component,
        "web",
        network_id,
        destinations=[EVERYWHERE],
        ports=[str(port) for port in WORKER_PORTS.values()],
        tags=workers,
        priority=ALLOW_PUBLIC,
        logical_name=f"{out}-web",
    )
    # The network denies too, here and below, but any later rule for all its machines would come before that.
    gcp_no_egress(component, "rest", network_id, tags=workers, priority=DENY_REST, logical_name=f"{out}-rest")
    gcp_no_ingress(component, "workers-in", network_id, tags=workers, priority=DENY_PRIVATE)
    for shard in shards:
        for endpoint in shard.private_access:
            name = f"{shard.name}-{by_content(endpoint.cidr, endpoint.port)}"
            gcp_egress(
                component,
                name,
                network_id,
                destinations=[endpoint.cidr],
                ports=[str(endpoint.port)],
                tags=[shard_tag(shard.name)],
                priority=ALLOW_FIRST,
                logical_name=f"{out}-{name}",
                description=endpoint.purpose,
            )


def manager_rules(
    component: Component, network: GcpNetwork, machine: GceMachine, colour: Colour, metrics_cidr: str | None
) -> None:
    """SSH from a manager to its own workers, and metrics to Prometheus.

    The source is the manager's reserved address: a rule cannot name a service account and a tag at once (Google, "VPC
    firewall rules"), and workers have nothing but tags. On the way out a rule names the far end by range alone: there
    it is the network's, and whom of it the manager reaches is said by the rules of the way in.
    """
    gcp_ingress(
        component,
        f"{colour}-ssh",
        network.network_id,
        sources=[pulumi.Output.concat(machine.private_address, "/32")],
        ports=["22"],
        tags=[colour_tag(colour)],
        priority=ALLOW_FIRST,
        logical_name=f"{machine.name}-ssh",
    )
    gcp_egress(
        component,
        f"{colour}-ssh",
        network.network_id,
        destinations=[network.cidr],
        ports=["22"],
        service_accounts=[machine.service_account_email],
        logical_name=f"{machine.name}-out-ssh",
    )
    if metrics_cidr is None:
        return
    gcp_ingress(
        component,
        f"{colour}-metrics",
        network.network_id,
        sources=[metrics_cidr],
        ports=[str(METRICS_PORT)],
        service_accounts=[machine.service_account_email],
        priority=ALLOW_FIRST,
        logical_name=f"{machine.name}-metrics",
    )
