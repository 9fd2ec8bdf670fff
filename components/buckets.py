"""Buckets that are closed from the start: private, encrypted, and on GCP versioned and protected."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.component import Component
from components.iam import Statement, policy_document
from settings.backup_vault.retention import BUCKET_RETENTION_ACTIONS, VERSION_RETENTION_ACTIONS

ABANDONED_UPLOAD_DAYS = 7
"""Parts of an upload that was never finished are billed, and no listing shows them."""

SECONDS_OF_A_DAY = 86400


def stateful_gcs_bucket(
    component: Component,
    name: str,
    physical_name: str,
    *,
    noncurrent_days: int,
    soft_delete_days: int | None = None,
    expire_days: int | None = None,
    location: str | None = None,
) -> gcp.storage.Bucket:
    """A versioned bucket whose objects nobody can make public.

    Old versions go after `noncurrent_days`; live objects after `expire_days`, or never. Without `soft_delete_days` the
    bucket has Google's own 7. `location` is a region or multi-region, by default the region of the stack.
    """
    return gcp.storage.Bucket(
        name,
        name=physical_name,
        location=location or component.context.gcp_region.upper(),
        storage_class="STANDARD",
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        versioning=gcp.storage.BucketVersioningArgs(enabled=True),
        soft_delete_policy=None
        if soft_delete_days is None
        else gcp.storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=soft_delete_days * SECONDS_OF_A_DAY),
        lifecycle_rules=_gcs_lifecycle(noncurrent_days, expire_days),
        force_destroy=False,
        deletion_policy=component.deletion_policy,
        labels=component.labels(),
        opts=component.stateful(),
    )


def _gcs_lifecycle(noncurrent_days: int, expire_days: int | None) -> list[gcp.storage.BucketLifecycleRuleArgs]:
    delete = gcp.storage.BucketLifecycleRuleActionArgs(type="Delete")
    abort = gcp.storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload")
    condition = gcp.storage.BucketLifecycleRuleConditionArgs
    old = condition(days_since_noncurrent_time=noncurrent_days, with_state="ARCHIVED")
    rules = [
        gcp.storage.BucketLifecycleRuleArgs(action=delete, condition=old),
        gcp.storage.BucketLifecycleRuleArgs(action=abort, condition=condition(age=ABANDONED_UPLOAD_DAYS)),
    ]
    if expire_days is not None:
        live = condition(age=expire_days, with_state="LIVE")
        rules.append(gcp.storage.BucketLifecycleRuleArgs(action=delete, condition=live))
    return rules


def close_s3_bucket(component: Component, name: str, bucket: aws.s3.Bucket) -> list[pulumi.Resource]:
    """Blocks public access, gives the owner every object, and encrypts with keys of S3."""
    return [
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=component.child(),
        ),
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=component.child(),
        ),
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
        ),
    ]


def s3_versioning(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """Keeps replaced and deleted objects as old versions."""
    return aws.s3.BucketVersioning(
        name,
        bucket=bucket.bucket,
        versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=opts,
    )


@dataclass(frozen=True, kw_only=True)
class S3Lifecycle:
    """The one rule of a bucket, for all its objects. Without a number of days, nothing is removed by that."""

    rule: str
    expire_days: int | None = None
    """Live objects go after as many days."""
    noncurrent_days: int | None = None
    """Old versions go so many days after they were replaced or deleted."""
    removes_markers: bool = False
    """Delete markers go with the last version below them."""
    abandoned_days: int = 1
    """Parts of uploads that were never finished go after as many days."""


def s3_lifecycle(
    name: str, bucket: aws.s3.Bucket, lifecycle: S3Lifecycle, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    """Removes what is no longer needed."""
    expiration = aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
        days=lifecycle.expire_days, expired_object_delete_marker=True if lifecycle.removes_markers else None
    )
    old = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs
    abandoned = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs
    return aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id=lifecycle.rule,
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                expiration=expiration if lifecycle.expire_days or lifecycle.removes_markers else None,
                noncurrent_version_expiration=None
                if lifecycle.noncurrent_days is None
                else old(noncurrent_days=lifecycle.noncurrent_days),
                abort_incomplete_multipart_upload=abandoned(days_after_initiation=lifecycle.abandoned_days),
            )
        ],
        opts=opts,
    )


def tls_only(bucket_arn: pulumi.Input[str]) -> Statement:
    """Refuses requests that are not encrypted on their way."""
    return Statement(
        sid="TlsOnly",
        effect="Deny",
        actions=["s3:*"],
        principals={"AWS": "*"},
        resources=[bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


def operator_alone(bucket_arn: pulumi.Input[str], operator_role_arn: str) -> tuple[Statement, Statement]:
    """Refuses changes of what protects a locked bucket, and of its versions, to all but one role."""
    # Sessions of a role carry the role's own ARN in this key.
    not_the_operator = {"ArnNotEquals": {"aws:PrincipalArn": operator_role_arn}}
    return (
        Statement(
            sid="OnlyTheOperatorChangesTheBucket",
            effect="Deny",
            actions=BUCKET_RETENTION_ACTIONS,
            principals={"AWS": "*"},
            resources=[bucket_arn],
            conditions=not_the_operator,
        ),
        Statement(
            sid="OnlyTheOperatorDeletesVersions",
            effect="Deny",
            actions=VERSION_RETENTION_ACTIONS,
            principals={"AWS": "*"},
            resources=[pulumi.Output.concat(bucket_arn, "/*")],
            conditions=not_the_operator,
        ),
    )


def s3_tls_only_policy(component: Component, name: str, bucket: aws.s3.Bucket) -> aws.s3.BucketPolicy:
    """The whole policy of a bucket that has nothing more to say."""
    return aws.s3.BucketPolicy(
        name, bucket=bucket.bucket, policy=policy_document(tls_only(bucket.arn)), opts=component.child()
    )
