"""Firewall rules of GCP networks, in the one form that all systems use: logged, and by default before the last word."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.component import Component

EVERYWHERE = "0.0.0.0/0"

USUAL_PRIORITY = 1000
"""GCP's own default; lower numbers win."""


def gcp_ingress(
    component: Component,
    purpose: str,
    network_id: pulumi.Input[str],
    *,
    sources: Sequence[pulumi.Input[str]],
    protocol: str = "tcp",
    ports: Sequence[str] = (),
    service_accounts: Sequence[pulumi.Input[str]] | None = None,
    tags: Sequence[str] | None = None,
    priority: int = USUAL_PRIORITY,
    logical_name: str | None = None,
) -> None:
    """Lets sources in, to machines with one of the identities or network tags, or to all of the network.

    `purpose` names the rule within the component; `logical_name` is only for a rule that belongs to a part of it.
    """
    gcp.compute.Firewall(
        logical_name or f"{component.name}-{purpose}",
        name=component.context.physical_name(component.name, purpose, kind="gce"),
        network=network_id,
        direction="INGRESS",
        priority=priority,
        source_ranges=list(sources),
        target_service_accounts=service_accounts,
        target_tags=tags,
        allows=[gcp.compute.FirewallAllowArgs(protocol=protocol, ports=list(ports) or None)],
        log_config=rule_log(),
        opts=component.child(),
    )


def gcp_no_ingress(
    component: Component,
    purpose: str,
    network_id: pulumi.Input[str],
    *,
    tags: Sequence[str] | None = None,
    priority: int,
) -> None:
    """Lets nothing in. GCP does so by itself, but without a log, and after every other rule."""
    gcp.compute.Firewall(
        f"{component.name}-{purpose}",
        name=component.context.physical_name(component.name, purpose, kind="gce"),
        network=network_id,
        direction="INGRESS",
        priority=priority,
        source_ranges=[EVERYWHERE],
        target_tags=tags,
        denies=[gcp.compute.FirewallDenyArgs(protocol="all")],
        log_config=rule_log(),
        opts=component.child(),
    )


def gcp_egress(
    component: Component,
    purpose: str,
    network_id: pulumi.Input[str],
    *,
    destinations: Sequence[pulumi.Input[str]],
    protocol: str = "tcp",
    ports: Sequence[str] = (),
    service_accounts: Sequence[pulumi.Input[str]] | None = None,
    tags: Sequence[str] | None = None,
    priority: int = USUAL_PRIORITY,
    logical_name: str | None = None,
    description: str | None = None,
) -> gcp.compute.Firewall:
    """Lets machines with one of the identities or network tags, or all of the network, reach destinations.

    Names are as for `gcp_ingress`. The metadata service, with it names and time, is in reach whatever rules say
    (Google, "VPC firewall rules", always allowed traffic).
    """
    return gcp.compute.Firewall(
        logical_name or f"{component.name}-out-{purpose}",
        name=component.context.shortened(component.name, "out", purpose, kind="gce"),
        description=description,
        network=network_id,
        direction="EGRESS",
        priority=priority,
        destination_ranges=list(destinations),
        target_service_accounts=service_accounts,
        target_tags=tags,
        allows=[gcp.compute.FirewallAllowArgs(protocol=protocol, ports=list(ports) or None)],
        log_config=rule_log(),
        opts=component.child(),
    )


def gcp_no_egress(
    component: Component,
    purpose: str,
    network_id: pulumi.Input[str],
    *,
    destinations: Sequence[str] = (EVERYWHERE,),
    tags: Sequence[str] | None = None,
    priority: int,
    logical_name: str | None = None,
) -> None:
    """Lets nothing out to destinations. Where no rule says so, GCP lets everything out."""
    gcp.compute.Firewall(
        logical_name or f"{component.name}-out-{purpose}",
        name=component.context.shortened(component.name, "out", purpose, kind="gce"),
        network=network_id,
        direction="EGRESS",
        priority=priority,
        destination_ranges=list(destinations),
        target_tags=tags,
        denies=[gcp.compute.FirewallDenyArgs(protocol="all")],
        log_config=rule_log(),
        opts=component.child(),
    )


def rule_log() -> gcp.compute.FirewallLogConfigArgs:
    """Every rule is logged with all that Google knows of a connection."""
    return gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA")
