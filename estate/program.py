"""Every system of the estate, once, in the order of the drawing in docs/architecture.md.

An empty section leaves its system out (decision 5). A system that lacks what it needs is never left out in silence:
settings/rules.py names the line, and this raises where a rule is missing.
"""

from dataclasses import dataclass, replace

import pulumi
import pulumi_gcp as gcp

from components.alerts import Alerts, AlertsArgs
from components.audit import Audit, AuditArgs, AuditNames
from components.backup_vault import BackupVault, BackupVaultArgs
from components.ci_identity import CiIdentity, CiIdentityArgs, Purpose, RoleBoundary
from components.cloud_native_cluster import CloudNativeCluster, CloudNativeClusterArgs
from components.component import StackContext
from components.database_pair import DatabasePair, DatabasePairArgs
from components.dev_instance import DevInstance, DevInstanceArgs
from components.dns import PublicZone, PublicZoneArgs
from components.link import HaVpn, HaVpnArgs
from components.machine_store import MachineStore, MachineStoreArgs
from components.package_server import PackageServer, PackageServerArgs
from components.runner_fleet import RunnerFleet, RunnerFleetArgs, TierProject
from estate.networks import Networks, make_networks
from estate.providers import Providers, default_tags, make_providers
from settings.link.section import HaVpnLink
from settings.stack import Settings
from settings.vocabulary import BUILD_PROJECTS, GcpProject, Trust

Logins = dict[str, pulumi.Output[str]]
"""For each machine the command that logs an operator in."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the systems stand on."""

    context: StackContext
    providers: Providers
    networks: Networks
    zone: PublicZone
    store: MachineStore
    alerts: Alerts
    vault: BackupVault | None


def build_estate(settings: Settings) -> None:
    """Builds everything that the settings describe."""
    context = StackContext(
        stack=settings.stack,
        name_prefix=settings.estate.name_prefix,
        protected=settings.estate.protected,
        gcp_region=settings.gcp.region,
        gcp_zone=settings.gcp.zone,
        aws_region=settings.aws.region,
        aws_account_id=settings.aws.account_id,
    )
    providers = make_providers(settings)
    context = _bounded(settings, context, providers)
    zone = PublicZone(
        "public-zone", PublicZoneArgs(domain=settings.dns.domain), context, gcp_provider=providers.testground
    )
    networks = make_networks(settings, context, providers)
    store = MachineStore(
        "machine-store",
        MachineStoreArgs(machines=settings.machines),
        context,
        gcp_provider=providers.testground,
        aws_provider=providers.aws,
    )
    alerts = _alerts(settings, context, providers)
    vault = _backup_vault(settings, context, providers)
    ground = Ground(
        context=context,
        providers=providers,
        networks=networks,
        zone=zone,
        store=store,
        alerts=alerts,
        vault=vault,
    )
    logins = {
        **_dev_instance(settings, ground),
        **_runner_fleet(settings, ground),
        **_package_server(settings, ground),
    }
    pair = _database_pair(settings, ground)
    logins |= {} if pair is None else pair.logins
    _link(settings, ground)
    _audit(settings, ground, pair, _ci_identity(settings, ground))
    _cloud_native_cluster(settings, ground)
    pulumi.export("kind", settings.estate.kind.value)
    # The policies allow unprotected data only where the stack itself says so.
    pulumi.export("protected", context.protected)
    pulumi.export("logins", logins)
    pulumi.export("dns", {"domain": zone.domain, "name_servers": zone.name_servers})


def _bounded(settings: Settings, context: StackContext, providers: Providers) -> StackContext:
    """The context with the boundary of roles, which must be there before the first role is."""
    if settings.ci_identity is None:
        return context
    boundary = RoleBoundary("role-boundary", context, aws_provider=providers.aws)
    return replace(context, role_boundary=boundary.arn)


def _in_use(providers: Providers) -> dict[GcpProject, gcp.Provider]:
    """Of the projects that the program makes something in."""
    return {project: found for project, found in providers.projects.items() if project is not GcpProject.CLOUD_NATIVE}


def _alerts(settings: Settings, context: StackContext, providers: Providers) -> Alerts:
    return Alerts(
        "alerts",
        AlertsArgs(
            addresses=settings.estate.alert_addresses,
            gcp_projects=_in_use(providers),
            pipelines=providers.pipelines,
        ),
        context,
        aws_provider=providers.aws,
    )


