"""Who reaches the dev instance: one firewall rule for each purpose, and a record for each public name."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.dns import PublicZone, address_record
from components.network import GcpNetwork
from settings.dev_instance.section import WORLD, DevInstanceSettings

WEB_PORTS = ("80", "443")
"""Open to everyone: contributors and probes come from anywhere, and Let's Encrypt proves a name over port 80 from
addresses that it does not publish. Port 80 serves that and a redirect."""


def firewall_rules(
    component: Component,
    settings: DevInstanceSettings,
    network: GcpNetwork,
    service_account: pulumi.Input[str],
    build_addresses: Sequence[pulumi.Input[str]],
) -> None:
    """Rules for the web, the registry and git over SSH. Administration has none here: it comes through IAP."""
    registry: list[pulumi.Input[str]] = list(settings.registry.source_ranges)
    if not settings.registry.open_to_world:
        registry += [pulumi.Output.concat(address, "/32") for address in build_addresses]
    _allow(component, "web", network, service_account, WEB_PORTS, [WORLD])
    _allow(component, "registry", network, service_account, [str(settings.registry.port)], registry)
    if settings.git_ssh.source_ranges:
        _allow(
            component,
            "git-ssh",
            network,
            service_account,
            [str(settings.git_ssh.port)],
            list(settings.git_ssh.source_ranges),
        )


def public_names(
    component: Component, settings: DevInstanceSettings, zone: PublicZone, address: pulumi.Input[str]
) -> None:
    """A record for the instance, and for GitLab Pages where it is on."""
    address_record(component, "host", zone, settings.host_name, [address])
    if settings.pages_domain is not None:
        address_record(component, "pages", zone, settings.pages_domain, [address])
        address_record(component, "pages-wildcard", zone, f"*.{settings.pages_domain}", [address])


def _allow(
    component: Component,
    purpose: str,
    network: GcpNetwork,
    service_account: pulumi.Input[str],
    ports: Sequence[str],
    sources: Sequence[pulumi.Input[str]],
) -> None:
    gcp.compute.Firewall(
        f"{component.name}-{purpose}",
        name=component.context.physical_name(component.name, purpose, kind="gce"),
        network=network.network_id,
        direction="INGRESS",
        priority=1000,
        source_ranges=list(sources),
        target_service_accounts=[service_account],
        allows=[gcp.compute.FirewallAllowArgs(protocol="tcp", ports=list(ports))],
        log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
        opts=component.child(),
    )
