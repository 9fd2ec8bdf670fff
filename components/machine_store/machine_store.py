"""One private, versioned bucket per cloud that machines read their bundle and settings document from."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.buckets import (
    S3Lifecycle,
    close_s3_bucket,
    s3_lifecycle,
    s3_tls_only_policy,
    s3_versioning,
    stateful_gcs_bucket,
)
from components.component import Component, StackContext
from components.machine_store.bundle import Bundle, machine_bundle
from settings.machine.section import MachinesSettings

OLD_VERSION_DAYS = 90
"""Days that replaced bundles and documents are kept: long enough to see what a machine ran when a fault began."""


@dataclass(frozen=True, kw_only=True)
class MachineStoreArgs:
    """Arguments of a MachineStore."""

    machines: MachinesSettings
    """What all machines share."""


class MachineStore(Component):
    """The buckets that machines read from, with the bundle in both.

    **Pulumi type:** `packyard:machine_store:MachineStore`

    Makes a GCS and an S3 bucket and uploads the bundle. Each machine puts its own document there and lets its own
    identity alone read it. A replaced bundle stays as an old version for a while.
    """

    gcs_bucket: pulumi.Output[str]
    """Name of the GCS bucket."""
    s3_bucket: pulumi.Output[str]
    """Name of the S3 bucket."""
    s3_bucket_arn: pulumi.Output[str]
    """ARN of the S3 bucket."""
    gcs_bundle: pulumi.Output[str]
    """gs:// address of the bundle; known once it is uploaded."""
    s3_bundle: pulumi.Output[str]
    """s3:// address of the bundle; known once it is uploaded."""

    def __init__(
        self,
        name: str,
        args: MachineStoreArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "packyard:machine_store:MachineStore", name, context, providers=[gcp_provider, aws_provider], opts=opts
        )
        bundle = machine_bundle()
        gcs = _gcs_bucket(self)
        s3 = _s3_bucket(self)

        self.machines = args.machines
        self.bundle_sha256 = bundle.sha256
        self.gcs_bucket = gcs.name
        self.s3_bucket = s3.bucket
        self.s3_bucket_arn = s3.arn
        self.gcs_bundle = _gcs_bundle(self, gcs, bundle)
        self.s3_bundle = _s3_bundle(self, s3, bundle)
        self.register_outputs({"gcs_bundle": self.gcs_bundle, "s3_bundle": self.s3_bundle})


def document_path(machine: str) -> str:
    """Where in either bucket the settings document of a machine lies."""
    return f"machines/{machine}/document.json"


def _gcs_bucket(component: Component) -> gcp.storage.Bucket:
    physical_name = component.context.physical_name(component.name, kind="gcs_bucket")
    return stateful_gcs_bucket(component, f"{component.name}-gcs", physical_name, noncurrent_days=OLD_VERSION_DAYS)


def _gcs_bundle(component: Component, bucket: gcp.storage.Bucket, bundle: Bundle) -> pulumi.Output[str]:
    uploaded = gcp.storage.BucketObject(
        f"{component.name}-gcs-bundle",
        bucket=bucket.name,
        name=bundle.object_name,
        source=pulumi.FileAsset(bundle.path),
        content_type="application/x-tar",
        opts=component.child(),
    )
    return pulumi.Output.concat("gs://", bucket.name, "/", uploaded.name)


def _s3_bucket(component: Component) -> aws.s3.Bucket:
    name = f"{component.name}-s3"
    bucket = aws.s3.Bucket(
        name,
        bucket=component.context.physical_name(component.name, kind="s3_bucket"),
        force_destroy=False,
        tags=component.tags(),
        opts=component.stateful(),
    )
    close_s3_bucket(component, name, bucket)
    versioning = s3_versioning(name, bucket, component.child())
    lifecycle = S3Lifecycle(rule="old-versions", noncurrent_days=OLD_VERSION_DAYS)
    s3_lifecycle(name, bucket, lifecycle, component.child(depends_on=[versioning]))
    s3_tls_only_policy(component, name, bucket)
    return bucket


def _s3_bundle(component: Component, bucket: aws.s3.Bucket, bundle: Bundle) -> pulumi.Output[str]:
    uploaded = aws.s3.BucketObjectv2(
        f"{component.name}-s3-bundle",
        bucket=bucket.bucket,
        key=bundle.object_name,
        source=pulumi.FileAsset(bundle.path),
        content_type="application/x-tar",
        tags=component.tags(),
        opts=component.child(),
    )
    return pulumi.Output.concat("s3://", bucket.bucket, "/", uploaded.key)
