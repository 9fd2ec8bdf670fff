"""Who reaches the dev instance: one firewall rule for each purpose, and a record for each public name."""

from collections.abc import Sequence

import pulumi

from components.component import Component
from components.dns import PublicZone, address_record
from components.gcp_firewall import gcp_ingress
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
) -> None:
    """Rules for the web, the registry and git over SSH. Administration has none here: it comes through IAP."""
    doors: dict[str, tuple[Sequence[str], Sequence[str]]] = {
        "web": (WEB_PORTS, [WORLD]),
        "registry": ([str(settings.registry.port)], settings.registry.source_ranges),
        "git-ssh": ([str(settings.git_ssh.port)], settings.git_ssh.source_ranges),
    }
    for purpose, (ports, sources) in doors.items():
        if sources:
            gcp_ingress(
                component,
                purpose,
                network.network_id,
                sources=sources,
                ports=ports,
                service_accounts=[service_account],
            )


def public_names(
    component: Component, settings: DevInstanceSettings, zone: PublicZone, address: pulumi.Input[str]
) -> None:
    """A record for the instance, and for GitLab Pages where it is on."""
    address_record(component, "host", zone, settings.host_name, [address])
    if settings.pages_domain is not None:
        address_record(component, "pages", zone, settings.pages_domain, [address])
        address_record(component, "pages-wildcard", zone, f"*.{settings.pages_domain}", [address])
