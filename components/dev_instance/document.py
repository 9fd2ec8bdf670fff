"""The dev instance's part of the machine document, from its settings and the names of what was made for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    pages = secrets.pages_certificate
    return pulumi.Output.all(
        objects=pulumi.Output.all(**{kind: bucket.name for kind, bucket in buckets.objects.items()}),
        registry=buckets.registry.name,
        backup_data=buckets.backup_data.name,
        backup_secrets=buckets.backup_secrets.name,
        host_keys=pulumi.Output.all(
            **{kind: key.secret_id for kind, key in zip(HOST_KEY_TYPES, secrets.host_keys, strict=True)}
        ),
        root_password=secrets.root_password.secret_id,
        offsite_password=secrets.offsite_password.secret_id,
        pages_certificate=None if pages is None else pages.secret_id,
    ).apply(lambda known: _document(settings, places, known))


def _document(settings: DevInstanceSettings, places: Places, known: dict[str, Any]) -> RoleSettings:
    connection = GoogleConnection(google_project=places.project)
    host = settings.host_name
    return DevInstanceDocument(
        host_name=host,
        external_url=f"https://{host}",
        root_password_secret=known["root_password"],
        monitoring_allowed_cidrs=settings.monitoring_allowed_cidrs,
        packages=_packages(settings),
        upgrade=_upgrade(settings, places),
        object_store=ObjectStore(connection=connection, buckets=ObjectBuckets.model_validate(known["objects"])),
        registry=Registry(
            external_url=f"https://{host}:{settings.registry.port}",
            port=settings.registry.port,
            bucket=known["registry"],
        ),
        pages=Pages(external_url=f"https://{settings.pages_domain}", certificate_secret=known["pages_certificate"])
        if settings.pages_domain
        else None,
        backup=Backup(
            on_calendar=_daily(settings.backup.time),
            keep_seconds=settings.backup.keep_days * 86400,
            upload_connection=connection,
            data_bucket=known["backup_data"],
            secrets_bucket=known["backup_secrets"],
            data_offsite=places.data_offsite,
            secrets_offsite=places.secrets_offsite,
            repository_password_secret=known["offsite_password"],
        ),
        git_ssh=_git_ssh(settings, known["host_keys"]),
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


def _git_ssh(settings: DevInstanceSettings, secret_of: Mapping[str, str]) -> GitSshDaemon:
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
