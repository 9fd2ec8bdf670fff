"""The vault itself: both buckets, the places in them, and the identities of those who use them."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.backup_vault.offsite import writer_role
from components.backup_vault.s3_vault import bucket_arn, locked_bucket
from components.buckets import stateful_gcs_bucket
from components.component import Component, StackContext
from components.iam import Statement, policy_document
from components.roles import bounded_role
from settings.backup_vault.offsite import OffsitePlace
from settings.backup_vault.section import BackupVaultSettings, GcsVault

DATABASE_PREFIX = "pgbackrest"
"""Both repositories of the database pair lie below it (pgBackRest's `repoN-path=/pgbackrest`), one in each bucket."""


@dataclass(frozen=True, kw_only=True)
class BackupVaultArgs:
    """Arguments of a BackupVault."""

    settings: BackupVaultSettings


class BackupVault(Component):
    """Two buckets that outlive what they hold copies of: S3 under Object Lock, GCS with versions and soft delete.

    **Pulumi type:** `packyard:backup_vault:BackupVault`

    Makes both buckets, the policy that leaves retention to the operator, the restorer role (reads everything, writes
    nothing), and a prefix and role for each service of the settings. A service of the estate asks for its `place`
    first, puts it into its machine's document, and then has the machine's identity `admit`ted to it.

    The database pair uses `DATABASE_PREFIX` in both buckets and grants its own hosts their rights there; the vault
    makes no identity for it. The GCS bucket has no retention policy: pgBackRest replaces its manifests
    (pgbackrest#1439).

    The bucket policy binds the deploying identity too. It can make the vault and preview it; afterwards a change of
    lock, lifecycle, versioning or policy is refused to everyone but the operator, who runs that one `pulumi up`.
    """

    s3_bucket_name: pulumi.Output[str]
    """Name of the bucket under Object Lock."""
    s3_bucket_arn: pulumi.Output[str]
    """ARN of the bucket under Object Lock."""
    gcs_bucket_name: pulumi.Output[str]
    """Name of the bucket with soft delete."""
    gcs_bucket: str
    """The same as plain text, for conditions that a preview shows before the bucket is there."""
    operator_role_arn: str
    """Role of the one who may change retention."""
    guarded_role_arns: tuple[str, ...]
    """Roles that no deployment may change or hand out: the operator's, and the one that reads every backup."""
    restorer_role_arn: pulumi.Output[str]
    """Role that reads every backup and writes none; the operator role may assume it."""

    def __init__(
        self,
        name: str,
        args: BackupVaultArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "packyard:backup_vault:BackupVault", name, context, providers=[aws_provider, gcp_provider], opts=opts
        )
        settings = args.settings
        self.operator_role_arn = settings.operator_role_arn
        self._physical_bucket = context.physical_name(name, kind="s3_bucket")
        self.s3_bucket_name = locked_bucket(self, self._physical_bucket, settings.s3, settings.operator_role_arn)
        self.s3_bucket_arn = bucket_arn(self.s3_bucket_name)
        self.gcs_bucket = context.physical_name(name, kind="gcs_bucket")
        self.gcs_bucket_name = _soft_delete_bucket(self, self.gcs_bucket, settings.gcs).name
        reader = context.physical_name(name, "restorer", kind="iam_role")
        restorer = _restorer(self, reader, self.s3_bucket_arn, settings.operator_role_arn)
        self.restorer_role_arn = restorer.arn
        self.guarded_role_arns = (settings.operator_role_arn, f"arn:aws:iam::{context.aws_account_id}:role/{reader}")
        for service in settings.outside_services:
            self.admit(service.name, service.google_service_account_id)
        self.register_outputs(
            {
                "s3_bucket_name": self.s3_bucket_name,
                "gcs_bucket_name": self.gcs_bucket_name,
                "restorer_role_arn": self.restorer_role_arn,
            }
        )

    def place(self, service: str) -> OffsitePlace:
        """Where a service sends its backups. Makes nothing, so it can be asked before the service has an identity."""
        role = self.context.physical_name("offsite", service, kind="iam_role")
        return OffsitePlace(
            bucket=self._physical_bucket,
            region=self.context.aws_region,
            prefix=service,
            role_arn=f"arn:aws:iam::{self.context.aws_account_id}:role/{role}",
            audience=self.context.physical_name(self.name, kind="s3_bucket"),
        )

    def admit(self, service: str, service_account_unique_id: pulumi.Input[str]) -> OffsitePlace:
        """Makes the role behind a service's place, and lets one Google service account assume it."""
        if service == DATABASE_PREFIX:
            raise ValueError(f"{service} is the prefix of the database pair, which brings its own identities")
        place = self.place(service)
        writer_role(self, service, place, self.s3_bucket_arn, service_account_unique_id)
        return place


def _soft_delete_bucket(component: Component, physical_name: str, settings: GcsVault) -> gcp.storage.Bucket:
    return stateful_gcs_bucket(
        component,
        f"{component.name}-gcs",
        physical_name,
        noncurrent_days=settings.noncurrent_days,
        soft_delete_days=settings.soft_delete_days,
    )


def _restorer(component: Component, name: str, arn: pulumi.Input[str], operator_role_arn: str) -> aws.iam.Role:
    """A role for restores and checks: it reads current and old versions of everything, and writes nothing."""
    role = bounded_role(
        component,
        f"{component.name}-restorer",
        name=name,
        description="Reads every backup for restores and checks, writes none",
        trust=policy_document(Statement(actions=["sts:AssumeRole"], principals={"AWS": operator_role_arn})),
    )
    aws.iam.RolePolicy(
        f"{component.name}-restorer",
        role=role.name,
        policy=policy_document(
            Statement(
                sid="FindBackups",
                actions=["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation"],
                resources=[arn],
            ),
            Statement(
                sid="ReadBackups",
                actions=["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"],
                resources=[pulumi.Output.concat(arn, "/*")],
            ),
        ),
        opts=component.child(),
    )
    return role
