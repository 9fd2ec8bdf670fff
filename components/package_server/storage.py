"""Buckets of the packages: releases and pre-releases apart, both private, and how the load balancer reads one."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.buckets import stateful_gcs_bucket
from components.component import Component
from settings.package_server.section import PackageStorage

WRITER_ROLE = "roles/storage.objectUser"
"""Reads, writes and deletes objects (Pulp's orphan cleanup deletes), without any right on the bucket itself."""


FRONT_ROLE = "roles/storage.legacyObjectReader"
"""Gets objects and does not list them. Behind "/" of a host, a right to list would be a public listing."""


@dataclass(frozen=True)
class PackageBuckets:
    """The two buckets. CI writes to neither: it goes through Pulp's API."""

    release: gcp.storage.Bucket
    """Public files alone, each under the path of its address. Never Pulp's artifacts."""
    pre_release: gcp.storage.Bucket
    """Pulp's artifacts."""


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
    return stateful_gcs_bucket(
        component,
        f"{component.name}-{what}",
        component.context.physical_name(component.name, what, kind="gcs_bucket"),
        noncurrent_days=settings.noncurrent_days,
        soft_delete_days=settings.soft_delete_days,
        location=settings.location,
    )


def let_front_read(
    component: Component, what: str, bucket: gcp.storage.Bucket, backend: gcp.compute.BackendBucket
) -> None:
    """Lets the load balancer get objects of a private bucket.

    It reads with its project's service agent (Google, "Configure private bucket access"), so not even public files need
    an exception from public access prevention. A name that is not there is answered 403, since nothing may be listed.
    """
    gcp.storage.BucketIAMMember(
        f"{component.name}-{what}-reader",
        bucket=bucket.name,
        role=FRONT_ROLE,
        member=pulumi.Output.format(
            "serviceAccount:service-{}@https-lb.iam.gserviceaccount.com", bucket.project_number
        ),
        # The service agent does not exist before the project's first backend bucket does.
        opts=component.child(depends_on=[backend]),
    )
