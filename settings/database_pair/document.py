"""What a host of the database pair is told.

Both hosts are told everything, so that either can be the primary and one template is tested in both directions. Every
line in which the two documents differ is in `identity`. Names of PostgreSQL parameters and of pgBackRest options are
those of the programs themselves, so that a role writes them out as they stand.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from settings.database_pair.pgbackrest import (
    POSTGRESQL_VERSION,
    Federation,
    PgBackRest,
    RepositoryIdentity,
    WebIdentity,
)
from settings.database_pair.section import DatabaseHost
from settings.machine.document import DocumentPart, RoleSettings

DEBIAN_RELEASE = 13
"""Physical replication needs one glibc on both hosts: another one may sort text another way."""

MOUNT_POINT = "/var/lib/postgresql"
"""Where the data disk is. PGDATA and the spool of pgBackRest lie below it; no server starts before it is mounted."""

CERTIFICATES_DIRECTORY = f"/etc/postgresql/{POSTGRESQL_VERSION}/main/certificates"
"""Outside PGDATA, which pg_rewind overwrites."""

WIREGUARD_PORT = 51820
POSTGRESQL_PORT = 5432


class OwnNames(DocumentPart):
    """A part whose keys are the names that PostgreSQL itself uses."""

    model_config = ConfigDict(alias_generator=str)


class HostEntry(DocumentPart):
    """A line of /etc/hosts.

    The names are in no DNS zone: a public one would show the addresses inside the link, and a private one would be one
    more thing that must work while a cloud is down.
    """

    name: DatabaseHost
    """Name of the host."""
    address: str
    """Its address inside the link."""


class WireGuard(DocumentPart):
    """The tunnel, as both ends see it. The private key is made on the host and never leaves it."""

    port: int = WIREGUARD_PORT
    """UDP port of both ends."""
    mtu: int = 1420
    """Bytes; 1500 less the headers of WireGuard over IPv4 or IPv6 (wg-quick)."""
    persistent_keepalive: int = 25
    """Seconds; shorter than the time after which firewalls forget a UDP flow (wg manual)."""


UNSET_PARAMETER = "unset"
"""What a parameter of the exchange holds until its owner writes it; AWS takes no empty one."""


class Exchange(DocumentPart):
    """Where the hosts lay out what the other may see: SSM parameters, which both reach with their own identity.

    None of it is secret. Each host writes its own public key and requests, and reads everything. The host of the
    authority also writes the certificates of both, and its own certificate of the authority. Each name below is there
    for each host, so that a change of authority changes rights and documents, and makes and removes no parameter.
    """

    region: str
    """AWS region of the parameters."""
    prefix: str
    """Path of all parameters; the host's name follows, then one of the names below."""
    public_key: str = "wireguard-public-key"
    """Written by the host: its public key of WireGuard."""
    certificate_requests: str = "certificate-requests"
    """Written by the host: JSON of PEM requests by the kind of certificate."""
    certificates: str = "certificates"
    """Written by the host of the authority: JSON of signed PEM certificates by kind."""
    authority: str = "certificate-authority"
    """Below each host that is or was the authority, written by that host: the PEM certificate that signs all others.
    Both hosts trust every one of them that has not ended."""


class CertificateKind(StrEnum):
    """Certificates of a host, by the common name."""

    SERVER = "server"
    """Carries the host's name and its address inside the link; the peer checks it with verify-full."""
    REPLICATOR = "replicator"
    REWIND = "rewind_user"


AUTHORITY_FILE = "authority.pem"
"""In the folder of the certificates: the certificates of every authority that the host trusts."""

CERTIFICATE_DAYS = 30
"""Life of a certificate. A stolen one is worth little, and a week of failed renewals still leaves a week."""

RENEW_DAYS = 15
WARN_DAYS = 7
"""A certificate with fewer days left rings: its renewal has then failed for a week. No host is told."""


class Certificates(DocumentPart):
    """Certificates in place of passwords. Their keys are made on the host, EC P-256, and stay there.

    The key of the authority is on one host alone. From a request it takes the public key and nothing else; names come
    from the document.
    """

    authority: DatabaseHost
    """The host that makes the authority and signs."""
    directory: str = CERTIFICATES_DIRECTORY
    """Folder of certificates and keys, outside PGDATA."""
    kinds: tuple[CertificateKind, ...] = tuple(CertificateKind)
    """Certificates of a host."""
    days: int = CERTIFICATE_DAYS
    """Life of a certificate, in days."""
    renew_days: int = RENEW_DAYS
    """A host asks for a new certificate when the present one has this many days left."""


