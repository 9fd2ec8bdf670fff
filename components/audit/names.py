"""Physical names of the audit trail, which others deny to pipelines before it is there."""

from dataclasses import dataclass

from components.component import StackContext

NAME = "audit"


@dataclass(frozen=True)
class AuditNames:
    """What the trail of a stack is called on AWS."""

    context: StackContext

    @property
    def prefix(self) -> str:
        """Leads the names of alarms, metric filters and the role."""
        return self.context.physical_name(NAME, kind="iam_role")

    @property
    def bucket_arn(self) -> str:
        """Of the locked bucket."""
        return f"arn:aws:s3:::{self.context.physical_name(NAME, kind='s3_bucket')}"

    @property
    def trail_arn(self) -> str:
        """Of the trail."""
        return f"arn:aws:cloudtrail:{self._place}:trail/{self.prefix}"

    @property
    def log_group(self) -> str:
        """Name of the log group that alarms count in."""
        return f"/aws/cloudtrail/{self.prefix}"

    @property
    def log_group_arn(self) -> str:
        """The same as an ARN, without streams."""
        return f"arn:aws:logs:{self._place}:log-group:{self.log_group}"

    @property
    def alarm_arns(self) -> str:
        """Pattern of the ARNs of its alarms."""
        return f"arn:aws:cloudwatch:{self._place}:alarm:{self.prefix}-*"

    @property
    def role_arn(self) -> str:
        """Of the role with which CloudTrail writes to the log group."""
        return f"arn:aws:iam::{self.context.aws_account_id}:role/{self.prefix}"

    @property
    def _place(self) -> str:
        return f"{self.context.aws_region}:{self.context.aws_account_id}"
