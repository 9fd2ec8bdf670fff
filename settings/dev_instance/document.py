"""What the dev instance's machine is told: everything that its gitlab.rb and its upgrader need, and no secret."""

from typing import Literal

from settings.backup_vault.offsite import OffsitePlace
from settings.machine.document import DocumentPart, RoleSettings

MOUNT_POINT = "/var/opt/gitlab"
"""Data directory of the package, on the data disk. GitLab does not start before it is mounted
(`high_availability['mountpoint']`)."""


class GoogleConnection(DocumentPart):
    """A connection to Cloud Storage with the machine's own identity; no key file."""

    provider: Literal["Google"] = "Google"
    google_project: str
    google_application_default: Literal[True] = True


class ObjectBuckets(DocumentPart):
    """One bucket for each type of object, by the names of the consolidated form (GitLab docs, object storage)."""

    artifacts: str
    external_diffs: str
    lfs: str
    uploads: str
    packages: str
    dependency_proxy: str
    terraform_state: str
    ci_secure_files: str
    agent_plan_content: str
    pages: str


class ObjectStore(DocumentPart):
    """`gitlab_rails['object_store']`. It covers neither backups nor the registry."""

    connection: GoogleConnection
    proxy_download: Literal[True] = True
    """Clients get objects through the instance, so that runners need no way to the buckets."""
    buckets: ObjectBuckets


class Registry(DocumentPart):
    """The container registry."""

    external_url: str
    port: int
    bucket: str


class Pages(DocumentPart):
    """GitLab Pages with a wildcard certificate, which Let's Encrypt gives for DNS proofs alone."""

    external_url: str
    certificate_secret: str


class Backup(DocumentPart):
    """Data and secrets go to different buckets and different off-site places: one of them alone is of no use."""

    on_calendar: str
    keep_seconds: int
    """`gitlab_rails['backup_keep_time']`; 0 would keep everything until the disk is full."""
    upload_connection: GoogleConnection
    data_bucket: str
    secrets_bucket: str
    data_offsite: OffsitePlace
    secrets_offsite: OffsitePlace
    repository_password_secret: str
    """Key of the off-site copies, which are encrypted before they leave."""


class HostKey(DocumentPart):
    """One SSH host key of git. The machine refuses a private half that does not fit the public one."""

    key_type: str
    public_key: str
    secret: str


class GitSshDaemon(DocumentPart):
    """gitlab-sshd, apart from the operators' sshd."""

    port: int
    host_keys: tuple[HostKey, ...]


class LetsEncrypt(DocumentPart):
    """`letsencrypt[...]`."""

    enable: Literal[True] = True
    contact_emails: tuple[str, ...]
    auto_renew: Literal[True] = True
    auto_renew_hour: int = 3
    auto_renew_day_of_month: str = "*/4"


class PackageRepository(DocumentPart):
    """The only source of GitLab packages on the machine: a newer stable package would outrank an older nightly."""

    source: str
    suite: str
    component: str = "main"
    package: Literal["gitlab-ce"] = "gitlab-ce"
    pin_origin: str
    pin_priority: Literal[1001] = 1001
    """Above 1000, so that apt goes back to a nightly even from a higher version."""


class UpgradeSnapshots(DocumentPart):
    """Snapshots of the data disk that the upgrader makes, and its only ones to delete."""

    project: str
    zone: str
    disk: str
    name_prefix: str
    keep: int


class Upgrade(DocumentPart):
    """The nightly upgrade: lock, free space, readiness, snapshot, install, readiness. A failure holds and alerts."""

    on_calendar: str
    persistent: Literal[True] = True
    """A night that the machine was off is made up."""
    minimum_free_gib: int
    readiness_path: Literal["/-/readiness?all=1"] = "/-/readiness?all=1"
    """Liveness says yes whatever is broken (gitlab-foss#66253); a 404 is a failure too."""
    snapshots: UpgradeSnapshots


class Monitoring(DocumentPart):
    """Names of the metrics that the role leaves for the machine's report; alarms wait for them."""

    backup_age_metric: str
    upgrade_held_metric: str


class DevInstanceDocument(RoleSettings):
    """The dev instance's part of the machine document."""

    host_name: str
    external_url: str
    """Passed at every install: detection works on the clouds' old machines alone."""
    mount_point: str = MOUNT_POINT
    root_password_secret: str
    """Read before the first seed of the database and never written to the disk."""
    store_initial_root_password: Literal[False] = False
    monitoring_allowed_cidrs: tuple[str, ...]
    """Without the machine's own addresses, which are always allowed."""
    packages: PackageRepository
    upgrade: Upgrade
    unattended_upgrades_skip: tuple[str, ...] = ("gitlab-ce", "gitlab-ee")
    object_store: ObjectStore
    registry: Registry
    pages: Pages | None
    backup: Backup
    git_ssh: GitSshDaemon
    letsencrypt: LetsEncrypt
    monitoring: Monitoring
