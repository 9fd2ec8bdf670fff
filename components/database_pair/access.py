"""What the hosts may do in either cloud: their repositories, their passphrases, and what they show each other."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.backup_vault import DATABASE_PREFIX
from components.component import Component
from components.iam import Statement
from settings.backup_vault.retention import RETENTION_ACTIONS
from settings.database_pair.document import UNSET_PARAMETER, Exchange
from settings.database_pair.section import DatabaseHost


def repository_statements(bucket_arn: pulumi.Input[str]) -> Sequence[Statement]:
    """The rights of a host on repo1.

    `s3:DeleteObject` writes a delete marker; the locked version stays below it, and pgBackRest reads it again with
    `repo-target-time`.
    """
    objects = pulumi.Output.concat(bucket_arn, "/", DATABASE_PREFIX, "/*")
    return (
        Statement(
            sid="ListRepository",
            actions=["s3:ListBucket", "s3:ListBucketVersions"],
            resources=[bucket_arn],
            conditions={"StringLike": {"s3:prefix": [DATABASE_PREFIX, f"{DATABASE_PREFIX}/*"]}},
        ),
        Statement(
            sid="WriteRepository",
            actions=[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            resources=[objects],
        ),
        # Denied, not merely left out: a broader grant by mistake changes nothing.
        Statement(
            sid="NeverShortenRetention",
            effect="Deny",
            actions=RETENTION_ACTIONS,
            resources=[bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        ),
    )


def exchange_statements(
    component: Component, exchange: Exchange, host: DatabaseHost, authority: DatabaseHost
) -> Sequence[Statement]:
    """The rights of a host on the exchange: it writes what it made itself, and reads everything.

    What the authority's host made itself are its own certificate of the authority, and the certificates of both.
    """
    context = component.context
    root = f"arn:aws:ssm:{context.aws_region}:{context.aws_account_id}:parameter{exchange.prefix}"
    signed = Statement(
        sid="WriteCertificates",
        actions=["ssm:PutParameter"],
        resources=[
            f"{root}/{host}/{exchange.authority}",
            *(f"{root}/{owner}/{exchange.certificates}" for owner in DatabaseHost),
        ],
    )
    return (
        Statement(
            sid="ReadExchange",
            actions=["ssm:GetParametersByPath"],
            resources=[root, f"{root}/*"],
        ),
        Statement(
            sid="WriteOwnKeysAndRequests",
            actions=["ssm:PutParameter"],
            resources=[f"{root}/{host}/{name}" for name in (exchange.public_key, exchange.certificate_requests)],
        ),
        *([signed] if host is authority else []),
    )


def exchange_parameters(component: Component, exchange: Exchange) -> None:
    """The places of the exchange. Their contents are written by the hosts; Pulumi leaves them alone.

    In Parameter Store because the host on GCP has a role on AWS anyway, while the one on AWS is no more to Google than
    a reader and writer of one bucket.
    """
    names = (exchange.public_key, exchange.certificate_requests, exchange.certificates, exchange.authority)
    for place in [f"{host}/{name}" for host in DatabaseHost for name in names]:
        aws.ssm.Parameter(
            f"{component.name}-{place.replace('/', '-')}",
            name=f"{exchange.prefix}/{place}",
            type="String",
            # Public keys and certificates; as `value` they would be hidden from the reviewer of a preview.
            insecure_value=UNSET_PARAMETER,
            tags=component.tags(),
            opts=component.child(ignore_changes=["insecure_value", "value"]),
        )


def watched_parameters(exchange: Exchange) -> tuple[str, ...]:
    """Names of the parameters whose change is a change of whom the hosts trust; the others change every few weeks."""
    trusted = (exchange.public_key, exchange.authority)
    return tuple(f"{exchange.prefix}/{host}/{name}" for host in DatabaseHost for name in trusted)


def gcs_repository_grant(
    component: Component, host: DatabaseHost, bucket: pulumi.Input[str], member: pulumi.Input[str]
) -> None:
    """The rights of a host on repo2: objects below the prefix, of which it must delete and overwrite some.

    It has no right on the bucket itself, and so none on soft delete, which keeps what it deletes.
    """
    prefix = f"{DATABASE_PREFIX}/"
    condition = pulumi.Output.concat(
        'resource.name.startsWith("projects/_/buckets/',
        bucket,
        f'/objects/{prefix}")',
        f' || api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("{prefix}")',
    )
    gcp.storage.BucketIAMMember(
        f"{component.name}-{host}-repo2",
        bucket=bucket,
        role="roles/storage.objectUser",
        member=member,
        condition=gcp.storage.BucketIAMMemberConditionArgs(title="own repository", expression=condition),
        opts=component.child(),
    )
