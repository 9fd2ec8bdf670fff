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
    path: str = "/pgbackrest"
    s3_bucket: str
    s3_endpoint: str
    s3_region: str
    cipher_type: str = "aes-256-cbc"
    retention_full: int
    bundle: Literal["y"] = "y"
    block: Literal["y"] = "y"


class GcsRepository(OptionNames):
    """repo2: near a primary on GCP, so a restore from it is fast."""

    type: Literal["gcs"] = "gcs"
    path: str = "/pgbackrest"
    gcs_bucket: str
    cipher_type: str = "aes-256-cbc"
    retention_full: int
    bundle: Literal["y"] = "y"
    block: Literal["y"] = "y"


class PgBackRestOptions(OptionNames):
    """[global] of pgbackrest.conf, apart from the repositories."""

    archive_async: Literal["y"] = "y"
    """Without it, one repository that is away holds up the other after a single segment."""
    archive_push_queue_max: str
    spool_path: str = "/var/lib/postgresql/pgbackrest-spool"
    """On the data disk, as pg_wal is, but not inside it: pg_rewind would break."""
    start_fast: Literal["y"] = "y"
    delta: Literal["y"] = "y"
    process_max: int = 2
    compress_type: str = "zst"
    log_level_file: str = "detail"
    log_level_console: str = "info"
    """The journal reads the console; log-level-stderr is off since pgBackRest 2.53."""
    archive_check: Literal["y"] = "y"
    backup_standby: Literal["n"] = "n"
    """Backups from a standby need pgBackRest on both hosts to know each other, and then to be of one version."""


class PgBackRest(DocumentPart):
    """pgBackRest.

    Backup and expire run on the primary alone: on another host, expire deletes a backup that is still being made
    (pgbackrest#2622).
    """

    stanza: str = "main"
    pg1_path: str = f"/var/lib/postgresql/{POSTGRESQL_VERSION}/main"
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
    audience: str
    """Audience that the host asks the metadata server for."""
    token_file: str = "/run/packyard-pair/aws-web-identity-token"  # noqa: S105 -- a path
    refresh_minutes: int = 30
    """The token lives an hour; pgBackRest reads the file again at each exchange since 2.54."""
