"""The machine document of the package server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi

from components.package_server.backends import LOAD_BALANCER_RANGES, UPLOAD_HEALTH_PATH, UPLOAD_PORT
from components.package_server.keys import ServerSecrets
from components.package_server.monitoring import KEY_ALERT_DAYS, ServerMetric
from components.package_server.routes import KEYS_PREFIX, PRE_RELEASE_PREFIX
from components.package_server.storage import PackageBuckets
from settings.backup_vault.offsite import OffsitePlace
from settings.package_server.document import (
    MOUNT_POINT,
    BackupDocument,
    ChannelDocument,
    DatabaseDocument,
    ListenerDocument,
    MonitoringDocument,
    PackageServerDocument,
    PipelineDocument,
    PulpDocument,
    RepositoryDocument,
    SigningKeyDocument,
)
from settings.package_server.section import PackageServerSettings, PulpSettings, SigningKey


@dataclass(frozen=True)
class DocumentParts:
    """What the document says beside the settings."""

    secrets: ServerSecrets
    buckets: PackageBuckets
    offsite: OffsitePlace | None
    notification_addresses: Sequence[str]
    url_map: str


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
        url_map=parts.url_map,
        pulp=_pulp(settings.pulp),
        channels=_channels(settings, names),
        pipelines=_pipelines(settings),
        repositories=_repositories(settings),
        database=DatabaseDocument(directory=f"{MOUNT_POINT}/postgresql"),
        database_fields_key_secret=names["database_fields_key"],
        admin_password_secret=names["admin_password"],
        signing_keys=(
            _signing_key("metadata", settings.keys.metadata, names["metadata_key"]),
            _signing_key("package", settings.keys.package, names["package_key"]),
        ),
        listeners=ListenerDocument(
            upload_port=UPLOAD_PORT,
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
        ChannelDocument(channel="release", bucket=names["release"], host=settings.hosts.public, url_prefix=""),
        ChannelDocument(
            channel="preRelease",
            bucket=names["pre_release"],
            host=settings.hosts.upload,
            url_prefix=PRE_RELEASE_PREFIX.strip("/"),
        ),
    )


def _pipelines(settings: PackageServerSettings) -> tuple[PipelineDocument, ...]:
    return tuple(
        PipelineDocument(
            name=pipeline.name,
            issuer=pipeline.issuer,
            project_id=pipeline.project_id,
            ref=pipeline.ref,
            environment=pipeline.environment,
        )
        for pipeline in settings.pipelines
    )


def _repositories(settings: PackageServerSettings) -> tuple[RepositoryDocument, ...]:
    return tuple(
        RepositoryDocument(
            name=repository.name,
            format=repository.format,
            base_path=repository.path,
            codename=repository.codename,
            components=repository.components,
            architectures=repository.architectures,
            retention_days=repository.retention_days,
            uploaders=repository.uploaders,
            releasers=repository.releasers,
        )
        for repository in settings.repositories
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