class PostgresqlParameters(OwnNames):
    """conf.d/10-pair.conf, as far as it is the same on both hosts."""

    port: int = POSTGRESQL_PORT
    """TCP port."""
    ssl: Literal["on"] = "on"
    """Connections over TCP are encrypted."""
    ssl_min_protocol_version: str = "TLSv1.3"
    """Oldest version of TLS that is taken."""
    wal_level: str = "replica"
    """What WAL holds: enough for a standby."""
    wal_log_hints: Literal["on"] = "on"
    """pg_rewind needs it, or data checksums."""
    hot_standby: Literal["on"] = "on"
    """The standby answers queries."""
    max_wal_senders: int = 10
    """Streams at once: the standby, pg_basebackup and pg_rewind, with room."""
    max_replication_slots: int = 10
    """Slots at once, with room."""
    max_wal_size: str = "1GB"
    """WAL between two checkpoints. The cap below must be well above it: a primary that crashed starts with the position
    that its slot had at the last checkpoint, and may find it past the cap though the standby lacks nothing."""
    max_slot_wal_keep_size: str
    """The default, -1, lets a dead standby fill the primary's disk."""
    archive_mode: Literal["on"] = "on"
    """WAL is archived on the primary; the standby archives what it receives only once it is promoted."""
    archive_timeout: str = "60s"
    """Bounds what a lost primary can lose beyond the stream."""
    archive_command: str = "pgbackrest --stanza=main archive-push %p"
    """Hands a segment to pgBackRest, which sends it to both repositories."""
    restore_command: str = '/usr/local/sbin/pair-archive-get %f "%p"'
    """On both hosts at all times, of no fixed repository: pg_rewind -c reads it on the host that it mends, and a
    standby needs the other repository when one is away. The program asks them one after the other."""
    wal_receiver_status_interval: str = "1s"
    """How often the standby tells the primary its position."""
    wal_sender_timeout: str = "30s"
    """Silence after which the primary ends a stream."""
    tcp_keepalives_idle: int = 30
    """Seconds."""
    tcp_user_timeout: str = "30s"
    """Ends a write to a peer that no packet reaches. Without it a walsender that must go, because its slot is past its
    cap, hangs in that write, and the checkpoint that recycles WAL waits for it."""
    synchronous_commit: str
    """What a commit waits for: `local`, `remote_write` or `on`."""
    password_encryption: str = "scram-sha-256"  # noqa: S105 -- the name of a method
    """How passwords of clients are kept."""
    wal_compression: str = "zstd"
    """Full pages in WAL are compressed, since WAL crosses clouds."""


class IdentityParameters(OwnNames):
    """conf.d/10-pair.conf, as far as it names this host or its peer."""

    listen_addresses: str
    """The address inside the link. While the document names clients, the role adds the host's private address. Never a
    public one: on EC2 and GCE a public address is not on the machine at all."""
    primary_conninfo: str
    """Used only while standby.signal is there, so it can stand on the primary too."""
    primary_slot_name: str
    """This host's slot on its peer."""
    synchronous_standby_names: str
    """Names the peer. No commit waits for it unless synchronous_commit asks for that."""


class HbaType(StrEnum):
    """First word of a line of pg_hba.conf; "host" appears in the line that rejects alone."""

    LOCAL = "local"
    HOST_TLS = "hostssl"
    HOST = "host"


class HbaRule(DocumentPart):
    """A line of pg_hba.conf. The first that matches decides."""

    type: HbaType
    """First word of the line."""
    database: str
    """Database, or `all` or `replication`."""
    user: str
    """Role of PostgreSQL, or `all`."""
    address: str = ""
    """A CIDR; empty for local connections."""
    method: str
    """Method with its options."""


