"""One prefix and one identity for each service that sends its backups off-site, from GCE to S3 without a static key."""

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.iam import Statement, google_trust, policy_document
from components.roles import bounded_role
from settings.backup_vault.offsite import OffsitePlace

SESSION_SECONDS = 3600
"""Life of a session. The identity token of the metadata server lives an hour too; the machine fetches it anew."""


def writer_role(
    component: Component, name: str, place: OffsitePlace, bucket_arn: pulumi.Input[str], unique_id: pulumi.Input[str]
) -> aws.iam.Role:
    """The role of one service: it adds objects below its prefix and reads them back.

    It deletes nothing but restic's lock files (a delete marker over the locked version): without that, one dead client
    would block every later backup. Forgetting and pruning is the operator's.
    """
    role = bounded_role(
        component,
        f"{component.name}-offsite-{name}",
        name=place.role_arn.rpartition("/")[2],
        description=f"Off-site backups of {name}: writes below {place.prefix}/ and deletes no version",
        trust=policy_document(google_trust(unique_id, place.audience)),
        session_seconds=SESSION_SECONDS,
    )
    below = pulumi.Output.concat(bucket_arn, "/", place.prefix, "/")
    aws.iam.RolePolicy(
        f"{component.name}-offsite-{name}",
        role=role.name,
        policy=policy_document(
            Statement(
                sid="ListOwnPrefix",
                actions=["s3:ListBucket"],
                resources=[bucket_arn],
                conditions={"StringLike": {"s3:prefix": f"{place.prefix}/*"}},
            ),
            Statement(sid="FindRegion", actions=["s3:GetBucketLocation"], resources=[bucket_arn]),
            Statement(
                sid="AddAndReadBack",
                actions=["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                resources=[pulumi.Output.concat(below, "*")],
            ),
            Statement(
                sid="ReleaseResticLocks",
                actions=["s3:DeleteObject"],
                resources=[pulumi.Output.concat(below, "locks/*")],
            ),
        ),
        opts=component.child(),
    )
    return role
