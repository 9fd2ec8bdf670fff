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
    """Name of the cloud in fog's words."""
    google_project: str
    """Project of the buckets."""
    google_application_default: Literal[True] = True
    """The machine's own identity is used."""


class ObjectBuckets(DocumentPart):
    """One bucket for each type of object, by the names of the consolidated form (GitLab docs, object storage)."""

    artifacts: str
    """Bucket of job artifacts and logs."""
    external_diffs: str
    """Bucket of diffs of merge requests."""
    lfs: str
    """Bucket of Git LFS objects."""
    uploads: str
    """Bucket of attachments and avatars."""
    packages: str
    """Bucket of the package registry."""
    dependency_proxy: str
    """Bucket of cached images."""
    terraform_state: str
    """Bucket of Terraform states."""
    ci_secure_files: str
    """Bucket of secure files of CI."""
    agent_plan_content: str
    """Bucket of plans of agents."""
    pages: str
    """Bucket of Pages sites."""


class ObjectStore(DocumentPart):
    """`gitlab_rails['object_store']`. It covers neither backups nor the registry."""

    connection: GoogleConnection
    proxy_download: Literal[True] = True
    """Clients get objects through the instance, so that runners need no way to the buckets."""
    buckets: ObjectBuckets


class Registry(DocumentPart):
    """The container registry."""

    external_url: str
    """`registry_external_url`."""
    port: int
    """TCP port."""
    bucket: str
    """Bucket of images."""


class Pages(DocumentPart):
    """GitLab Pages with a wildcard certificate, which Let's Encrypt gives for DNS proofs alone."""

    external_url: str
    """`pages_external_url`."""
    certificate_secret: str
    """Secret Manager id of the wildcard certificate and its key."""


class Backup(DocumentPart):
    """Data and secrets go to different buckets and different off-site places: one of them alone is of no use."""

    on_calendar: str
    """When the backup is made (OnCalendar of systemd)."""
    keep_seconds: int
    """`gitlab_rails['backup_keep_time']`; 0 would keep everything until the disk is full."""
    upload_connection: GoogleConnection
    """`gitlab_rails['backup_upload_connection']`."""
    data_bucket: str
    """Bucket of gitlab-backup's archives."""
    secrets_bucket: str
    """Bucket of what decrypts them: gitlab-secrets.json and the configuration."""
    data_offsite: OffsitePlace
    """Place of the data in the vault."""
    secrets_offsite: OffsitePlace
    """Place of the secrets in the vault."""
    repository_password_secret: str
    """Key of the off-site copies, which are encrypted before they leave."""


class HostKey(DocumentPart):
    """One SSH host key of git. The machine refuses a private half that does not fit the public one."""

    key_type: str
    """Type, as the first word of its public half."""
    public_key: str
    """Public half in one line."""
    secret: str
    """Secret Manager id of the private half."""


class GitSshDaemon(DocumentPart):
    """gitlab-sshd, apart from the operators' sshd."""

    port: int
    """TCP port."""
    host_keys: tuple[HostKey, ...]
    """One of each type."""


class LetsEncrypt(DocumentPart):
    """`letsencrypt[...]`."""

    enable: Literal[True] = True
    """Certificates are asked for."""
    contact_emails: tuple[str, ...]
    """Who is written to when a certificate was not renewed."""
    auto_renew: Literal[True] = True
    """They are renewed by a timer of the package."""
    auto_renew_hour: int = 3
    """Hour of the renewal."""
    auto_renew_day_of_month: str = "*/4"
    """Days of the renewal, as cron writes them."""


class PackageRepository(DocumentPart):
    """The only source of GitLab packages on the machine: a newer stable package would outrank an older nightly."""

    source: str
    """Address of the apt repository."""
    suite: str
    """Its suite, the name of Debian's release."""
    component: str = "main"
    """Its component."""
    package: Literal["gitlab-ce"] = "gitlab-ce"
    """The package that is installed."""
    pin_origin: str
    """Host name that apt's pin names."""
    pin_priority: Literal[1001] = 1001
    """Above 1000, so that apt goes back to a nightly even from a higher version."""


class UpgradeSnapshots(DocumentPart):
    """Snapshots of the data disk that the upgrader makes, and its only ones to delete."""

    project: str
    """Project of the disk."""
    zone: str
    """Zone of the disk."""
    disk: str
    """Name of the data disk."""
    name_prefix: str
    """Beginning of the snapshots' names; the machine's rights end at it."""
    keep: int
    """Snapshots that are kept; older ones are deleted."""


class Upgrade(DocumentPart):
    """The nightly upgrade: lock, free space, readiness, snapshot, install, readiness. A failure holds and alerts."""

    on_calendar: str
    """When it begins (OnCalendar of systemd)."""
    persistent: Literal[True] = True
    """A night that the machine was off is made up."""
    minimum_free_gib: int
    """Free space in GiB without which it does not begin."""
    readiness_path: Literal["/-/readiness?all=1"] = "/-/readiness?all=1"
    """Liveness says yes whatever is broken (gitlab-foss#66253); a 404 is a failure too."""
    snapshots: UpgradeSnapshots


class Monitoring(DocumentPart):
    """Names of the metrics that the role leaves for the machine's report; alarms wait for them."""

    backup_age_metric: str
    """Seconds since the last good backup."""
    upgrade_held_metric: str
    """1 while a failed upgrade holds the package, else 0."""


class DevInstanceDocument(RoleSettings):
    """The dev instance's part of the machine document."""

    host_name: str
    """Public name of the instance."""
    external_url: str
    """Passed at every install: detection works on the clouds' old machines alone."""
    mount_point: str = MOUNT_POINT
    """Where the data disk is mounted."""
    root_password_secret: str
    """Read before the first seed of the database and never written to the disk."""
    store_initial_root_password: Literal[False] = False
    """`gitlab_rails['store_initial_root_password']`."""
    monitoring_allowed_cidrs: tuple[str, ...]
    """Without the machine's own addresses, which are always allowed."""
    packages: PackageRepository
    upgrade: Upgrade
    unattended_upgrades_skip: tuple[str, ...] = ("gitlab-ce", "gitlab-ee")
    """Packages that the nightly upgrade alone may touch."""
    object_store: ObjectStore
    registry: Registry
    pages: Pages | None
    """GitLab Pages; None where the stack has none."""
    backup: Backup
    git_ssh: GitSshDaemon
    letsencrypt: LetsEncrypt
    monitoring: Monitoring
