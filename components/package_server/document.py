"""The machine document of the package server."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi

from components.package_server.backends import (
    CONTENT_HEALTH_PATH,
    CONTENT_PORT,
    LOAD_BALANCER_RANGES,
    UPLOAD_HEALTH_PATH,
    UPLOAD_PORT,
)
from components.package_server.keys import ServerSecrets
from components.package_server.monitoring import KEY_ALERT_DAYS, ServerMetric
from components.package_server.routes import KEYS_PREFIX, PRE_RELEASE_PREFIX
from components.package_server.storage import PackageBuckets
from settings.backup_vault.offsite import OffsitePlace
from settings.package_server.document import (
    MOUNT_POINT,
    BackupDocument,
    Channel,
    ChannelDocument,
    DatabaseDocument,
    ListenerDocument,
    MonitoringDocument,
    PackageServerDocument,
    PulpDocument,
    RepositoryDocument,
    SigningKeyDocument,
)
from settings.package_server.section import PackageServerSettings, PulpSettings, SigningKey

DOMAINS: Mapping[Channel, str] = {"release": "release", "preRelease": "pre-release"}
"""Pulp domain of each channel. A domain has its own storage, repositories and rights; "default" holds nothing."""


@dataclass(frozen=True)
class DocumentParts:
    """What the document says beside the settings."""

    secrets: ServerSecrets
    buckets: PackageBuckets
    offsite: OffsitePlace | None
    notification_addresses: Sequence[str]


def server_document(settings: PackageServerSettings, parts: DocumentParts) -> pulumi.Output[PackageServerDocument]:
    """The document, as soon as the names of buckets and secrets are known."""
    names = pulumi.Output.all(
        release=parts.buckets.release.name,
        pre_release=parts.buckets.pre_release.name,
        metadata_key=parts.secrets.metadata_key.secret_id,
        package_key=parts.secrets.package_key.secret_id,
        database_fields_key=parts.secrets.database_fields_key.secret_id,
        admin_password=parts.secrets.admin_password.secret_id,
    )
    return names.apply(lambda known: _document(settings, parts, known))


def _document(settings: PackageServerSettings, parts: DocumentParts, names: dict[str, str]) -> PackageServerDocument:
    return PackageServerDocument(
        public_host=settings.hosts.public,
        upload_host=settings.hosts.upload,
        pulp=_pulp(settings.pulp),
        channels=_channels(settings, names),
        repositories=tuple(_repositories(settings)),
        database=DatabaseDocument(directory=f"{MOUNT_POINT}/postgresql"),
        database_fields_key_secret=names["database_fields_key"],
        admin_password_secret=names["admin_password"],
        signing_keys=(
            _signing_key("metadata", settings.keys.metadata, names["metadata_key"]),
            _signing_key("package", settings.keys.package, names["package_key"]),
        ),
        listeners=ListenerDocument(
            content_port=CONTENT_PORT,
            upload_port=UPLOAD_PORT,
            content_health_path=CONTENT_HEALTH_PATH,
            upload_health_path=UPLOAD_HEALTH_PATH,
            proxy_ranges=LOAD_BALANCER_RANGES,
        ),
        backup=BackupDocument(time=settings.backup_time, directory=f"{MOUNT_POINT}/backup", offsite=parts.offsite),
        monitoring=MonitoringDocument(
            metadata_age_metric=ServerMetric.METADATA_AGE_SECONDS,
            backup_age_metric=ServerMetric.BACKUP_AGE_SECONDS,
            upload_temp_metric=ServerMetric.UPLOAD_TEMP_FREE_RATIO,
            key_days_metric=ServerMetric.KEY_DAYS_LEFT,
        ),
        notification_addresses=tuple(parts.notification_addresses),
    )


def _pulp(pulp: PulpSettings) -> PulpDocument:
    return PulpDocument(
        server_pins=(
            f"pulpcore[google]=={pulp.pulpcore}",
            f"pulp-deb=={pulp.pulp_deb}",
            f"pulp-rpm=={pulp.pulp_rpm}",
        ),
        cli_pins=(f"pulp-cli=={pulp.pulp_cli}", f"pulp-cli-deb=={pulp.pulp_cli_deb}"),
        workers=pulp.workers,
        upload_temp_directory=f"{MOUNT_POINT}/upload",
        upload_temp_gib=pulp.upload_temp_gib,
    )


def _channels(settings: PackageServerSettings, names: dict[str, str]) -> tuple[ChannelDocument, ...]:
    return (
        ChannelDocument(
            channel="release",
            domain=DOMAINS["release"],
            bucket=names["release"],
            host=settings.hosts.public,
            url_prefix="",
            cached=True,
        ),
        ChannelDocument(
            channel="preRelease",
            domain=DOMAINS["preRelease"],
            bucket=names["pre_release"],
            host=settings.hosts.upload,
            url_prefix=PRE_RELEASE_PREFIX.strip("/"),
            cached=False,
        ),
    )


def _repositories(settings: PackageServerSettings) -> Iterator[RepositoryDocument]:
    for channel, domain in DOMAINS.items():
        for repository in settings.repositories:
            yield RepositoryDocument(
                name=repository.name,
                channel=channel,
                domain=domain,
                format=repository.format,
                base_path=repository.path,
                codename=repository.codename,
                architectures=repository.architectures,
            )


def _signing_key(purpose: Literal["metadata", "package"], key: SigningKey, secret: str) -> SigningKeyDocument:
    return SigningKeyDocument(
        purpose=purpose,
        secret=secret,
        fingerprint=key.fingerprint,
        public_file=f"{KEYS_PREFIX.strip('/')}/{key.file}",
        expires=key.expires,
        alert_days=KEY_ALERT_DAYS,
    )
