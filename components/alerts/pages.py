"""Pages of docs/runbooks that alarms lead to, beside those of the database pair."""

from enum import StrEnum


class Page(StrEnum):
    """A page and its section, from the root of the repository."""

    AUDIT_STORE = "docs/runbooks/audit/alarms.md#machine-store"
    AUDIT_EXCHANGE = "docs/runbooks/audit/alarms.md#exchange"
    AUDIT_ROLES = "docs/runbooks/audit/alarms.md#roles"
    AUDIT_IAM = "docs/runbooks/audit/alarms.md#rights"
    AUDIT_TRAIL = "docs/runbooks/audit/alarms.md#trail"
    DOWN = "docs/runbooks/machine/alarms.md#down"
    DISK = "docs/runbooks/machine/alarms.md#disk"
    CONVERGE = "docs/runbooks/machine/alarms.md#converge"
    UNHEARD = "docs/runbooks/machine/alarms.md#unheard"
    MANAGER_SILENT = "docs/runbooks/runner_fleet/alarms.md#silent"
    ORPHANS = "docs/runbooks/runner_fleet/alarms.md#orphans"
    WORKER_AGE = "docs/runbooks/runner_fleet/alarms.md#worker-age"
    LONG_POLLS = "docs/runbooks/runner_fleet/alarms.md#long-polls"
    GROUP_FULL = "docs/runbooks/runner_fleet/alarms.md#full"
    GROUP_STARVED = "docs/runbooks/runner_fleet/alarms.md#starved"
    DEV_UNREACHABLE = "docs/runbooks/dev_instance/alarms.md#unreachable"
    DEV_CERTIFICATE = "docs/runbooks/dev_instance/alarms.md#certificate"
    DEV_BACKUP = "docs/runbooks/dev_instance/alarms.md#backup"
    DEV_UPGRADE = "docs/runbooks/dev_instance/alarms.md#upgrade"
    PACKAGES_PROBE = "docs/runbooks/package_server/alarms.md#probe"
    PACKAGES_CERTIFICATE = "docs/runbooks/package_server/alarms.md#certificate"
    PACKAGES_METADATA = "docs/runbooks/package_server/alarms.md#metadata"
    PACKAGES_BACKUP = "docs/runbooks/package_server/alarms.md#backup"
    PACKAGES_UPLOADS = "docs/runbooks/package_server/alarms.md#uploads"
    PACKAGES_KEYS = "docs/runbooks/package_server/alarms.md#keys"


def leading_to(page: str, advice: str) -> str:
    """What a notification says: what is wrong, what to do first, and the page that goes on from there."""
    return f"{advice} Runbook: {page}"
