"""CloudTrail of all regions, into a bucket under Object Lock and into a log group."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.audit.names import AuditNames
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
from components.iam import Statement, policy_document, service_trust
from components.roles import bounded_role
from settings.audit.section import AuditSettings

SERVICE = "cloudtrail.amazonaws.com"


def trail(
    component: Component, settings: AuditSettings, machine_store_arn: pulumi.Input[str]
) -> aws.cloudwatch.LogGroup:
    """Makes the trail, and returns the log group that its events come to some minutes after they happened."""
    names = AuditNames(component.context)
    bucket, written = _locked_bucket(component, settings, names)
    group = aws.cloudwatch.LogGroup(
        component.name,
        name=names.log_group,
        retention_in_days=settings.watched_days,
        tags=component.tags(),
        opts=component.child(),
    )
    role, policy = _writer(component, names)
    aws.cloudtrail.Trail(
        component.name,
        name=names.prefix,
        s3_bucket_name=bucket,
        is_multi_region_trail=True,
        include_global_service_events=True,
        # Digests that are signed by AWS: what was changed or taken out of the bucket shows.
        enable_log_file_validation=True,
        cloud_watch_logs_group_arn=pulumi.Output.concat(group.arn, ":*"),
        cloud_watch_logs_role_arn=role.arn,
        advanced_event_selectors=_selectors(machine_store_arn),
        tags=component.tags(),
        opts=component.child(depends_on=[*written, policy]),
    )
    return group


def _selectors(machine_store_arn: pulumi.Input[str]) -> list[aws.cloudtrail.TrailAdvancedEventSelectorArgs]:
    """All calls that manage something, and writes of what machines run; other objects cost more than they tell."""
    field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
    return [
        aws.cloudtrail.TrailAdvancedEventSelectorArgs(
            name="management", field_selectors=[field(field="eventCategory", equals=["Management"])]
        ),
        aws.cloudtrail.TrailAdvancedEventSelectorArgs(
            name="writes to the machine store",
            field_selectors=[
                field(field="eventCategory", equals=["Data"]),
                field(field="resources.type", equals=["AWS::S3::Object"]),
                field(field="readOnly", equals=["false"]),
                field(field="resources.ARN", starts_withs=[pulumi.Output.concat(machine_store_arn, "/")]),
            ],
        ),
    ]


def _locked_bucket(
    component: Component, settings: AuditSettings, names: AuditNames
) -> tuple[pulumi.Output[str], Sequence[pulumi.Resource]]:
    """The bucket's name, and what must be there before CloudTrail is let in."""
    name = component.name
    bucket = aws.s3.Bucket(
        name,
        bucket=component.context.physical_name(name, kind="s3_bucket"),
        object_lock_enabled=True,
        force_destroy=False,
        tags=component.tags(),
        opts=component.stateful(),
    )
    # Keys of S3, not of KMS: whoever deletes a KMS key deletes every record under it, lock or no lock.
    privacy = close_s3_bucket(component, name, bucket)
    versioning = s3_versioning(name, bucket, component.stateful())
    lock = aws.s3.BucketObjectLockConfiguration(
        name,
        bucket=bucket.bucket,
        rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
            default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                mode=settings.lock_mode.value, days=settings.lock_days
            )
        ),
        opts=component.stateful(depends_on=[versioning]),
    )
    ends = S3Lifecycle(
        rule="end-after-their-time",
        expire_days=settings.keep_days,
        noncurrent_days=settings.lock_days,
        abandoned_days=ABANDONED_UPLOAD_DAYS,
    )
    lifecycle = s3_lifecycle(name, bucket, ends, component.stateful(depends_on=[versioning]))
    policy = aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=policy_document(*_bucket_statements(component, settings.operator_role_arn, names)),
        opts=component.stateful(depends_on=[*privacy, versioning, lock, lifecycle]),
    )
    return bucket.bucket, [policy]


def _bucket_statements(component: Component, operator_role_arn: str, names: AuditNames) -> Sequence[Statement]:
    """CloudTrail writes for this trail alone (its user guide, "Amazon S3 bucket policy"); one role may do more."""
    of_trail = {"aws:SourceArn": names.trail_arn}
    return (
        tls_only(names.bucket_arn),
        Statement(
            sid="TrailReadsTheAcl",
            actions=["s3:GetBucketAcl"],
            principals={"Service": SERVICE},
            resources=[names.bucket_arn],
            conditions={"StringEquals": of_trail},
        ),
        Statement(
            sid="TrailWrites",
            actions=["s3:PutObject"],
            principals={"Service": SERVICE},
            resources=[f"{names.bucket_arn}/AWSLogs/{component.context.aws_account_id}/*"],
            conditions={"StringEquals": {**of_trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
        ),
        *operator_alone(names.bucket_arn, operator_role_arn),
    )


def _writer(component: Component, names: AuditNames) -> tuple[aws.iam.Role, pulumi.Resource]:
    """The role with which CloudTrail writes to the log group, and to nothing else."""
    role = bounded_role(
        component,
        component.name,
        name=names.prefix,
        description="CloudTrail writes to the log group that alarms count in",
        trust=service_trust(SERVICE, conditions={"StringEquals": {"aws:SourceArn": names.trail_arn}}),
    )
    policy = aws.iam.RolePolicy(
        component.name,
        role=role.name,
        policy=policy_document(
            Statement(
                sid="WriteTheTrail",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{names.log_group_arn}:log-stream:*"],
            )
        ),
        opts=component.child(),
    )
    return role, policy
