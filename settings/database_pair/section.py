"""The database pair: one PostgreSQL host on GCP, one on AWS, and the backups of both."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.forms import network_type
from settings.machine.section import Ec2Size, GceSize, Weekday
from settings.vocabulary import AwsZone, Cloud, GiB, Ipv4Address, TimeOfDay

WAL_SHARE = 0.3
"""Most of the data disk that kept WAL may fill, as in Pigsty's `max_slot_wal_keep_size`. PostgreSQL stops at a full
disk; a lost slot or a gap in the archive is mended while it runs."""

AppCidr = Annotated[
    str,
    network_type(range(16, 33), "narrow enough for the clients of one application", "10.16.0.16/28"),
]
"""A private range whose machines are clients of the database, /16 to /32."""


class DatabaseHost(StrEnum):
    """The hosts, named by place. A name by role would be wrong after the first promotion."""

    A = "pg-a"
    """On GCP."""
    B = "pg-b"
    """On AWS."""

    @property
    def peer(self) -> "DatabaseHost":
        """The other one."""
        return DatabaseHost.B if self is DatabaseHost.A else DatabaseHost.A

    @property
    def cloud(self) -> Cloud:
        """Where it is."""
        return Cloud.GCP if self is DatabaseHost.A else Cloud.AWS


class SynchronousCommit(StrEnum):
    """The default of `synchronous_commit`; a role or a transaction may ask for more (PostgreSQL, "Replication")."""

    LOCAL = "local"
    """No commit waits for the standby: a lost primary loses what the link had not carried yet."""
    REMOTE_WRITE = "remote_write"
    """A commit waits until the standby has written, but not flushed it."""
    ON = "on"
    """A commit waits until the standby has flushed it. Commits hang while the link or the standby is down."""


class GcpHost(GceSize):
    """pg-a."""

    wireguard_address: Annotated[Ipv4Address, Field(alias="wireGuardAddress")]
    """Its address inside the link; PostgreSQL listens there."""


class AwsHost(Ec2Size):
    """pg-b."""

    availability_zone: AwsZone
    """One of aws.availabilityZones. The data volume lives in it, so it cannot change later."""
    wireguard_address: Annotated[Ipv4Address, Field(alias="wireGuardAddress")]
    """Its address inside the link; PostgreSQL listens there."""


class KeptFullBackups(Section):
    """Full backups that are kept in each repository, with everything that hangs on them. One is made each week."""

    s3: Annotated[int, Field(ge=2, le=52, examples=[4])]
    """Kept in repo1, the locked bucket. `backupVault.s3.lockDays` must cover one week more than these."""
    gcs: Annotated[int, Field(ge=1, le=52, examples=[2])]
    """Kept in repo2."""


class WeeklyTime(Section):
    """A time of the week, in UTC."""

    day: Weekday
    """Day of the week."""
    start: TimeOfDay
    """Time of day, in UTC."""

    @property
    def calendar(self) -> str:
        """As systemd writes it in OnCalendar."""
        return f"{self.day} *-*-* {self.start}:00 UTC"

    @property
    def next_day(self) -> "WeeklyTime":
        """The same time, a day later."""
        days = list(Weekday)
        return WeeklyTime(day=days[(days.index(self.day) + 1) % len(days)], start=self.start)


class BackupSchedule(Section):
    """When backups are made and proven, in UTC. Each runs once for each repository."""

    full: WeeklyTime
    """Weekly full backup, on which a week of differential ones hangs."""
    differential: TimeOfDay
    """On every day without a full backup."""
    verify: TimeOfDay
    """Daily: checksums of everything in a repository."""
    restore_drill: WeeklyTime
    """A restore into a scratch directory of the standby: from repo1 then, from repo2 a day later, because there is
    room for one copy."""

    @property
    def differential_calendar(self) -> str:
        """As systemd writes it in OnCalendar. On the day of the full backup the two would wait for one lock."""
        days = ",".join(day for day in Weekday if day is not self.full.day)
        return f"{days} *-*-* {self.differential}:00 UTC"


class DatabasePairSettings(Section):
    """Both hosts, and what they share. The hosts are alike: either can be the primary."""

    primary: Cloud
    """Where the primary is meant to be. It changes documents alone, never a resource. It promotes nothing either: a
    person does (`pairctl promote`) and then writes down here what is true."""
    certificate_authority: Cloud = Cloud.AWS
    """Whose host signs the certificates of both. Its key is made there and stays there. A change makes a new authority
    on the other host; certificates of the old one hold until they end, so nothing is interrupted."""
    gcp: GcpHost
    """Size and place of pg-a, the host on GCP."""
    aws: AwsHost
    """Size and place of pg-b, the host on AWS."""
    synchronous_commit: SynchronousCommit
    """What a commit waits for. It trades commits that a lost primary would lose against commits that hang."""
    slot_wal_cap_gib: Annotated[GiB, Field(alias="slotWalCapGiB", ge=4, examples=[40])]
    """`max_slot_wal_keep_size`: WAL that is kept for a standby that is away. Past it the standby must be made anew. Not
    less than some times `max_wal_size`, which says why."""
    archive_queue_cap_gib: Annotated[GiB, Field(alias="archiveQueueCapGiB", examples=[80])]
    """`archive-push-queue-max`: WAL that no push has brought to every repository yet. A push that begins past it drops
    all of that for both, and no point in time after it can be restored until the next backup. It is no cap of pg_wal:
    while single segments are refused and later ones get through, or a push hangs, pgBackRest 2.55.1 drops nothing, and
    the disk fills (pgbackrest#2629, #1848). Larger than the cap above: the standby is given up first."""
    kept_full_backups: KeptFullBackups
    schedule: BackupSchedule
    app_cidrs: Annotated[tuple[AppCidr, ...], Field(examples=[["10.16.0.16/28"]])] = ()
    """Clients of the database. While there are none, nothing but the peer reaches PostgreSQL at all."""

    @property
    def primary_host(self) -> DatabaseHost:
        """The host that is meant to be the primary."""
        return DatabaseHost.A if self.primary is Cloud.GCP else DatabaseHost.B

    @property
    def authority_host(self) -> DatabaseHost:
        """The host that signs certificates."""
        return DatabaseHost.A if self.certificate_authority is Cloud.GCP else DatabaseHost.B

    def wireguard_address_of(self, host: DatabaseHost) -> str:
        """The address of a host inside the link."""
        return self.gcp.wireguard_address if host is DatabaseHost.A else self.aws.wireguard_address
