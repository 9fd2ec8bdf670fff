"""When the database pair is in trouble: one list, from which the alarms of both clouds and Prometheus rules are made.

Every alert also rings when its metric stays away: a standby that vanished reports nothing. Ages count from a time that
the host wrote down, so they grow when their writer dies, and with it all else would stand still unseen.
"""

from dataclasses import dataclass
from enum import StrEnum

from settings.database_pair.document import WARN_DAYS, PairMetric
from settings.database_pair.section import WAL_SHARE

HOUR = 3600
DAY = 24 * HOUR

DISK_USED_RATIO = "disk_used_ratio"
"""Used part of the fullest file system. Each machine reports it by itself, so no role writes it."""


OR_SILENT = "or the host says nothing of it"


class Severity(StrEnum):
    """Who is told, as Prometheus and Cloud Monitoring both name it."""

    PAGE = "critical"
    """Somebody gets up."""
    TICKET = "warning"
    """Somebody looks on the next working day."""


class Runbook(StrEnum):
    """Pages of docs/runbooks/database."""

    PRIMARY_LOST = "primary-lost"
    REPLICA_LOST = "replica-lost"
    LINK_LOST = "link-lost"
    REPOSITORY_LOST = "repository-lost"
    DISK_FULL = "disk-full"
    KEYS_CHANGED = "keys-changed"

    @property
    def path(self) -> str:
        """Where it is in the repository."""
        return f"docs/runbooks/database/{self}.md"


@dataclass(frozen=True)
class Limit:
    """When a metric is an alert."""

    name: str
    metric: str
    """A PairMetric, or DISK_USED_RATIO."""
    limit: float
    minutes: int
    """How long the metric must be beyond its limit, or away. A restart of a host takes less than five."""
    severity: Severity
    says: str
    """What is wrong; the name of the host goes before it."""
    advice: str
    runbook: Runbook
    below: bool = False
    """Rings below the limit instead of above it."""
    own_title: str = ""
    """What the clouds call it, where each machine has an alarm of that name already."""

    @property
    def title(self) -> str:
        """What the clouds call it, after the name of the host."""
        return self.own_title or self.name

    @property
    def text(self) -> str:
        """What a notification says before it names the runbook."""
        return f"{self.says[0].upper()}{self.says[1:]}, {OR_SILENT}. {self.advice}"


LIMITS = (
    Limit(
        "standby-missing",
        PairMetric.REPLICATION_AGE,
        300,
        5,
        Severity.PAGE,
        says="the other host is away or more than five minutes behind",
        advice="Look at `pairctl status` on both hosts.",
        runbook=Runbook.REPLICA_LOST,
    ),
    # Two minutes: the heartbeat is written every 10 seconds and the metric every 60, so an idle pair shows up to 70.
    Limit(
        "lag",
        PairMetric.REPLICATION_AGE,
        120,
        15,
        Severity.TICKET,
        says="replication stays more than two minutes behind",
        advice="A lost primary would cost as much: look at the tunnel and at the load.",
        runbook=Runbook.LINK_LOST,
    ),
    Limit(
        "slot",
        PairMetric.SLOT_RETAINED,
        0.5,
        5,
        Severity.PAGE,
        says="the slot keeps more than half of the WAL that it may",
        advice="Bring the standby back before the cap: past it, the standby must be made anew.",
        runbook=Runbook.REPLICA_LOST,
    ),
    Limit(
        "archive",
        PairMetric.ARCHIVE_AGE,
        900,
        10,
        Severity.TICKET,
        says="WAL waits for a repository for more than 15 minutes",
        advice="Run `pgbackrest check`; archive_timeout is a minute.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
    Limit(
        "archive-queue",
        PairMetric.ARCHIVE_QUEUE,
        0.25,
        5,
        Severity.PAGE,
        says="the archive queue is filled by more than a quarter",
        advice="With a repository away, a full queue is dropped, and no later point in time can be restored until the"
        " next backup. With one segment refused, nothing is dropped and the disk fills.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
    # A day, and six hours for a full backup that takes long.
    Limit(
        "backup",
        PairMetric.BACKUP_AGE,
        30 * HOUR,
        10,
        Severity.TICKET,
        says="a repository has no backup of the last day",
        advice="Read `pgbackrest info` and the journal of the backups.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
    # A week, and as long for the full backup itself as above.
    Limit(
        "full-backup",
        PairMetric.FULL_BACKUP_AGE,
        7 * DAY + 6 * HOUR,
        10,
        Severity.TICKET,
        says="a repository has no full backup of the last week",
        advice="Differential ones go on and grow: read the journal of pair-full-repo1 and -repo2 on the primary.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
    Limit(
        "verify",
        PairMetric.VERIFY_FAULTS,
        0,
        5,
        Severity.PAGE,
        says="the last verify of a repository was not clean",
        advice="Something in it is damaged or gone; the other repository still restores. Read the journal of verify.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
    Limit(
        "restore-drill",
        PairMetric.DRILL_FAILED,
        0,
        5,
        Severity.TICKET,
        says="the last restore drill failed",
        advice="Read its journal, then run `pairctl drill` again.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
    # A drill is made weekly, and may be a day late.
    Limit(
        "proof",
        PairMetric.PROOF_AGE,
        8 * DAY,
        10,
        Severity.TICKET,
        says="nothing proved of late that the backups can be restored",
        advice="Read the journals of verify and of the restore drill.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
    Limit(
        "certificate",
        PairMetric.CERTIFICATE_REMAINING,
        WARN_DAYS * DAY,
        10,
        Severity.TICKET,
        says=f"a certificate ends in less than {WARN_DAYS} days, so its renewal fails",
        advice="Replication stops when it ends: read the journal of pair-exchange on both hosts.",
        runbook=Runbook.LINK_LOST,
        below=True,
    ),
    Limit(
        "strange-key",
        PairMetric.STRANGE_KEYS,
        0,
        5,
        Severity.PAGE,
        says="a key or an authority came through the exchange that nobody has agreed to",
        advice="A host that was made anew has one, and so has a stranger: run `pairctl trust` on both hosts.",
        runbook=Runbook.KEYS_CHANGED,
    ),
    # What is above it may fill with WAL alone, while a standby or a repository is away.
    Limit(
        "disk",
        DISK_USED_RATIO,
        round(1 - WAL_SHARE, 2),
        10,
        Severity.PAGE,
        says=f"less than {WAL_SHARE:.0%} of a disk is free",
        advice="PostgreSQL stops at a full disk: find what grows, or raise dataDiskGiB of both hosts.",
        runbook=Runbook.DISK_FULL,
        # CloudWatch tells alarms apart by their names alone, and every machine has "disk", at 85 %.
        own_title="database-disk",
    ),
    Limit(
        "outranked",
        PairMetric.OUTRANKED,
        0,
        5,
        Severity.PAGE,
        says="the other host was made primary, and this one is not its standby yet",
        advice="There is no redundancy: run `pairctl rejoin --dry-run` here.",
        runbook=Runbook.PRIMARY_LOST,
    ),
    Limit(
        "fence",
        PairMetric.FENCE_AGE,
        600,
        10,
        Severity.TICKET,
        says="no fence token was read for ten minutes",
        advice="The host would not notice that it is outranked: look at pair-watch and at both repositories.",
        runbook=Runbook.REPOSITORY_LOST,
    ),
)
"""All of them, the most urgent part of the pair first."""
