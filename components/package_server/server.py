"""The package server as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.alerts import AlertTargets
from components.component import Component, StackContext
from components.dns import PublicZone
from components.machine import GceMachine, GceMachineArgs
from components.machine_store import MachineStore
from components.network import GcpNetwork
from components.package_server.backends import Backends, no_backend, upload_backend
from components.package_server.cache import grant_invalidation
from components.package_server.document import DocumentParts, server_document
from components.package_server.front import front
from components.package_server.keys import grant_reader, public_keys_backend, server_secrets
from components.package_server.monitoring import monitoring
from components.package_server.release import release_backends
from components.package_server.storage import grant_writer, package_buckets
from components.package_server.url_map import map_name, package_url_map
from settings.backup_vault.offsite import OffsitePlace
from settings.machine.document import RoleSettings
from settings.package_server.section import PackageServerSettings


@dataclass(frozen=True, kw_only=True)
class PackageServerArgs:
    """Arguments of a PackageServer."""

    settings: PackageServerSettings
    image: str
    """Pinned image of the machine."""
    network: GcpNetwork
    zone: PublicZone
    """Where the names of both hosts are registered."""
    store: MachineStore
    alerts: AlertTargets
    publish_addresses: Sequence[pulumi.Input[str]] = ()
    """Public addresses that the estate's own publish jobs alone leave from: they upload and run the install tests."""
    notification_addresses: Sequence[str]
    """Where the machine's own mail goes."""
    offsite: OffsitePlace | None = None
    """Place of the backups in the vault, which admits the machine's identity afterwards. None where the stack has no
    vault; the document then says that there is no off-site copy."""


class PackageServer(Component):
    """Public apt and yum repositories: a bucket behind Cloud CDN, and one machine with Pulp that fills it.

    **Pulumi type:** `packyard:package_server:PackageServer`

    Makes the buckets of releases and pre-releases, the empty secrets of both signing keys and of Pulp, the machine,
    the load balancer with its certificates and names, the bucket of the public keys, probes and alarms. Releases are
    read from their bucket, so clients need neither Pulp nor the machine. The emergency stop changes the URL map alone,
    withdrawn packages the policy at the edge alone. It leaves content, Pulp's users and repositories to the machine's
    role, and the keys' private halves and published files to an operator. CI's identities belong to those who upload:
    they reach Pulp's API on the upload host and get no right on any bucket or secret.
    """

    public_host: str
    """Host that the world installs from."""
    upload_host: str
    """Host of Pulp's API and of the pre-releases."""
    ipv4_address: pulumi.Output[str]
    """Public IPv4 address of both hosts."""
    ipv6_address: pulumi.Output[str]
    """Public IPv6 address of the public host."""
    machine: GceMachine
    """The machine; others grant its identity what it needs of theirs."""
    logins: dict[str, pulumi.Output[str]]
    """For each machine the command that logs an operator in."""

    def __init__(
        self,
        name: str,
        args: PackageServerArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:package_server:PackageServer", name, context, providers=[gcp_provider], opts=opts)
        settings = args.settings
        buckets = package_buckets(self, settings.storage)
        secrets = server_secrets(self)
        parts = DocumentParts(secrets, buckets, args.offsite, args.notification_addresses, map_name(self))
        document = server_document(settings, parts)
        self.machine = _machine(self, args, document, gcp_provider)
        grant_writer(self, buckets, self.machine.service_account_member)
        grant_reader(self, secrets, self.machine.service_account_member)
        grant_invalidation(self, buckets.release.project, self.machine.service_account_member)

        backends = Backends(
            release=release_backends(self, buckets.release, settings),
            keys=public_keys_backend(self, settings.storage),
            upload=upload_backend(self, self.machine, args.network, settings, args.publish_addresses),
            nothing=no_backend(self),
        )
        url_map = package_url_map(self, settings, backends)
        addresses = front(self, url_map, settings.hosts, args.zone)
        monitoring(self, settings, buckets.release.project, args.alerts)

        self.logins = {name: self.machine.login}
        self.public_host = settings.hosts.public
        self.upload_host = settings.hosts.upload
        self.ipv4_address = addresses.ipv4.address
        self.ipv6_address = addresses.ipv6.address
        self.register_outputs(
            {
                "public_host": self.public_host,
                "upload_host": self.upload_host,
                "ipv4_address": self.ipv4_address,
                "ipv6_address": self.ipv6_address,
            }
        )


def _machine(
    component: Component,
    args: PackageServerArgs,
    document: pulumi.Output[RoleSettings],
    gcp_provider: gcp.Provider,
) -> GceMachine:
    """Pulp with PostgreSQL on the data disk: one machine that depends on no other system of the estate."""
    return GceMachine(
        component.name,
        GceMachineArgs(
            role="package-server",
            document=document,
            store=args.store,
            alerts=args.alerts,
            size=args.settings.machine,
            image=args.image,
            network=args.network,
        ),
        component.context,
        gcp_provider=gcp_provider,
        opts=pulumi.ResourceOptions(parent=component),
    )
