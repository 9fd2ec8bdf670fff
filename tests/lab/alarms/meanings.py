"""What is written while all is well, and what while something is wrong, whatever the limits of the alarms are.

The values of a fault are those at which somebody must have been told at the latest.
"""

from collections.abc import Mapping
from dataclasses import dataclass

HOUR, DAY = 3600, 24 * 3600


@dataclass(frozen=True)
class Meaning:
    """Of one metric."""

    well: float
    wrong: float


OWN: Mapping[str, Meaning] = {
    # At 95 % of a disk root alone may write, on ext4.
    "disk_used_ratio": Meaning(0.5, 0.95),
    # It runs every 15 minutes, and may fail once.
    "converge_age_seconds": Meaning(1800, 4 * HOUR),
    # A long poll ends after 50 s.
    "runner_contact_age_seconds": Meaning(50, 900),
    "gitlab_backup_age_seconds": Meaning(25 * HOUR, 2 * DAY),
    "gitlab_upgrade_held": Meaning(0, 1),
    "package_metadata_age_seconds": Meaning(HOUR, 30 * DAY),
    "package_backup_age_seconds": Meaning(25 * HOUR, 4 * DAY),
    "package_upload_temp_free_ratio": Meaning(0.9, 0.02),
    "package_key_days_left": Meaning(400, 3),
    # The heartbeat comes every 10 s and the metric every 60.
    "database_replication_age_seconds": Meaning(70, 1800),
    # archive_timeout is a minute.
    "database_archive_age_seconds": Meaning(120, HOUR),
    "database_backup_age_seconds": Meaning(25 * HOUR, 2 * DAY),
    "database_full_backup_age_seconds": Meaning(7 * DAY, 9 * DAY),
    "database_proof_age_seconds": Meaning(7 * DAY, 10 * DAY),
    "database_slot_retained_ratio": Meaning(0.1, 0.8),
    "database_archive_queue_ratio": Meaning(0.01, 0.5),
    "database_verify_faults": Meaning(0, 1),
    "database_restore_drill_failed": Meaning(0, 1),
    "database_certificate_remaining_seconds": Meaning(20 * DAY, 3 * DAY),
    "database_strange_keys": Meaning(0, 1),
    "database_outranked": Meaning(0, 1),
    "database_fence_age_seconds": Meaning(30, 1800),
}
"""Of metrics that machines write, as they are sent."""

TO_BE_WRITTEN = {
    "runner_contact_age_seconds": "runner-manager",
    "gitlab_backup_age_seconds": "dev-instance",
    "gitlab_upgrade_held": "dev-instance",
    "package_metadata_age_seconds": "package-server",
    "package_backup_age_seconds": "package-server",
    "package_upload_temp_free_ratio": "package-server",
    "package_key_days_left": "package-server",
}
"""Metrics whose program is not there yet, and its role: until then their alarms ring for silence."""

CLOUD: Mapping[str, Meaning] = {
    "AWS/EC2/StatusCheckFailed": Meaning(0, 1),
    "monitoring.googleapis.com/uptime_check/check_passed": Meaning(1, 0),
    "monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires": Meaning(60, 5),
}
"""Of metrics that clouds make; those of groups and of workers depend on what is registered."""

LOG_LINE = '{"level":"warning","msg":"CONFIGURATION: Long polling issues detected.\\nIssues found:"}'
"""What GitLab Runner logs, in JSON as its configuration says (its own checkConfigConcurrency; read on 2026-11-28)."""
