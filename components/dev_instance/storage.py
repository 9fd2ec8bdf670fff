"""Buckets of the dev instance: one for each type of object, and two for backups that must not lie together."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from settings.dev_instance import DevInstanceSettings
from settings.dev_instance_document import ObjectBuckets

SECONDS_OF_A_DAY = 86400

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
    context, storage = component.context, settings.object_storage
    rules = [
        _deletion(
            gcp.storage.BucketLifecycleRuleConditionArgs(
                days_since_noncurrent_time=storage.noncurrent_days, with_state="ARCHIVED"
            )
        ),
        # GitLab's direct uploads leave parts behind when a client goes away.
        gcp.storage.BucketLifecycleRuleArgs(
            action=gcp.storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload"),
            condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=7),
        ),
    ]
    if expire_days is not None:
        rules.append(_deletion(gcp.storage.BucketLifecycleRuleConditionArgs(age=expire_days, with_state="LIVE")))
    return gcp.storage.Bucket(
        f"{component.name}-{purpose}",
        name=context.physical_name(component.name, purpose, kind="gcs_bucket"),
        location=context.gcp_region.upper(),
        storage_class="STANDARD",
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        versioning=gcp.storage.BucketVersioningArgs(enabled=True),
        soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(
            retention_duration_seconds=storage.soft_delete_days * SECONDS_OF_A_DAY
        ),
        lifecycle_rules=rules,
        force_destroy=False,
        deletion_policy="PREVENT" if context.protected else "DELETE",
        labels=component.labels(),
        opts=component.stateful(),
    )


def _deletion(condition: gcp.storage.BucketLifecycleRuleConditionArgs) -> gcp.storage.BucketLifecycleRuleArgs:
    return gcp.storage.BucketLifecycleRuleArgs(
        action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"), condition=condition
    )


def _hyphenated(kind: str) -> str:
    return kind.replace("_", "-")


def _grant(
    component: Component, purpose: str, bucket: gcp.storage.Bucket, role: str, member: pulumi.Input[str]
) -> None:
    gcp.storage.BucketIAMMember(
        f"{component.name}-{purpose}", bucket=bucket.name, role=role, member=member, opts=component.child()
    )
