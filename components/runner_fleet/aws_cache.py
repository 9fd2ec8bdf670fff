"""The cache bucket on AWS."""

import pulumi_aws as aws

from components.buckets import S3Lifecycle, close_s3_bucket, s3_lifecycle, s3_tls_only_policy
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
    s3_lifecycle(name, bucket, S3Lifecycle(rule="expire", expire_days=expiry_days), component.child())
    s3_tls_only_policy(component, name, bucket)
    return bucket
