"""Metrics that every machine writes about itself.

`machines/converge/report.py` writes them once a minute, on GCP as custom.googleapis.com/packyard/<name>, on AWS in
the namespace `Packyard`; it takes them from the files that roles leave for the node exporter (machines/README.md).
"""

from enum import StrEnum

AWS_NAMESPACE = "Packyard"
"""Namespace in CloudWatch."""

GCP_PREFIX = "custom.googleapis.com/packyard"
"""Prefix of metric types in Cloud Monitoring."""

MACHINE_LABEL = "machine"
"""Label and dimension that tells machines apart; it stays the same when a machine is rebuilt."""


class MachineMetric(StrEnum):
    """Names of the metrics that alarms look at."""

    DISK_USED_RATIO = "disk_used_ratio"
    """Used part of the fullest file system, 0 to 1."""
    CONVERGE_AGE_SECONDS = "converge_age_seconds"
    """Seconds since converge last ended well."""
    RUNNER_CONTACT_AGE_SECONDS = "runner_contact_age_seconds"
    """Seconds since GitLab last answered the runner manager; runner managers alone write it."""

    GITLAB_BACKUP_AGE_SECONDS = "gitlab_backup_age_seconds"
    """Seconds since the older of the dev instance's backups, data and secrets, reached both of its places."""
    GITLAB_UPGRADE_HELD = "gitlab_upgrade_held"
    """1 while the dev instance's nightly upgrade is held after a failure, else 0."""

    DATABASE_REPLICATION_AGE_SECONDS = "database_replication_age_seconds"
    DATABASE_ARCHIVE_AGE_SECONDS = "database_archive_age_seconds"
    DATABASE_BACKUP_AGE_SECONDS = "database_backup_age_seconds"
    DATABASE_FULL_BACKUP_AGE_SECONDS = "database_full_backup_age_seconds"
    DATABASE_PROOF_AGE_SECONDS = "database_proof_age_seconds"
    DATABASE_SLOT_RETAINED_RATIO = "database_slot_retained_ratio"
    DATABASE_ARCHIVE_QUEUE_RATIO = "database_archive_queue_ratio"
    DATABASE_VERIFY_FAULTS = "database_verify_faults"
    DATABASE_RESTORE_DRILL_FAILED = "database_restore_drill_failed"
    DATABASE_CERTIFICATE_REMAINING_SECONDS = "database_certificate_remaining_seconds"
    DATABASE_STRANGE_KEYS = "database_strange_keys"
    DATABASE_OUTRANKED = "database_outranked"
    DATABASE_FENCE_AGE_SECONDS = "database_fence_age_seconds"
    """The hosts of the database pair write these; settings/database_pair/document.py says what each means."""


DESCRIPTIONS = {
    MachineMetric.DISK_USED_RATIO: "Used part of the fullest file system of a machine, 0 to 1",
    MachineMetric.CONVERGE_AGE_SECONDS: "Seconds since converge last ended well on a machine",
    MachineMetric.RUNNER_CONTACT_AGE_SECONDS: "Seconds since GitLab last answered the runner manager on a machine",
    MachineMetric.GITLAB_BACKUP_AGE_SECONDS: "Age of the dev instance's last backup that reached both of its places",
    MachineMetric.GITLAB_UPGRADE_HELD: "1 while the dev instance's nightly upgrade is held after a failure",
    MachineMetric.DATABASE_REPLICATION_AGE_SECONDS: "Seconds by which the other database host is behind or gone",
    MachineMetric.DATABASE_ARCHIVE_AGE_SECONDS: "Age of the oldest WAL that is not in every repository",
    MachineMetric.DATABASE_BACKUP_AGE_SECONDS: "Age of the newest backup in the worse repository",
    MachineMetric.DATABASE_FULL_BACKUP_AGE_SECONDS: "Age of the newest full backup in the worse repository",
    MachineMetric.DATABASE_PROOF_AGE_SECONDS: "Age of the last proof that the backups can be restored",
    MachineMetric.DATABASE_SLOT_RETAINED_RATIO: "WAL kept for the standby, as a part of its cap; 2: the slot is lost",
    MachineMetric.DATABASE_ARCHIVE_QUEUE_RATIO: "WAL that waits for a repository, as a part of the cap of the queue",
    MachineMetric.DATABASE_VERIFY_FAULTS: "Repositories whose last verify was not clean",
    MachineMetric.DATABASE_RESTORE_DRILL_FAILED: "1 while a last restore drill has failed",
    MachineMetric.DATABASE_CERTIFICATE_REMAINING_SECONDS: "Seconds until the first certificate of the host ends",
    MachineMetric.DATABASE_STRANGE_KEYS: "Keys and authorities of the pair's exchange that nobody has agreed to",
    MachineMetric.DATABASE_OUTRANKED: "1 while another host holds a higher epoch, and this one is not its standby",
    MachineMetric.DATABASE_FENCE_AGE_SECONDS: "Seconds since the host last read a fence token",
}
"""Text of each metric descriptor."""
