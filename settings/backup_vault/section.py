"""The backup vault: how long backups cannot be deleted, and who alone may change that."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.distinct import Distinct
from settings.forms import pattern_type
from settings.vocabulary import AwsRoleArn, Days

GoogleUniqueId = Annotated[
    str,
    pattern_type(
        r"[0-9]{21}", "the unique id of a Google service account (21 digits, in quotes)", "100000000000000000000"
    ),
]
"""A service account's unique id is never used again, unlike its e-mail address."""

ServiceName = Annotated[
    str,
    pattern_type(
        r"[a-z][a-z0-9-]{0,14}[a-z0-9]",
        "a short service name (2 to 16 lower-case letters, digits, hyphens)",
        "status-page",
    ),
]
"""Names the service's prefix in the bucket and its role; IAM role names end at 64 characters."""


class LockMode(StrEnum):
    """Object Lock modes of S3 (S3 user guide, Object Lock)."""

    COMPLIANCE = "COMPLIANCE"
    """Nobody can shorten it, the root user of the account included."""
    GOVERNANCE = "GOVERNANCE"
    """The operator can lift it; for a stack that is thrown away now and then."""


class S3Vault(Section):
    """The copy that nobody can delete."""

    lock_mode: LockMode
    """Whether anybody can lift the lock. Going from COMPLIANCE to GOVERNANCE frees new versions alone."""
    lock_days: Annotated[int, Field(ge=1, le=365, examples=[42])]
    """Days for which no version can be deleted, from the time it is written. At least one whole backup chain. A bill
    that a mistake makes here cannot be undone in COMPLIANCE mode, hence the year at most."""


class GcsVault(Section):
    """The near copy: fast to restore from on GCP, protected by soft delete and versions, never locked."""

    soft_delete_days: Annotated[int, Field(ge=7, le=90, examples=[30])]
    """Days for which a deleted object can be restored by an operator; Cloud Storage accepts 7 to 90."""
    noncurrent_days: Days
    """Days after which a version that was replaced or deleted is removed for good (and then soft-deleted)."""


class OutsideService(Section):
    """A service that this program does not build and that keeps its backups here as well."""

    name: ServiceName
    """Its prefix in the bucket, and part of the name of its role. Changing it leaves what is there behind."""
    google_service_account_id: GoogleUniqueId
    """Unique id of the service account that it runs as, which alone may take its role: `gcloud iam service-accounts
    describe`, key `uniqueId`."""


class BackupVaultSettings(Section):
    """Off-site backups of the estate: S3 under Object Lock and GCS with soft delete."""

    operator_role_arn: AwsRoleArn
    """The one role that may change retention and delete versions, and that may become the restorer. It is made by hand
    before the first `pulumi up`, outside of this program, so that no deployment can widen it (docs/bootstrap.md)."""
    s3: S3Vault
    gcs: GcsVault
    outside_services: Annotated[
        tuple[OutsideService, ...],
        Distinct(("name",), "a name for each, or each could write over the other's backups"),
        Distinct(("googleServiceAccountId",), "a service account for each, or each could write as the other"),
    ] = ()
    """Services of the estate itself are not listed here: they bring their own identity."""
