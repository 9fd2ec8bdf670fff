"""All settings of one stack."""

from settings.audit.section import AuditSettings
from settings.backup_vault.section import BackupVaultSettings
from settings.base import Section
from settings.ci_identity.section import CiIdentitySettings
from settings.cloud_native_cluster.section import CloudNativeClusterSettings
from settings.database_pair.section import DatabasePairSettings
from settings.dev_instance.section import DevInstanceSettings
from settings.dns.section import DnsSettings
from settings.estate import AwsSettings, EstateSettings, GcpSettings
from settings.link.section import LinkSettings, WireGuardLink
from settings.machine.section import MachinesSettings
from settings.network.section import NetworkSettings
from settings.package_server.section import PackageServerSettings
from settings.runner_fleet.section import RunnerFleetSettings
from settings.vocabulary import StackKind, StackName


class Settings(Section):
    """Everything a stack file says; each field is one `packyard:` key. A system that is left out is not built."""

    stack: StackName
    """Name of the stack, from the name of the file and never in it."""
    estate: EstateSettings
    gcp: GcpSettings
    aws: AwsSettings
    dns: DnsSettings
    network: NetworkSettings
    machines: MachinesSettings
    package_server: PackageServerSettings | None = None
    backup_vault: BackupVaultSettings | None = None
    dev_instance: DevInstanceSettings | None = None
    cloud_native_cluster: CloudNativeClusterSettings | None = None
    runner_fleet: RunnerFleetSettings | None = None
    database_pair: DatabasePairSettings | None = None
    ci_identity: CiIdentitySettings | None = None
    audit: AuditSettings | None = None
    link: LinkSettings = WireGuardLink(kind="wireGuard")
    """How the clouds are joined: not at all, but for the database hosts' own tunnel, or by a VPN between networks."""

    @property
    def is_production(self) -> bool:
        """Whether it is held to all that production is held to, whatever its name is."""
        return self.estate.kind is StackKind.PRODUCTION