def _backup_vault(settings: Settings, context: StackContext, providers: Providers) -> BackupVault | None:
    """Before the systems, whose machines are told their places in it."""
    if settings.backup_vault is None:
        return None
    vault = BackupVault(
        "backup-vault",
        BackupVaultArgs(settings=settings.backup_vault),
        context,
        aws_provider=providers.aws,
        gcp_provider=providers.testground,
    )
    pulumi.export(
        "backup_vault",
        {
            "s3_bucket": vault.s3_bucket_name,
            "gcs_bucket": vault.gcs_bucket_name,
            "restorer_role_arn": vault.restorer_role_arn,
        },
    )
    return vault


def _vault_for(section: str, ground: Ground) -> BackupVault:
    """The vault, for a system that keeps its backups there. Raises pulumi.RunError where there is none."""
    if ground.vault is None:
        raise pulumi.RunError(
            f"{section}: its backups go into the vault, and there is none. HINT: a backupVault section, or no {section}"
        )
    return ground.vault


def _dev_instance(settings: Settings, ground: Ground) -> Logins:
    if settings.dev_instance is None:
        return {}
    networks = ground.networks
    instance = DevInstance(
        "dev-instance",
        DevInstanceArgs(
            settings=settings.dev_instance,
            project=settings.gcp.projects.testground,
            image=settings.gcp.image,
            network=networks.testground,
            zone=ground.zone,
            store=ground.store,
            alerts=ground.alerts.for_project(GcpProject.TESTGROUND),
            vault=_vault_for("devInstance", ground),
        ),
        ground.context,
        gcp_provider=ground.providers.testground,
    )
    pulumi.export("dev_instance", {"url": instance.url})
    # Plain text of its own: `pulumi stack output known_hosts` is then the file that clients install.
    pulumi.export("known_hosts", instance.known_hosts)
    return instance.logins


def _package_server(settings: Settings, ground: Ground) -> Logins:
    if settings.package_server is None:
        return {}
    networks, vault = ground.networks, ground.vault
    server = PackageServer(
        "package-server",
        PackageServerArgs(
            settings=settings.package_server,
            image=settings.gcp.image,
            network=networks.testground,
            zone=ground.zone,
            store=ground.store,
            alerts=ground.alerts.for_project(GcpProject.TESTGROUND),
            publish_addresses=networks.publish_addresses,
            notification_addresses=settings.estate.alert_addresses,
            offsite=None if vault is None else vault.place("packages"),
        ),
        ground.context,
        gcp_provider=ground.providers.testground,
    )
    if vault is not None:
        vault.admit("packages", server.machine.service_account_unique_id)
    pulumi.export(
        "package_server",
        {
            "public": f"https://{server.public_host}",
            "upload": f"https://{server.upload_host}",
            "addresses": [server.ipv4_address, server.ipv6_address],
        },
    )
    return server.logins


def _database_pair(settings: Settings, ground: Ground) -> DatabasePair | None:
    pair = settings.database_pair
    if pair is None:
        return None
    zone = settings.aws.availability_zones.index(pair.aws.availability_zone)
    made = DatabasePair(
        "database-pair",
        DatabasePairArgs(
            settings=pair,
            gcp_image=settings.gcp.image,
            aws_image=settings.aws.image,
            gcp_network=ground.networks.testground,
            aws_network=ground.networks.aws,
            aws_subnet_id=ground.networks.aws.public_subnet_ids[zone],
            vault=_vault_for("databasePair", ground),
            store=ground.store,
            alerts=ground.alerts.for_project(GcpProject.TESTGROUND),
        ),
        ground.context,
        gcp_provider=ground.providers.testground,
        aws_provider=ground.providers.aws,
    )
    pulumi.export(
        "database_pair",
        {
            "primary": pair.primary_host.value,
            "pg_a_public_address": made.pg_a_public_address,
            "pg_b_public_address": made.pg_b_public_address,
        },
    )
    return made


