"""Where a service sends its backups off-site; a part of its machine's document."""

from settings.machine.document import DocumentPart


class OffsitePlace(DocumentPart):
    """A service's place in the backup vault, and whom it becomes to write there.

    Plain text, so it can go into a machine document before the machine, and so its service account, exists.
    """

    bucket: str
    """Name of the vault's S3 bucket."""
    region: str
    """AWS region of the bucket, which is part of every signature."""
    prefix: str
    """Without a slash at either end. Everything below it belongs to the service, and nothing else does."""
    role_arn: str
    """Assumed with AssumeRoleWithWebIdentity (AWS_ROLE_ARN)."""
    audience: str
    """Audience that the machine asks the metadata server to put into its identity token."""
