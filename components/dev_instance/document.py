"""The dev instance's part of the machine document, from its settings and the names of what was made for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.alerts import MachineMetric
from components.dev_instance.identity import InstanceSecrets
from components.dev_instance.storage import InstanceBuckets
from settings.backup_vault.offsite import OffsitePlace
from settings.dev_instance.document import (
    Backup,
    DevInstanceDocument,
    GitSshDaemon,
    GoogleConnection,
    HostKey,
    LetsEncrypt,
    Monitoring,
    ObjectBuckets,
    ObjectStore,
    PackageRepository,
    Pages,
    Registry,
    Upgrade,
    UpgradeSnapshots,
)
from settings.dev_instance.section import DevInstanceSettings
from settings.machine.document import RoleSettings
from settings.ssh import HOST_KEY_TYPES

DEBIAN_SUITE = "trixie"
"""Debian 13, the release of every machine of the estate."""


@dataclass(frozen=True)
class Places:
    """What the document names that is known before anything is made."""

    project: str
    data_offsite: OffsitePlace
    secrets_offsite: OffsitePlace
    snapshots: UpgradeSnapshots


def instance_document(
    settings: DevInstanceSettings, places: Places, buckets: InstanceBuckets, secrets: InstanceSecrets
) -> pulumi.Output[RoleSettings]:
    """The document, known as soon as buckets and secrets have their names."""
    objects = pulumi.Output.from_input({kind: bucket.name for kind, bucket in buckets.objects.items()})
    others = pulumi.Output.all(buckets.registry.name, buckets.backup_data.name, buckets.backup_secrets.name)
    keys = pulumi.Output.all(*(secret.secret_id for secret in secrets.host_keys))
    pages = None if secrets.pages_certificate is None else secrets.pages_certificate.secret_id
    texts = pulumi.Output.all(secrets.root_password.secret_id, secrets.offsite_password.secret_id, pages)
    return pulumi.Output.all(objects, others, keys, texts).apply(
        lambda values: _document(settings, places, values[0], values[1], values[2], values[3])
    )


def _document(
    settings: DevInstanceSettings,
    places: Places,
    objects: Mapping[str, str],
    buckets: Sequence[str],
    host_key_secrets: Sequence[str],
    secrets: Sequence[str],
) -> RoleSettings:
    registry, backup_data, backup_secrets = buckets
    root_password, offsite_password, pages_certificate = secrets
    connection = GoogleConnection(google_project=places.project)
    host = settings.host_name
    return DevInstanceDocument(
        host_name=host,
        external_url=f"https://{host}",
        root_password_secret=root_password,
        monitoring_allowed_cidrs=settings.monitoring_allowed_cidrs,
        packages=_packages(settings),
        upgrade=_upgrade(settings, places),
        object_store=ObjectStore(connection=connection, buckets=ObjectBuckets.model_validate(dict(objects))),
        registry=Registry(
            external_url=f"https://{host}:{settings.registry.port}", port=settings.registry.port, bucket=registry
        ),
        pages=Pages(external_url=f"https://{settings.pages_domain}", certificate_secret=pages_certificate)
        if settings.pages_domain
        else None,
        backup=Backup(
            on_calendar=_daily(settings.backup.time),
            keep_seconds=settings.backup.keep_days * 86400,
            upload_connection=connection,
            data_bucket=backup_data,
            secrets_bucket=backup_secrets,
            data_offsite=places.data_offsite,
            secrets_offsite=places.secrets_offsite,
            repository_password_secret=offsite_password,
        ),
        git_ssh=_git_ssh(settings, host_key_secrets),
        letsencrypt=LetsEncrypt(contact_emails=(settings.certificate_contact,)),
        monitoring=Monitoring(
            backup_age_metric=MachineMetric.GITLAB_BACKUP_AGE_SECONDS,
            upgrade_held_metric=MachineMetric.GITLAB_UPGRADE_HELD,
        ),
    )


def _packages(settings: DevInstanceSettings) -> PackageRepository:
    source = settings.nightly_upgrade.package_source
    return PackageRepository(
        source=source, suite=DEBIAN_SUITE, pin_origin=source.removeprefix("https://").partition("/")[0]
    )


def _upgrade(settings: DevInstanceSettings, places: Places) -> Upgrade:
    return Upgrade(
        on_calendar=_daily(settings.nightly_upgrade.time),
        minimum_free_gib=settings.nightly_upgrade.minimum_free_gib,
        snapshots=places.snapshots,
    )


def _git_ssh(settings: DevInstanceSettings, secrets: Sequence[str]) -> GitSshDaemon:
    secret_of: dict[str, str] = dict(zip(HOST_KEY_TYPES, secrets, strict=True))
    return GitSshDaemon(
        port=settings.git_ssh.port,
        host_keys=tuple(
            HostKey(key_type=kind, public_key=key, secret=secret_of[kind])
            for key in settings.git_ssh.host_public_keys
            for kind in (key.partition(" ")[0],)
        ),
    )


def _daily(time: str) -> str:
    """A systemd calendar expression."""
    return f"*-*-* {time}:00 UTC"