def _link(settings: Settings, ground: Ground) -> None:
    """WireGuard is part of the database pair, so only the other form makes something."""
    if not isinstance(settings.link, HaVpnLink):
        return
    HaVpn(
        "link",
        HaVpnArgs(
            settings=settings.link,
            gcp_network=ground.networks.testground,
            gcp_cidr=settings.network.gcp.testground,
            aws_network=ground.networks.aws,
        ),
        ground.context,
        gcp_provider=ground.providers.testground,
        aws_provider=ground.providers.aws,
    )


def _places(settings: Settings, providers: Providers) -> dict[GcpProject, tuple[str, gcp.Provider]]:
    """Project id and provider of each project that the program makes something in."""
    ids = settings.gcp.projects.ids()
    return {project: (ids[project], provider) for project, provider in _in_use(providers).items()}


def _ci_identity(settings: Settings, ground: Ground) -> CiIdentity | None:
    providers = ground.providers
    if settings.ci_identity is None or providers.pipelines is None:
        return None
    identity = CiIdentity(
        "ci-identity",
        CiIdentityArgs(
            settings=settings.ci_identity,
            projects=_places(settings, providers),
            store=ground.store,
            vault=ground.vault,
            audit=None if settings.audit is None else AuditNames(ground.context),
        ),
        ground.context,
        aws_provider=providers.aws,
        gcp_provider=providers.pipelines,
    )
    pulumi.export("ci_identity", identity.outputs)
    return identity


def _audit(settings: Settings, ground: Ground, pair: DatabasePair | None, identity: CiIdentity | None) -> None:
    """After all whose use it watches."""
    if settings.audit is None:
        return
    operators = {settings.audit.operator_role_arn}
    if ground.vault is not None:
        operators.add(ground.vault.operator_role_arn)
    provider, pipelines = ground.providers.pipelines, None
    if settings.ci_identity is not None and provider is not None:
        pipelines = (settings.ci_identity.state.project, provider)
    audit = Audit(
        "audit",
        AuditArgs(
            settings=settings.audit,
            projects=_places(settings, ground.providers),
            pipelines=pipelines,
            alerts=ground.alerts,
            store=ground.store,
            exchange=() if pair is None else pair.watched_parameters,
            roles=(*sorted(operators), *(() if identity is None else (identity.role_arns[Purpose.DEPLOY],))),
            deploy_account=None if identity is None else identity.service_accounts[Purpose.DEPLOY],
        ),
        ground.context,
        aws_provider=ground.providers.aws,
    )
    pulumi.export("audit", {"log_writers": audit.writers})


def _cloud_native_cluster(settings: Settings, ground: Ground) -> None:
    if settings.cloud_native_cluster is None:
        return
    CloudNativeCluster(
        "cloud-native",
        CloudNativeClusterArgs(settings=settings.cloud_native_cluster, network=ground.networks.aws),
        ground.context,
        aws_provider=ground.providers.aws,
    )


def _tier_projects(settings: Settings, ground: Ground) -> dict[Trust, TierProject]:
    ids = settings.gcp.projects.ids()
    return {
        trust: TierProject(
            project_id=ids[BUILD_PROJECTS[trust]],
            provider=ground.providers.projects[BUILD_PROJECTS[trust]],
            network=network,
            alerts=ground.alerts.for_project(BUILD_PROJECTS[trust]),
        )
        for trust, network in ground.networks.workers.items()
    }


def _runner_fleet(settings: Settings, ground: Ground) -> Logins:
    if settings.runner_fleet is None:
        return {}
    fleet = RunnerFleet(
        "runner-fleet",
        RunnerFleetArgs(
            settings=settings.runner_fleet,
            store=ground.store,
            aws_alerts=ground.alerts.for_project(GcpProject.TESTGROUND),
            aws_network=ground.networks.aws,
            projects=_tier_projects(settings, ground),
            aws_image=settings.aws.image,
            gcp_image=settings.gcp.image,
            aws_zone=settings.aws.availability_zones[0],
            inherited_tags=default_tags(settings),
        ),
        ground.context,
        aws_provider=ground.providers.aws,
    )
    # Others allow-list them: text of its own, one address in a line of the output.
    pulumi.export("publish_addresses", ground.networks.publish_addresses)
    pulumi.export(
        "runner_fleet",
        {"worker_groups": fleet.worker_groups, "token_secrets": fleet.token_secrets, "draining": fleet.draining},
    )
    return fleet.logins
