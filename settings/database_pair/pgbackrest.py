"""What a host of the database pair is told about pgBackRest: its options, its repositories, and how it reaches them."""

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict

from settings.machine.document import DocumentPart

POSTGRESQL_VERSION = 17
"""PostgreSQL of Debian 13."""


class OptionNames(DocumentPart):
    """A part whose keys are pgBackRest's own names of options, without `repoN-`."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


class S3Repository(OptionNames):
    """repo1: off-site while the primary is on GCP, and locked."""

    type: Literal["s3"] = "s3"
    """Kind of repository."""
    path: str = "/pgbackrest"
    """Where it begins in the bucket."""
    s3_bucket: str
    """Name of the bucket."""
    s3_endpoint: str
    """Host name of S3 in the region."""
    s3_region: str
    """AWS region of the bucket."""
    cipher_type: str = "aes-256-cbc"
    """Backups are encrypted before they leave the host; the passphrase is a secret."""
    retention_full: int
    """Full backups that are kept, with all that hangs on them."""
    bundle: Literal["y"] = "y"
    """Small files are stored together."""
    block: Literal["y"] = "y"
    """Incremental backups hold changed blocks instead of whole files."""


class GcsRepository(OptionNames):
    """repo2: near a primary on GCP, so a restore from it is fast."""

    type: Literal["gcs"] = "gcs"
    """Kind of repository."""
    path: str = "/pgbackrest"
    """Where it begins in the bucket."""
    gcs_bucket: str
    """Name of the bucket."""
    cipher_type: str = "aes-256-cbc"
    """Backups are encrypted before they leave the host; the passphrase is a secret."""
    retention_full: int
    """Full backups that are kept, with all that hangs on them."""
    bundle: Literal["y"] = "y"
    """Small files are stored together."""
    block: Literal["y"] = "y"
    """Incremental backups hold changed blocks instead of whole files."""


class PgBackRestOptions(OptionNames):
    """[global] of pgbackrest.conf, apart from the repositories."""

    archive_async: Literal["y"] = "y"
    """Without it, one repository that is away holds up the other after a single segment."""
    archive_push_queue_max: str
    """WAL that may wait for its push. A push that begins past it drops what waits, in both repositories; what an
    earlier one has sent does not count, so a single segment that is refused for ever fills the disk instead
    (pgbackrest#2629, fixed in 2.59)."""
    spool_path: str = "/var/lib/postgresql/pgbackrest-spool"
    """On the data disk, as pg_wal is, but not inside it: pg_rewind would break."""
    start_fast: Literal["y"] = "y"
    """A backup starts at once with a checkpoint of its own."""
    delta: Literal["y"] = "y"
    """Backup and restore compare checksums and move what differs alone."""
    process_max: int = 2
    """Processes that compress and send at once."""
    compress_type: str = "zst"
    """How backups and WAL are compressed."""
    log_level_file: str = "detail"
    """How much goes to the files below /var/log/pgbackrest."""
    log_level_console: str = "info"
    """The journal reads the console; log-level-stderr is off since pgBackRest 2.53."""
    archive_check: Literal["y"] = "y"
    """A backup ends well only when the WAL that it needs is in the archive."""
    backup_standby: Literal["n"] = "n"
    """Backups from a standby need pgBackRest on both hosts to know each other, and then to be of one version."""


class PgBackRest(DocumentPart):
    """pgBackRest.

    Backup and expire run on the primary alone: on another host, expire deletes a backup that is still being made
    (pgbackrest#2622).
    """

    stanza: str = "main"
    """Name of the stanza."""
    pg1_path: str = f"/var/lib/postgresql/{POSTGRESQL_VERSION}/main"
    """PGDATA."""
    options: PgBackRestOptions
    archive_get_async: Literal["n"] = "n"
    """Asynchronous archive-get fails across a switch of timelines (pgbackrest#2423, fixed in 2.59)."""
    archive_push_io_timeout: int = 5
    """Seconds. The push asks a repository that is away a dozen times and more before it serves the other one: with the
    default of a minute, that one gets nothing for a quarter of an hour at a time. A push that fails is tried again."""
    repositories: tuple[S3Repository, GcsRepository]
    """repo1 and repo2."""


class RepositoryAccess(StrEnum):
    """pgBackRest's `repoN-s3-key-type` and `repoN-gcs-key-type`. No host holds a key that does not end."""

    WEB_IDENTITY = "web-id"
    """GCE to S3: the metadata server's identity token, exchanged at AWS STS for the role of `web_identity`."""
    AUTOMATIC = "auto"
    """The metadata server of the cloud that the host and the bucket share."""
    FEDERATED = "token"
    """EC2 to GCS: pgBackRest asks for no federated identity itself (pgbackrest#2838), so the host trades its AWS
    identity for an access token at Google's STS, as `federation` says, and writes it into a file of conf.d. The token
    lives an hour and a running process does not read the file again, so a single backup must end within the hour."""


class RepositoryIdentity(DocumentPart):
    """How this host reaches one repository."""

    access: RepositoryAccess
    """Value of `repoN-s3-key-type` or `repoN-gcs-key-type`."""
    cipher_secret: str
    """Secret of the host's own cloud that holds the repository's passphrase. An operator puts the same value into both
    clouds, so that a restore in either needs nothing of the other."""


class Federation(DocumentPart):
    """How a host on EC2 becomes a principal of Google: workload identity federation, with no service account between.

    What the host sends to Google's STS is a signed GetCallerIdentity of AWS, which proves the role of the instance.
    """

    audience: str
    """Full name of the provider of the workload identity pool, after `//iam.googleapis.com/`."""


class WebIdentity(DocumentPart):
    """How pgBackRest on GCE becomes an AWS role.

    AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are set for PostgreSQL itself as well: archive_command is its child.
    """

    role_arn: str
    """The AWS role."""
    audience: str
    """Audience that the host asks the metadata server for."""
    token_file: str = "/run/packyard-pair/aws-web-identity-token"  # noqa: S105 -- a path
    """Where `pairctl secrets` keeps the identity token, in memory. The token lives an hour; pgBackRest reads the file
    again at each exchange since 2.54."""