class PairMetric(StrEnum):
    """Metrics that the role writes about the pair, next to the machine's own.

    Both hosts write all of them, so that a promotion changes no alarm.
    """

    REPLICATION_AGE = "database_replication_age_seconds"
    """On the primary, seconds since a standby last streamed: none at all counts. On the standby, age of the newest
    heartbeat row: what a lost primary would cost now. Of the two, only age shows on an idle pair."""
    ARCHIVE_AGE = "database_archive_age_seconds"
    """Age of the oldest segment that is not in every repository; 0 on the standby. `failed_count` of
    pg_stat_archiver stays 0 while a repository is away, because the asynchronous push tries again."""
    BACKUP_AGE = "database_backup_age_seconds"
    """Age of the newest backup in the worse repository."""
    FULL_BACKUP_AGE = "database_full_backup_age_seconds"
    """Age of the newest full backup in the worse repository. Differential ones hang on it, and hide that it was
    missed: they keep the age of the newest backup young."""
    PROOF_AGE = "database_proof_age_seconds"
    """Age of the newest proof that backups can be restored: of the last good verify of the host, and on the standby of
    its last good drill, whichever is older. The primary makes no drills, so there none counts; after a promotion the
    new standby may ring until its first. The text of `pgbackrest verify` counts, because it exits 0 on damage too."""
    SLOT_RETAINED = "database_slot_retained_ratio"
    """WAL that the primary keeps for its standby, as a part of max_slot_wal_keep_size; 2 once the slot is lost, and 0
    on the standby."""
    ARCHIVE_QUEUE = "database_archive_queue_ratio"
    """WAL that PostgreSQL keeps until it is archived, as a part of archive-push-queue-max. pgBackRest counts only what
    no push has sent yet, so past 1 the queue is dropped where everything waits, and kept where one segment does."""
    VERIFY_FAULTS = "database_verify_faults"
    """Repositories whose last verify by this host was not clean."""
    DRILL_FAILED = "database_restore_drill_failed"
    """1 while a repository's last restore drill on this host has failed, else 0."""
    CERTIFICATE_REMAINING = "database_certificate_remaining_seconds"
    """Until the first of the host's certificates ends, that of the authority included."""
    STRANGE_KEYS = "database_strange_keys"
    """Keys of the tunnel and certificate authorities that came through the exchange after others were known, and that
    no person has agreed to. A host that was made anew counts, until somebody says that it was."""
    OUTRANKED = "database_outranked"
    """1 while a fence token names the other host with an epoch of at least the own one and PostgreSQL here is not its
    standby, else 0."""
    FENCE_AGE = "database_fence_age_seconds"
    """Seconds since the host last read a fence token, or that there is none. It grows when the watch dies as well, and
    the one before stands still then."""


class HostIdentity(DocumentPart):
    """Everything in which the documents of the two hosts differ."""

    host: DatabaseHost
    """This host."""
    peer: DatabaseHost
    """The other one."""
    wireguard_address: str
    """Address of this host inside the link."""
    peer_wireguard_address: str
    """The only address that the tunnel lets through (AllowedIPs)."""
    peer_endpoint: str
    """Public address and port of the peer's tunnel."""
    postgresql: IdentityParameters
    hba: tuple[HbaRule, ...]
    """Lines of pg_hba.conf; the first that matches decides."""
    repositories: tuple[RepositoryIdentity, RepositoryIdentity]
    """For repo1 and repo2."""
    web_identity: WebIdentity | None
    """None where the host has an identity of AWS already."""
    federation: Federation | None
    """None where the host has an identity of Google already."""


class JobHost(StrEnum):
    """Where a job runs."""

    PRIMARY = "primary"
    STANDBY = "standby"
    """The timers of these are on both hosts, and the job looks at what PostgreSQL is now, not at `primary`."""
    SAME_CLOUD = "same-cloud"
    """On the host in the cloud of the repository: all of it is read, which costs nothing inside a cloud alone."""


class Job(DocumentPart):
    """A timer."""

    name: str
    """Kind of job, then `-repoN`."""
    calendar: str
    """OnCalendar of systemd."""
    repository: Literal[1, 2]
    """N of the repository that it works on."""
    runs_on: JobHost
    """What PostgreSQL must be for the job to do anything, or that the host is beside the repository."""


class DatabasePairDocument(RoleSettings):
    """The part of the machine document that belongs to a host of the database pair."""

    identity: HostIdentity
    primary: DatabaseHost
    """The host that is meant to be the primary. Converge uses it once, to make an empty pair, and from then on only
    reports when it is not so: to promote is a decision of a person."""
    debian_release: int = DEBIAN_RELEASE
    """Converge stops before PostgreSQL starts where the host runs another one."""
    postgresql_version: int = POSTGRESQL_VERSION
    """Major version of PostgreSQL on both hosts."""
    initdb_options: tuple[str, ...] = (
        "--data-checksums",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C.UTF-8",
    )
    """Checksums let pg_rewind and pgBackRest see damage; PostgreSQL's own locale does not change with glibc."""
    hosts: tuple[HostEntry, HostEntry]
    """Both hosts, by name and address inside the link."""
    wireguard: WireGuard = WireGuard()
    mount_point: str = MOUNT_POINT
    """Where the data disk is mounted."""
    exchange: Exchange
    certificates: Certificates
    postgresql: PostgresqlParameters
    app_cidrs: tuple[str, ...]
    """Clients; where there are any, PostgreSQL listens on the host's private address too."""
    pgbackrest: PgBackRest
    jobs: tuple[Job, ...]
    """Timers of backups and their proofs."""
    heartbeat_seconds: Annotated[int, Field(ge=1)] = 10
    """The primary writes a row this often; its age on the standby, and in each restored copy, is the true RPO."""
