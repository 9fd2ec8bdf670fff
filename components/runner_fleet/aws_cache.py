"""The cache bucket on AWS."""

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.iam import Statement, policy_document


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
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=component.child(),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                    sse_algorithm="AES256"
                )
            )
        ],
        opts=component.child(),
    )
    _expiry(component, name, bucket, expiry_days)
    _tls_only(component, name, bucket)
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


def _tls_only(component: Component, name: str, bucket: aws.s3.Bucket) -> None:
    aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=policy_document(
            Statement(
                sid="TlsOnly",
                effect="Deny",
                actions=["s3:*"],
                resources=[bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
                principals={"AWS": "*"},
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        ),
        opts=component.child(),
    )
