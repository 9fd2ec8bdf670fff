"""A session of AWS for a job of GitLab, by its account on GCP: python -m preview.gitlab_session FILE --seconds N.

AWS compares too little of a token of GitLab (components/ci_identity/gitlab.py), and takes one that Google signs for the
job's account. FILE gets the session as a credentials file of AWS (AWS_SHARED_CREDENTIALS_FILE), for its owner alone.
"""

import base64
import binascii
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import boto3
import google.auth.exceptions
import google.auth.transport.requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from google.auth import identity_pool, impersonated_credentials

from preview.command_line import Parser, failed
from preview.files import OutputError, write_whole
from preview.report import EXIT_FINE

ACCOUNT = "GCP_SERVICE_ACCOUNT"
ROLE = "AWS_ROLE_ARN"
IDENTITY = "GOOGLE_APPLICATION_CREDENTIALS"
TOKEN = "IDENTITY_TOKEN"  # noqa: S105 -- the name of a variable
REGION = "AWS_REGION"
JOB = "CI_JOB_ID"
"""Variables of the job: from its environment (docs/ci.md, "Setting up"), from `.gitlab-ci.yml` and from GitLab."""

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""What a call to the service of service accounts needs (IAM Service Account Credentials API, generateIdToken)."""

OWNER_ALONE = 0o600

EXIT_CODES = """exit codes:
  0  the session is in FILE
  1  a variable is missing, or one of the clouds refuses; FILE is not written
"""


class SessionError(Exception):
    """There is no session, and why."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Asks Google, then AWS, and writes the file; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        token = google_token(environment, _audience(_variable(environment, TOKEN)))
        write_session(options.file, _session(environment, token, options.seconds))
    except (SessionError, OutputError, OSError) as error:
        return failed(str(error))
    return EXIT_FINE


def google_token(environment: Mapping[str, str], audience: str) -> str:
    """A token that Google signs for the job's account and this audience. Raises SessionError where Google refuses."""
    account = _variable(environment, ACCOUNT)
    job = _identity(Path(_variable(environment, IDENTITY)))
    acting = impersonated_credentials.Credentials(job, target_principal=account, target_scopes=SCOPES)
    signed = impersonated_credentials.IDTokenCredentials(acting, target_audience=audience)
    try:
        signed.refresh(google.auth.transport.requests.Request())
    except google.auth.exceptions.GoogleAuthError as error:
        raise SessionError(
            f"Google does not make this job {account}: {error}. HINT: `make preview` shows what its pool asks of a job:"
            " project, environment, branch (docs/ci.md, Who may do what)"
        ) from error
    return str(signed.token)


def _identity(place: Path) -> identity_pool.Credentials:
    """The job, as the file says who it is."""
    try:
        # The file lets whoever reads it act as the account. An ID token is asked for by the job itself.
        identity: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        identity.pop("service_account_impersonation_url", None)
        return identity_pool.Credentials.from_info(identity, scopes=SCOPES)
    except (OSError, ValueError, TypeError, AttributeError, google.auth.exceptions.GoogleAuthError) as error:
        raise SessionError(
            f"{place}: {IDENTITY} names no identity of a job: {error}. HINT: `before_script` of .gitlab-ci.yml"
            " writes the file, of type external_account"
        ) from error


def write_session(file: Path, session: Mapping[str, str | datetime]) -> None:
    """Writes the credentials file anew, which nobody else can read from its first byte on. Raises OutputError."""
    text = (
        f"[default]\naws_access_key_id = {session['AccessKeyId']}\n"
        f"aws_secret_access_key = {session['SecretAccessKey']}\naws_session_token = {session['SessionToken']}\n"
    )
    write_whole(file, text, OWNER_ALONE)


def _session(environment: Mapping[str, str], token: str, seconds: int) -> Mapping[str, str | datetime]:
    role = _variable(environment, ROLE)
    # The call is not signed: the token is all that it rests on.
    unsigned = Config(signature_version=UNSIGNED)
    client = cast("Any", boto3).client("sts", region_name=_variable(environment, REGION), config=unsigned)
    try:
        answer = client.assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName=f"gitlab-{_variable(environment, JOB)}",
            WebIdentityToken=token,
            DurationSeconds=seconds,
        )
    except (ClientError, BotoCoreError) as error:
        raise SessionError(
            f"AWS does not give {role} to {environment[ACCOUNT]}: {error}. HINT: the role trusts the account of the"
            " same identity alone; both names come from `pulumi stack output ci_identity`"
        ) from error
    return answer["Credentials"]


def _audience(token: str) -> str:
    """Whom GitLab made the job's token for: the clouds are asked for nothing else."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["aud"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise SessionError(f"{TOKEN} is no token of GitLab. HINT: `id_tokens` of the job, with an `aud`") from error


def _variable(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise SessionError(f"the job has no variable {name}. HINT: docs/ci.md, Setting up")
    return environment[name]


def _parser() -> Parser:
    parser = Parser(
        prog="python -m preview.gitlab_session",
        description="Gets a session of AWS for a job of GitLab, by its account on GCP.",
        exit_codes=EXIT_CODES,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="credentials file of AWS")
    parser.add_argument("--seconds", type=int, required=True, help="life of the session, in seconds")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
