"""Firewall rules of the fleet on GCP. Lower numbers win."""

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.machine import GceMachine
from components.network import GcpNetwork
from components.runner_fleet.config import METRICS_PORT
from components.runner_fleet.gcp_shard import WORKER_TAG, colour_tag, shard_tag
from components.runner_fleet.reach import PRIVATE_RANGES, WORKER_PORTS
from settings.runner_fleet.section import GcpShard
from settings.runner_fleet.vocabulary import Colour

EVERYWHERE = "0.0.0.0/0"
"""Mirrors and registries that builds fetch from have no fixed addresses."""

ALLOW_FIRST, DENY_PRIVATE, ALLOW_PUBLIC, DENY_REST = 900, 1000, 1100, 1200
"""Named exceptions, then private ranges, then the web, then nothing."""


def worker_rules(component: Component, network: GcpNetwork, shards: tuple[GcpShard, ...]) -> None:
    """What holds for all workers: nothing comes in, and no private address is reached but those that a shard allows."""
    web = gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(port) for port in WORKER_PORTS.values()])
    nothing = gcp.compute.FirewallDenyArgs(protocol="all")
    _egress(component, network, "private", DENY_PRIVATE, list(PRIVATE_RANGES), WORKER_TAG, deny=nothing)
    _egress(component, network, "web", ALLOW_PUBLIC, [EVERYWHERE], WORKER_TAG, allow=web)
    _egress(component, network, "rest", DENY_REST, [EVERYWHERE], WORKER_TAG, deny=nothing)
    for shard in shards:
        for number, endpoint in enumerate(shard.private_access):
            port = gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(endpoint.port)])
            name = f"{shard.name}-{number}"
            _egress(component, network, name, ALLOW_FIRST, [endpoint.cidr], shard_tag(shard.name), allow=port)
    # The network denies too, but any later rule for all its machines would come before that.
    gcp.compute.Firewall(
        f"{component.name}-workers-in",
        name=component.context.physical_name(component.name, "workers-in", kind="gce"),
        network=network.network_id,
        direction="INGRESS",
        priority=DENY_PRIVATE,
        source_ranges=[EVERYWHERE],
        target_tags=[WORKER_TAG],
        denies=[nothing],
        log_config=_logged(),
        opts=component.child(),
    )


def manager_rules(
    component: Component, network: GcpNetwork, machine: GceMachine, colour: Colour, metrics_cidr: str | None
) -> None:
    """SSH from a manager to its own workers, and metrics to Prometheus.

    The source is the manager's reserved address: a rule cannot name a service account and a tag at once (Google, "VPC
    firewall rules"), and workers have nothing but tags.
    """
    gcp.compute.Firewall(
        f"{machine.name}-ssh",
        name=component.context.physical_name(component.name, colour, "ssh", kind="gce"),
        network=network.network_id,
        direction="INGRESS",
        priority=ALLOW_FIRST,
        source_ranges=[pulumi.Output.concat(machine.private_address, "/32")],
        target_tags=[colour_tag(colour)],
        allows=[gcp.compute.FirewallAllowArgs(protocol="tcp", ports=["22"])],
        log_config=_logged(),
        opts=component.child(),
    )
    if metrics_cidr is None:
        return
    gcp.compute.Firewall(
        f"{machine.name}-metrics",
        name=component.context.physical_name(component.name, colour, "metrics", kind="gce"),
        network=network.network_id,
        direction="INGRESS",
        priority=ALLOW_FIRST,
        source_ranges=[metrics_cidr],
        target_service_accounts=[machine.service_account_email],
        allows=[gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(METRICS_PORT)])],
        log_config=_logged(),
        opts=component.child(),
    )


def _egress(
    component: Component,
    network: GcpNetwork,
    name: str,
    priority: int,
    ranges: list[str],
    tag: str,
    *,
    allow: gcp.compute.FirewallAllowArgs | None = None,
    deny: gcp.compute.FirewallDenyArgs | None = None,
) -> None:
    gcp.compute.Firewall(
        f"{component.name}-workers-out-{name}",
        name=component.context.physical_name(component.name, "out", name, kind="gce"),
        network=network.network_id,
        direction="EGRESS",
        priority=priority,
        destination_ranges=ranges,
        target_tags=[tag],
        allows=None if allow is None else [allow],
        denies=None if deny is None else [deny],
        log_config=_logged(),
        opts=component.child(),
    )


def _logged() -> gcp.compute.FirewallLogConfigArgs:
    return gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA")
