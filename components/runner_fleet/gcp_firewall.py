"""Firewall rules of the fleet on GCP. Lower numbers win."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.gcp_firewall import gcp_ingress, gcp_no_ingress, rule_log
from components.machine import GceMachine
from components.network import GcpNetwork
from components.runner_fleet.config import METRICS_PORT
from components.runner_fleet.gcp_shard import WORKER_TAG, colour_tag, shard_tag
from components.runner_fleet.reach import CLOSED_RANGES, WORKER_PORTS
from settings.naming import by_content
from settings.runner_fleet.section import GcpShard
from settings.runner_fleet.vocabulary import Colour

EVERYWHERE = "0.0.0.0/0"
"""Mirrors and registries that builds fetch from have no fixed addresses."""

ALLOW_FIRST, DENY_PRIVATE, ALLOW_PUBLIC, DENY_REST = 900, 1000, 1100, 1200
"""Named exceptions, then private ranges, then the web, then nothing."""


def worker_rules(component: Component, network: GcpNetwork, shards: Sequence[GcpShard]) -> None:
    """What holds for all workers: nothing comes in, and no private address is reached but those that a shard allows."""
    web = gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(port) for port in WORKER_PORTS.values()])
    nothing = gcp.compute.FirewallDenyArgs(protocol="all")
    workers, everywhere = WORKER_TAG, [EVERYWHERE]
    _egress(component, network, "private", priority=DENY_PRIVATE, ranges=CLOSED_RANGES, tag=workers, deny=nothing)
    _egress(component, network, "web", priority=ALLOW_PUBLIC, ranges=everywhere, tag=workers, allow=web)
    _egress(component, network, "rest", priority=DENY_REST, ranges=everywhere, tag=workers, deny=nothing)
    for shard in shards:
        for endpoint in shard.private_access:
            port = gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(endpoint.port)])
            name = f"{shard.name}-{by_content(endpoint.cidr, endpoint.port)}"
            tag = shard_tag(shard.name)
            _egress(
                component,
                network,
                name,
                priority=ALLOW_FIRST,
                ranges=[endpoint.cidr],
                tag=tag,
                allow=port,
                description=endpoint.purpose,
            )
    # The network denies too, but any later rule for all its machines would come before that.
    gcp_no_ingress(component, "workers-in", network.network_id, tags=[WORKER_TAG], priority=DENY_PRIVATE)


def manager_rules(
    component: Component, network: GcpNetwork, machine: GceMachine, colour: Colour, metrics_cidr: str | None
) -> None:
    """SSH from a manager to its own workers, and metrics to Prometheus.

    The source is the manager's reserved address: a rule cannot name a service account and a tag at once (Google, "VPC
    firewall rules"), and workers have nothing but tags.
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


def _egress(
    component: Component,
    network: GcpNetwork,
    name: str,
    *,
    priority: int,
    ranges: Sequence[str],
    tag: str,
    allow: gcp.compute.FirewallAllowArgs | None = None,
    deny: gcp.compute.FirewallDenyArgs | None = None,
    description: str | None = None,
) -> None:
    gcp.compute.Firewall(
        f"{component.name}-workers-out-{name}",
        name=component.context.shortened(component.name, "out", name, kind="gce"),
        description=description,
        network=network.network_id,
        direction="EGRESS",
        priority=priority,
        destination_ranges=list(ranges),
        target_tags=[tag],
        allows=None if allow is None else [allow],
        denies=None if deny is None else [deny],
        log_config=rule_log(),
        opts=component.child(),
    )
