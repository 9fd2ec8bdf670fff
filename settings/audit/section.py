"""The audit trail: where records of who did what are kept, for how long, and what is recorded beyond changes."""

from typing import Annotated

from pydantic import Field, model_validator

from settings.backup_vault.section import LockMode
from settings.base import Section
from settings.faults import SectionError
from settings.forms import pattern_type
from settings.vocabulary import AwsRoleArn, CloudWatchRetentionDays, Days

LogBucket = Annotated[
    str,
    pattern_type(
        r"projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/locations/[a-z0-9-]+/buckets/[A-Za-z0-9._-]{1,100}",
        "the full name of a log bucket of Cloud Logging",
        "projects/example-audit/locations/us-east1/buckets/packyard-staging",
    ),
]


class AuditSettings(Section):
    """Who did what in both clouds, kept where no pipeline can change it. A person makes and changes it."""

    operator_role_arn: AwsRoleArn
    """The one role that may change how long records on AWS are kept; made by hand, and may be that of the vault."""
    lock_mode: LockMode
    """Whether anybody can delete a record on AWS before its time."""
    lock_days: Annotated[int, Field(ge=1, le=365, examples=[90])]
    """Days for which no record on AWS can be deleted."""
    keep_days: Days
    """Days after which a record on AWS is removed; not below `lockDays`."""
    watched_days: CloudWatchRetentionDays
    """Days that CloudWatch keeps the copy of the trail that alarms count in. The records are in the bucket."""
    gcp_log_bucket: LogBucket
    """Log bucket for all projects on GCP, in a project that this program makes nothing in. It is made by hand, and its
    retention is locked there (docs/audit.md)."""
    gcp_data_access: bool = True
    """Whether Google also records who reads and writes objects and secrets and who uses keys and accounts. It is billed
    by the GiB; where it is off, writes to the machine store on GCP ring no alarm."""

    @model_validator(mode="after")
    def _records_outlive_their_lock(self) -> "AuditSettings":
        if self.keep_days < self.lock_days:
            raise SectionError("keepDays", f"{self.keep_days} is below lockDays {self.lock_days}", f"{self.lock_days}")
        return self
