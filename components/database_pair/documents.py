"""The documents of both hosts, made from one description so that only `identity` can differ."""

from dataclasses import dataclass
from typing import Literal

from settings.database_pair.document import (
    AUTHORITY_FILE,
    CERTIFICATES_DIRECTORY,
    POSTGRESQL_PORT,
    WIREGUARD_PORT,
    CertificateKind,
    Certificates,
    DatabasePairDocument,
    Exchange,
    HbaRule,
    HbaType,
    HostEntry,
    HostIdentity,
    IdentityParameters,
    Job,
    JobHost,
    PostgresqlParameters,
)
from settings.database_pair.pgbackrest import (
    Federation,
    GcsRepository,
    PgBackRest,
    PgBackRestOptions,
    RepositoryAccess,
    RepositoryIdentity,
    S3Repository,
    WebIdentity,
)
from settings.database_pair.section import DatabaseHost, DatabasePairSettings

REPOSITORIES: tuple[Literal[1], Literal[2]] = (1, 2)

USER_MAP = "pair"
"""Map of pg_ident.conf, which the role writes."""


@dataclass(frozen=True)
class Places:
    """Names of what lies outside the hosts, the same for both."""

    s3_bucket: str
    aws_region: str
    gcs_bucket: str
    exchange_prefix: str
    cipher_secrets: tuple[str, str]
    """For repo1 and repo2; each cloud has a secret of that name."""
    web_identity: WebIdentity
    """How the host on GCP becomes an AWS role."""
    federation: Federation
    """How the host on AWS becomes a principal of Google."""


def document(
    host: DatabaseHost, settings: DatabasePairSettings, places: Places, peer_public_address: str
) -> DatabasePairDocument:
    """What a host is told."""
    return DatabasePairDocument(
        identity=_identity(host, settings, places, peer_public_address),
        primary=settings.primary_host,
        hosts=(_entry(DatabaseHost.A, settings), _entry(DatabaseHost.B, settings)),
        exchange=Exchange(region=places.aws_region, prefix=places.exchange_prefix),
        certificates=Certificates(authority=settings.authority_host),
        postgresql=PostgresqlParameters(
            max_slot_wal_keep_size=f"{settings.slot_wal_cap_gib}GB",
            synchronous_commit=settings.synchronous_commit.value,
        ),
        app_cidrs=settings.app_cidrs,
        pgbackrest=PgBackRest(
            options=PgBackRestOptions(archive_push_queue_max=f"{settings.archive_queue_cap_gib}GiB"),
            repositories=(
                S3Repository(
                    s3_bucket=places.s3_bucket,
                    s3_endpoint=f"s3.{places.aws_region}.amazonaws.com",
                    s3_region=places.aws_region,
                    retention_full=settings.kept_full_backups.s3,
                ),
                GcsRepository(gcs_bucket=places.gcs_bucket, retention_full=settings.kept_full_backups.gcs),
            ),
        ),
        jobs=_jobs(settings),
    )


def _identity(
    host: DatabaseHost, settings: DatabasePairSettings, places: Places, peer_public_address: str
) -> HostIdentity:
    peer_address = settings.wireguard_address_of(host.peer)
    s3_access, gcs_access = _ACCESS[host]
    s3_cipher, gcs_cipher = places.cipher_secrets
    return HostIdentity(
        host=host,
        peer=host.peer,
        wireguard_address=settings.wireguard_address_of(host),
        peer_wireguard_address=peer_address,
        peer_endpoint=f"{peer_public_address}:{WIREGUARD_PORT}",
        postgresql=IdentityParameters(
            listen_addresses=settings.wireguard_address_of(host),
            primary_conninfo=_conninfo(host),
            primary_slot_name=_application_name(host),
            synchronous_standby_names=f"FIRST 1 ({_application_name(host.peer)})",
        ),
        hba=_hba(settings, peer_address),
        repositories=(
            RepositoryIdentity(access=s3_access, cipher_secret=s3_cipher),
            RepositoryIdentity(access=gcs_access, cipher_secret=gcs_cipher),
        ),
        web_identity=places.web_identity if s3_access is RepositoryAccess.WEB_IDENTITY else None,
        federation=places.federation if gcs_access is RepositoryAccess.FEDERATED else None,
    )


_ACCESS = {
    DatabaseHost.A: (RepositoryAccess.WEB_IDENTITY, RepositoryAccess.AUTOMATIC),
    DatabaseHost.B: (RepositoryAccess.AUTOMATIC, RepositoryAccess.FEDERATED),
}
"""How each host reaches repo1 on S3 and repo2 on GCS."""


def _application_name(host: DatabaseHost) -> str:
    """A hyphen would need quotes in synchronous_standby_names, and is refused in the name of a slot."""
    return host.value.replace("-", "_")


def _entry(host: DatabaseHost, settings: DatabasePairSettings) -> HostEntry:
    return HostEntry(name=host, address=settings.wireguard_address_of(host))


def _conninfo(host: DatabaseHost) -> str:
    """A certificate in place of a password; verify-full also checks that the peer is the peer."""
    directory = CERTIFICATES_DIRECTORY
    return (
        f"host={host.peer} port={POSTGRESQL_PORT} user=replicator application_name={_application_name(host)}"
        f" sslmode=verify-full sslrootcert={directory}/{AUTHORITY_FILE}"
        f" sslcert={directory}/{CertificateKind.REPLICATOR}.pem sslkey={directory}/{CertificateKind.REPLICATOR}.key"
    )


def _hba(settings: DatabasePairSettings, peer_address: str) -> tuple[HbaRule, ...]:
    """Who may connect; the last line refuses the rest by name, where PostgreSQL would only find no line."""
    peer = f"{peer_address}/32"
    clients = (
        HbaRule(type=HbaType.HOST_TLS, database="app", user="app", address=cidr, method="scram-sha-256")
        for cidr in settings.app_cidrs
    )
    return (
        # pg_ident.conf lets root be postgres, and everybody else be themselves.
        HbaRule(type=HbaType.LOCAL, database="all", user="all", method=f"peer map={USER_MAP}"),
        HbaRule(
            type=HbaType.HOST_TLS,
            database="replication",
            user=CertificateKind.REPLICATOR.value,
            address=peer,
            method="cert clientcert=verify-full",
        ),
        HbaRule(type=HbaType.HOST_TLS, database="all", user=CertificateKind.REWIND.value, address=peer, method="cert"),
        *clients,
        HbaRule(type=HbaType.HOST, database="all", user="all", address="all", method="reject"),
    )


def _jobs(settings: DatabasePairSettings) -> tuple[Job, ...]:
    schedule = settings.schedule
    drill = schedule.restore_drill
    # Calendars for repo1 and repo2. Backups into two repositories may run at once since pgBackRest 2.53.
    timers = (
        ("full", (schedule.full.calendar,) * 2, JobHost.PRIMARY),
        ("diff", (schedule.differential_calendar,) * 2, JobHost.PRIMARY),
        ("verify", (f"*-*-* {schedule.verify}:00 UTC",) * 2, JobHost.SAME_CLOUD),
        ("restore-drill", (drill.calendar, drill.next_day.calendar), JobHost.STANDBY),
    )
    return tuple(
        Job(name=f"{name}-repo{repository}", calendar=calendar, repository=repository, runs_on=runs_on)
        for name, calendars, runs_on in timers
        for repository, calendar in zip(REPOSITORIES, calendars, strict=True)
    )
