"""The cache bucket on AWS."""

import pulumi_aws as aws

from components.buckets import close_s3_bucket, s3_tls_only_policy
from components.component import Component


def s3_cache(component: Component, expiry_days: int) -> aws.s3.Bucket:
    """A private bucket whose objects expire. Not stateful, and without versions: builds survive its loss."""
    name = f"{component.name}-cache"
    bucket = aws.s3.Bucket(
        name,
        bucket=component.context.physical_name(name, kind="s3_bucket"),
        force_destroy=True,
        tags={**component.tags(), "data": "cache"},
        opts=component.child(),
    )
    close_s3_bucket(component, name, bucket)
    _expiry(component, name, bucket, expiry_days)
    s3_tls_only_policy(component, name, bucket)
    return bucket


def _expiry(component: Component, name: str, bucket: aws.s3.Bucket, days: int) -> None:
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id="expire",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
                abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                    days_after_initiation=1
                ),
            )
        ],
        opts=component.child(),
    )
