"""What the machine of the package server is told. Secrets are named here, never held."""

import datetime
from typing import Annotated, Literal

from pydantic import Field

from settings.backup_vault.offsite import OffsitePlace
from settings.machine.document import DocumentPart, RoleSettings
from settings.package_server.section import RepositoryFormat
from settings.vocabulary import Architecture

Channel = Literal["release", "preRelease"]
"""A release is public. A pre-release is uploaded first, tested by installing it, and read by the allow-list alone."""

MOUNT_POINT = "/srv/packages"
"""Of the data disk: database, dumps and unfinished uploads. Packages are in the buckets."""

PUBLICATION_RETENTION_SECONDS = 259200
"""Three days: metadata that a client has begun to read stays valid while newer ones are published (pulpcore#7546)."""


class PulpDocument(DocumentPart):
    """Pulp's versions and the settings that must not be otherwise."""

    server_pins: tuple[str, ...]
    """Requirements of the server's virtual environment."""
    cli_pins: tuple[str, ...]
    """Requirements of the command line's own virtual environment."""
    workers: int
    """Processes that do Pulp's tasks."""
    apt_by_hash: Literal[True] = True
    """Off by default in pulp_deb; without it apt fails while a publish is under way."""
    rpm_compression: Literal["gz"] = "gz"
    """createrepo_c now writes zst, which clients of the age of EL7 cannot read."""
    redirect_to_object_storage: Literal[False] = False
    """A redirect leads to a signed URL, which a CDN would cache as if it were the file."""
    autopublish: Literal[False] = False
    """CI uploads everything, then publishes once; with autopublish, eight uploads took as long as sixty without."""
    publication_retention_seconds: int = PUBLICATION_RETENTION_SECONDS
    """How long a publication outlives the one that took its place."""
    upload_temp_directory: str
    """Must exist before any manage command runs, migrate included (files.E001)."""
    upload_temp_gib: Annotated[int, Field(alias="uploadTempGiB")]
    """Most that unfinished uploads may take, in GiB."""


class ChannelDocument(DocumentPart):
    """Where one of the two kinds of packages is, and under which address it is read."""

    channel: Channel
    """Which of the two it is."""
    bucket: str
    """Of pre-releases, the bucket of Pulp's artifacts. That of releases holds nothing but public files, each under the
    path of its address: the load balancer reads it."""
    url_prefix: str
    """Path below its host: empty for releases."""
    host: str
    """Public name that it is served under."""


class PipelineDocument(DocumentPart):
    """Jobs that are let in by their identity token. Its audience is `https://` and the upload host."""

    name: str
    """What repositories call it."""
    issuer: str
    """The `iss` of its tokens."""
    project_id: str
    """Numeric id of the project: GitLab `project_id`, GitHub `repository_id`."""
    ref: str
    """Branch or tag that it runs for, which must be protected: GitLab `ref_path`, GitHub `ref`."""
    environment: str
    """The `environment` of its jobs."""


class RepositoryDocument(DocumentPart):
    """One repository. It exists twice under one path, once in each channel."""

    name: str
    """Name of the Pulp repository and distribution."""
    format: RepositoryFormat
    """What its clients speak."""
    base_path: str
    """Path below the host and the channel's prefix."""
    codename: str | None
    """The one codename of an apt repository; None of an rpm one."""
    components: tuple[str, ...]
    """Components of an apt repository; none of an rpm one."""
    architectures: tuple[Architecture, ...]
    """Processor architectures that it serves."""
    retention_days: int
    """Days for which any day's state is kept. What no kept day names is removed."""
    uploaders: tuple[str, ...]
    """Names of the pipelines that may upload to its pre-release."""
    releasers: tuple[str, ...]
    """Names of the pipelines that may release what its pre-release holds."""


class DatabaseDocument(DocumentPart):
    """PostgreSQL on the machine's own data disk, over a local socket, so without a password."""

    version: Literal[17] = 17
    """Major version of PostgreSQL."""
    directory: str
    """Where its data is, on the data disk."""
    name: str = "pulp"
    """Name of the database."""


class SigningKeyDocument(DocumentPart):
    """A signing key: where the private half is, and what the public half must be."""

    purpose: Literal["metadata", "package"]
    """What it signs."""
    secret: str
    """Secret Manager id. Empty until an operator adds a version."""
    fingerprint: str
    """OpenPGP fingerprint that the private half must have."""
    public_file: str
    """Name of the public file below /gpgkey/."""
    expires: datetime.date | None
    """Day on which it expires; None where the stack does not say."""
    alert_days: tuple[int, ...]
    """Days before the expiry on which someone is told."""


class ListenerDocument(DocumentPart):
    """What nginx listens on. Only the load balancer reaches this port."""

    upload_port: int
    """Pulp's API and pre-release content. Nothing that is released is read from the machine."""
    upload_health_path: str
    """Path that the load balancer asks of the upload port."""
    proxy_ranges: tuple[str, ...]
    """Sources whose X-Forwarded-For is believed."""


class BackupDocument(DocumentPart):
    """The daily dump of the database; packages are protected in their buckets."""

    time: str
    """Time of day, in UTC."""
    directory: str
    """Where the dump is made, on the data disk."""
    offsite: OffsitePlace | None
    """None where the stack has no backup vault."""


class MonitoringDocument(DocumentPart):
    """Names of the metrics that alarms wait for.

    An age is counted whenever it is reported: a job that wrote its own age would stand still when it stalls.
    """

    metadata_age_metric: str
    """Seconds since the newest metadata was signed."""
    backup_age_metric: str
    """Seconds since the last finished backup."""
    upload_temp_metric: str
    """Free part of the space for uploads."""
    key_days_metric: str
    """Days until the first key expires."""


class PackageServerDocument(RoleSettings):
    """The role's part of the machine document."""

    mount_point: str = MOUNT_POINT
    """Nothing starts before the data disk is mounted here."""
    public_host: str
    """Name that the world installs from."""
    upload_host: str
    """Name of Pulp's API and of pre-releases."""
    url_map: str
    """Name of the URL map, in the machine's own project. The machine may end cached paths of it, and change nothing."""
    pulp: PulpDocument
    channels: tuple[ChannelDocument, ...]
    """Releases and pre-releases."""
    pipelines: tuple[PipelineDocument, ...]
    """Who is let in by the identity of a job."""
    repositories: tuple[RepositoryDocument, ...]
    """Every repository."""
    database: DatabaseDocument
    database_fields_key_secret: str
    """Encrypts fields of the database; a restored dump is worthless without it."""
    admin_password_secret: str
    """Secret Manager id of the password of Pulp's admin."""
    signing_keys: tuple[SigningKeyDocument, ...]
    """Both keys."""
    listeners: ListenerDocument
    backup: BackupDocument
    monitoring: MonitoringDocument
    notification_addresses: tuple[str, ...]
    """Where PostgreSQL's and cron's mail goes; alarms go through Cloud Monitoring."""
