"""Buckets of the dev instance: one for each type of object, and two for backups that must not lie together."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.buckets import stateful_gcs_bucket
from components.component import Component
from settings.dev_instance.document import ObjectBuckets
from settings.dev_instance.section import DevInstanceSettings

SECRETS_KEEP_DAYS = 365
"""Backups of gitlab-secrets.json are small, and a data backup that outlives them cannot be decrypted."""


@dataclass(frozen=True)
class InstanceBuckets:
    """All buckets of the instance."""

    objects: Mapping[str, gcp.storage.Bucket]
    """By the type of object, named as in the document."""
    registry: gcp.storage.Bucket
    backup_data: gcp.storage.Bucket
    backup_secrets: gcp.storage.Bucket


def instance_buckets(component: Component, settings: DevInstanceSettings) -> InstanceBuckets:
    """The buckets, before anyone may use them."""
    keep_days = settings.backup.keep_days
    return InstanceBuckets(
        objects={kind: _bucket(component, _hyphenated(kind), settings) for kind in ObjectBuckets.model_fields},
        registry=_bucket(component, "registry", settings),
        backup_data=_bucket(component, "backup", settings, expire_days=keep_days),
        backup_secrets=_bucket(component, "backup-etc", settings, expire_days=max(keep_days, SECRETS_KEEP_DAYS)),
    )


def grant_buckets(component: Component, buckets: InstanceBuckets, member: pulumi.Input[str]) -> None:
    """What the machine's identity may do in each bucket.

    It owns the objects that GitLab manages. Backups it adds and reads back, but cannot replace or delete; those of its
    secrets it adds alone, since whoever restores them is a person.
    """
    for kind, bucket in (*buckets.objects.items(), ("registry", buckets.registry)):
        _grant(component, f"{_hyphenated(kind)}-objects", bucket, "roles/storage.objectAdmin", member)
    _grant(component, "backup-add", buckets.backup_data, "roles/storage.objectCreator", member)
    _grant(component, "backup-read", buckets.backup_data, "roles/storage.objectViewer", member)
    _grant(component, "backup-etc-add", buckets.backup_secrets, "roles/storage.objectCreator", member)


def _bucket(
    component: Component, purpose: str, settings: DevInstanceSettings, *, expire_days: int | None = None
) -> gcp.storage.Bucket:
    return stateful_gcs_bucket(
        component,
        f"{component.name}-{purpose}",
        component.context.physical_name(component.name, purpose, kind="gcs_bucket"),
        noncurrent_days=settings.object_storage.noncurrent_days,
        soft_delete_days=settings.object_storage.soft_delete_days,
        expire_days=expire_days,
    )


def _hyphenated(kind: str) -> str:
    return kind.replace("_", "-")


def _grant(
    component: Component, purpose: str, bucket: gcp.storage.Bucket, role: str, member: pulumi.Input[str]
) -> None:
    gcp.storage.BucketIAMMember(
        f"{component.name}-{purpose}", bucket=bucket.name, role=role, member=member, opts=component.child()
    )
