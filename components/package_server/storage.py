"""Buckets of the packages: releases and pre-releases apart, both private."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from settings.package_server import PackageStorage

SECONDS_OF_A_DAY = 86400

WRITER_ROLE = "roles/storage.objectUser"
"""Reads, writes and deletes objects (Pulp's orphan cleanup deletes), without any right on the bucket itself."""


@dataclass(frozen=True)
class PackageBuckets:
    """The two buckets. CI writes to neither: it goes through Pulp's API."""

    release: gcp.storage.Bucket
    pre_release: gcp.storage.Bucket


def package_buckets(component: Component, settings: PackageStorage) -> PackageBuckets:
    """One bucket for each channel, so that no mistake in Pulp can publish what was only uploaded for tests."""
    return PackageBuckets(
        release=private_bucket(component, "release", settings),
        pre_release=private_bucket(component, "pre-release", settings),
    )


def grant_writer(component: Component, buckets: PackageBuckets, member: pulumi.Input[str]) -> None:
    """Lets the server, and nobody else, write packages."""
    for channel, bucket in (("release", buckets.release), ("pre-release", buckets.pre_release)):
        gcp.storage.BucketIAMMember(
            f"{component.name}-{channel}-writer",
            bucket=bucket.name,
            role=WRITER_ROLE,
            member=member,
            opts=component.child(),
        )


def private_bucket(component: Component, what: str, settings: PackageStorage) -> gcp.storage.Bucket:
    """A private, versioned bucket with soft delete, whose objects nobody can make public."""
    return gcp.storage.Bucket(
        f"{component.name}-{what}",
        name=component.context.physical_name(component.name, what, kind="gcs_bucket"),
        location=settings.location,
        storage_class="STANDARD",
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        versioning=gcp.storage.BucketVersioningArgs(enabled=True),
        soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(
            retention_duration_seconds=settings.soft_delete_days * SECONDS_OF_A_DAY
        ),
        lifecycle_rules=[
            gcp.storage.BucketLifecycleRuleArgs(
                action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
                condition=gcp.storage.BucketLifecycleRuleConditionArgs(
                    days_since_noncurrent_time=settings.noncurrent_days, with_state="ARCHIVED"
                ),
            ),
            gcp.storage.BucketLifecycleRuleArgs(
                action=gcp.storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload"),
                condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=7),
            ),
        ],
        force_destroy=False,
        deletion_policy="PREVENT" if component.context.protected else "DELETE",
        labels=component.labels(),
        opts=component.stateful(),
    )
