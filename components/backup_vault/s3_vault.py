"""The S3 bucket under Object Lock."""

import pulumi
import pulumi_aws as aws

from components.buckets import (
    ABANDONED_UPLOAD_DAYS,
    S3Lifecycle,
    close_s3_bucket,
    operator_alone,
    s3_lifecycle,
    s3_versioning,
    tls_only,
)
from components.component import Component
from components.iam import policy_document
from settings.backup_vault.section import S3Vault


def locked_bucket(
    component: Component, physical_name: str, settings: S3Vault, operator_role_arn: str
) -> pulumi.Output[str]:
    """The name of a private, versioned bucket whose versions cannot be deleted for the days of the settings.

    The policy comes last: from then on it refuses changes of every setting before it to all but the operator. The name
    is taken from the policy, so whoever uses it waits until the bucket is closed.
    """
    bucket = aws.s3.Bucket(
        component.name,
        bucket=physical_name,
        object_lock_enabled=True,
        # True would make the provider try to delete locked versions, one by one, before it fails.
        force_destroy=False,
        tags=component.tags("s3"),
        opts=component.stateful(),
    )
    # Keys of S3, not of KMS: whoever deletes a KMS key deletes every backup under it within 7 days, lock or no lock.
    # pgBackRest and restic encrypt before they send, with keys that never come here.
    privacy = close_s3_bucket(component, component.name, bucket)
    versioning = s3_versioning(component.name, bucket, component.stateful())
    lock = aws.s3.BucketObjectLockConfiguration(
        component.name,
        bucket=bucket.bucket,
        rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
            default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                mode=settings.lock_mode.value, days=settings.lock_days
            )
        ),
        opts=component.stateful(depends_on=[versioning]),
    )
    lifecycle = _lifecycle(component, bucket, settings, versioning)
    policy = aws.s3.BucketPolicy(
        component.name,
        bucket=bucket.bucket,
        policy=bucket_policy(bucket_arn(bucket.bucket), operator_role_arn),
        opts=component.stateful(depends_on=[*privacy, versioning, lock, lifecycle]),
    )
    return policy.bucket


def bucket_arn(bucket_name: pulumi.Input[str]) -> pulumi.Output[str]:
    """The ARN, made from the name because a preview knows the name and shows whole policies."""
    return pulumi.Output.concat("arn:aws:s3:::", bucket_name)


def bucket_policy(arn: pulumi.Input[str], operator_role_arn: str) -> pulumi.Output[str]:
    """TLS for everyone; changes of retention for the operator alone. It grants nothing itself."""
    return policy_document(tls_only(arn), *operator_alone(arn, operator_role_arn))


def _lifecycle(
    component: Component, bucket: aws.s3.Bucket, settings: S3Vault, versioning: pulumi.Resource
) -> pulumi.Resource:
    # Counted from when a version is replaced or deleted, so never before its lock ends, and a deletion by an attacker
    # stays reversible for as long. Without it nothing is ever reclaimed (pgbackrest#2201).
    lifecycle = S3Lifecycle(
        rule="reclaim-after-lock",
        noncurrent_days=settings.lock_days,
        removes_markers=True,
        abandoned_days=ABANDONED_UPLOAD_DAYS,
    )
    return s3_lifecycle(component.name, bucket, lifecycle, component.stateful(depends_on=[versioning]))
