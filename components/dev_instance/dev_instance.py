"""The component: machine, buckets, secrets, rights, firewall, names and probes of the dev instance."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.alerts import AlertTargets
from components.backup_vault import BackupVault
from components.component import Component, StackContext
from components.dev_instance.access import firewall_rules, public_names
from components.dev_instance.document import Places, instance_document
from components.dev_instance.identity import (
    grant_secrets,
    grant_signing,
    grant_snapshots,
    instance_secrets,
    upgrade_snapshots,
)
from components.dev_instance.monitoring import monitoring
from components.dev_instance.storage import grant_buckets, instance_buckets
from components.dns import PublicZone
from components.machine import GceMachine, GceMachineArgs
from components.machine_store import MachineStore
from components.network import GcpNetwork
from settings.dev_instance.section import DevInstanceSettings
from settings.machine.document import RoleSettings
from settings.ssh import known_hosts_lines


@dataclass(frozen=True, kw_only=True)
class DevInstanceArgs:
    """Arguments of a DevInstance."""

    settings: DevInstanceSettings
    project: str
    """Id of the GCP project that it lives in."""
    image: str
    network: GcpNetwork
    zone: PublicZone
    store: MachineStore
    alerts: AlertTargets
    vault: BackupVault


class DevInstance(Component):
    """GitLab CE from nightly packages, where official packages are built and security releases are prepared.

    **Pulumi type:** `packyard:dev_instance:DevInstance`

    Makes the machine with a public address, a bucket for each type of object, two backup buckets and two off-site
    places (data apart from secrets), empty secrets, the upgrader's right to snapshots of its own disk, a firewall rule
    for each purpose, DNS records and probes. The private host keys, the root password and the certificate of Pages are
    put into their secrets by an operator. Git over SSH is gitlab-sshd on a port of its own; the operators' sshd is
    behind IAP.
    """

    url: str
    """Where people and builds reach it."""
    known_hosts: str
    """Lines for /etc/ssh/ssh_known_hosts of clients. From the settings, so they are right before the first boot."""
    logins: dict[str, pulumi.Output[str]]
    """For each machine the command that logs an operator in."""

    def __init__(
        self,
        name: str,
        args: DevInstanceArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:dev_instance:DevInstance", name, context, providers=[gcp_provider], opts=opts)
        settings = args.settings
        buckets = instance_buckets(self, settings)
        secrets = instance_secrets(self, pages=settings.pages_domain is not None)
        places = _places(name, args, context)
        machine, address = _machine(self, args, instance_document(settings, places, buckets, secrets), gcp_provider)
        args.vault.admit(name, machine.service_account_unique_id)
        args.vault.admit(_secrets_service(name), machine.service_account_unique_id)
        grant_buckets(self, buckets, machine.service_account_member)
        grant_secrets(self, secrets, machine.service_account_member)
        grant_signing(self, machine, args.project)
        grant_snapshots(self, machine, places.snapshots)
        firewall_rules(self, settings, args.network, machine.service_account_email)
        public_names(self, settings, args.zone, address)
        monitoring(self, settings, args.project, args.alerts)

        self.logins = {name: machine.login}
        self.url = f"https://{settings.host_name}"
        self.known_hosts = "\n".join(
            known_hosts_lines(settings.host_name, settings.git_ssh.port, settings.git_ssh.host_public_keys)
        )
        self.register_outputs({"url": self.url, "known_hosts": self.known_hosts})


def _secrets_service(name: str) -> str:
    """The off-site place of the secrets, beside that of the data."""
    return f"{name}-etc"


def _places(name: str, args: DevInstanceArgs, context: StackContext) -> Places:
    return Places(
        project=args.project,
        data_offsite=args.vault.place(name),
        secrets_offsite=args.vault.place(_secrets_service(name)),
        snapshots=upgrade_snapshots(name, context, args.project, args.settings.nightly_upgrade.keep_snapshots),
    )


def _machine(
    component: Component, args: DevInstanceArgs, document: pulumi.Output[RoleSettings], provider: gcp.Provider
) -> tuple[GceMachine, pulumi.Output[str]]:
    machine = GceMachine(
        component.name,
        GceMachineArgs(
            role="dev-instance",
            document=document,
            store=args.store,
            alerts=args.alerts,
            public_address=True,
            size=args.settings.machine,
            image=args.image,
            network=args.network,
        ),
        component.context,
        gcp_provider=provider,
        opts=pulumi.ResourceOptions(parent=component),
    )
    if machine.public_address is None:
        raise ValueError("the dev instance was given no public address")
    return machine, machine.public_address
