"""The public zone of the stack, in which every system registers its own names."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component, StackContext


@dataclass(frozen=True, kw_only=True)
class PublicZoneArgs:
    """Arguments of a PublicZone."""

    domain: str
    """Without the final dot, for example staging.packyard.example.com."""


class PublicZone(Component):
    """A Cloud DNS zone with DNSSEC and a CAA record.

    **Pulumi type:** `packyard:dns:PublicZone`

    Owns the zone; the records belong to the systems behind them (see `address_record`). The delegation in the parent
    zone is made once by hand (docs/bootstrap.md).
    """

    zone_name: pulumi.Output[str]
    """Name of the managed zone."""
    name_servers: pulumi.Output[Sequence[str]]
    """Name servers that the parent zone must delegate to."""

    def __init__(
        self,
        name: str,
        args: PublicZoneArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:dns:PublicZone", name, context, providers=[gcp_provider], opts=opts)
        zone = gcp.dns.ManagedZone(
            name,
            name=context.physical_name(name, kind="gce"),
            dns_name=f"{args.domain}.",
            description=f"Public names of the {context.stack} stack",
            visibility="public",
            dnssec_config=gcp.dns.ManagedZoneDnssecConfigArgs(state="on"),
            cloud_logging_config=gcp.dns.ManagedZoneCloudLoggingConfigArgs(enable_logging=True),
            deletion_policy=self.deletion_policy,
            labels=self.labels(),
            opts=self.stateful(),
        )
        gcp.dns.RecordSet(
            f"{name}-caa",
            managed_zone=zone.name,
            name=f"{args.domain}.",
            type="CAA",
            ttl=3600,
            rrdatas=['0 issue "letsencrypt.org"', '0 issue "pki.goog"'],
            opts=self.child(),
        )
        self.domain = args.domain
        self.zone_name = zone.name
        self.name_servers = zone.name_servers
        self.register_outputs({"zone_name": self.zone_name, "name_servers": self.name_servers})


def address_record(
    component: Component,
    name: str,
    zone: PublicZone,
    host: str,
    addresses: list[pulumi.Input[str]],
    *,
    ttl: int = 300,
    ipv6: bool = False,
) -> gcp.dns.RecordSet:
    """An A or AAAA record that belongs to a system. `host` is the full name without the final dot; `ttl` in seconds."""
    return gcp.dns.RecordSet(
        f"{component.name}-{name}",
        managed_zone=zone.zone_name,
        name=f"{host}.",
        type="AAAA" if ipv6 else "A",
        ttl=ttl,
        rrdatas=addresses,
        opts=component.child(),
    )
