"""`pairctl secrets`: what pgBackRest needs and no document may hold, fetched with this host's own identity.

Passphrases come from the secret store of the host's own cloud, so that either cloud can restore without the other. They
stand in files that root and postgres alone read, never in arguments, in the environment or in a log. On GCE the run
also renews the identity token that pgBackRest trades for a role of AWS; on EC2, the access token for GCS.
"""

import argparse
import base64
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from pair import private_files
from pair.cloud_identity import (
    AwsIdentity,
    RefusalError,
    ask,
    aws_identity,
    federated_token,
    google_headers,
    google_identity_token,
    google_project,
    record,
)
from pair.commands import POSTGRES
from pair.errors import PairError
from pair.settings import PairSettings, Repository, WebIdentity

CONFIGURATION = Path("/etc/pgbackrest/pgbackrest.conf")
FOLDER = Path("/etc/pgbackrest/conf.d")
FEDERATED = "token"
NO_TOKEN = "unset"  # noqa: S105 -- stands for a token that is not there
"""pgBackRest takes no configuration without a token, even for the other repository; with this one alone fails."""

EMPTY = ("ResourceNotFoundException", "NOT_FOUND")
"""How the stores call a secret without a version."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """One part that fails leaves the others, and all that was there before."""
    del options
    parts: list[Callable[[], bool]] = []
    if settings.web_identity is not None:
        web = settings.web_identity
        parts.append(lambda: write_identity_token(web))
    parts += [
        lambda repository=repository: write_repository(settings, repository) for repository in settings.repositories
    ]
    failures = 0
    for part in parts:
        try:
            part()
        except PairError as error:
            failures += 1
            sys.stderr.write(f"pairctl secrets: {error}\n")
    return min(failures, 1)


def write_identity_token(web: WebIdentity) -> bool:
    """The token as it is: pgBackRest sends the whole file, and a line's end would be part of it."""
    return private_files.write(web.token_file, google_identity_token(web.audience), 0o640, POSTGRES)


def write_repository(settings: PairSettings, repository: Repository) -> bool:
    """The options of one repository that are secrets; whether the file changed. Raises PairError."""
    path = FOLDER / f"repo{repository.number}.conf"
    passphrase = _passphrase(settings, repository)
    lines = ["[global]", f"repo{repository.number}-cipher-pass={passphrase}"]
    failure: PairError | None = None
    if repository.access == FEDERATED:
        token = NO_TOKEN
        try:
            token = _access_token(settings)
        except PairError as error:
            failure = error
            token = _token_of(path, repository.number) or NO_TOKEN
        lines += _token_lines(repository.number, token)
    changed = private_files.write(path, "\n".join(lines) + "\n", 0o640, POSTGRES)
    if failure is not None:
        raise failure
    return changed


def _token_lines(number: int, token: str) -> list[str]:
    """pgBackRest refuses an option that stands in two files, so the type is written only where it is missing."""
    name = f"repo{number}-gcs-key-type"
    known = re.search(rf"^{name}=", private_files.text_of(CONFIGURATION) or "", re.MULTILINE)
    kind = [] if known else [f"{name}={FEDERATED}"]
    return [*kind, f"repo{number}-gcs-key={token}"]


def _token_of(path: Path, number: int) -> str:
    match = re.search(rf"^repo{number}-gcs-key=(.+)$", private_files.text_of(path) or "", re.MULTILINE)
    return match[1] if match else ""


def _access_token(settings: PairSettings) -> str:
    if settings.federation_audience is None:
        raise PairError("the document names no provider for the federated identity of this host")
    return federated_token(settings.federation_audience, aws_identity(settings), settings.exchange.region)


def _passphrase(settings: PairSettings, repository: Repository) -> str:
    """The passphrase, fit to stand in a line of pgbackrest.conf. Raises PairError."""
    name, on_google = repository.cipher_secret, settings.web_identity is not None
    command = (
        f"openssl rand -base64 48 | gcloud secrets versions add {name} --data-file=-"
        if on_google
        else f"aws secretsmanager put-secret-value --secret-id {name} --secret-string file:///dev/stdin"
    )
    hint = f"the same passphrase goes into both clouds, once: {command}"
    try:
        value = (
            google_secret(name) if on_google else amazon_secret(name, settings.exchange.region, aws_identity(settings))
        )
    except RefusalError as error:
        if error.status == 404 or any(word in error.reason for word in EMPTY):
            raise PairError(f"the secret {name} of repo{repository.number} is empty", hint) from None
        raise PairError(f"the secret {name} cannot be read: {error.message}") from None
    text = value.strip()
    if not text:
        raise PairError(f"the secret {name} of repo{repository.number} is empty", hint)
    if not text.isprintable() or not text.isascii():
        raise PairError(f"the secret {name} holds more than one line of plain text", "openssl rand -base64 48")
    return text


def google_secret(name: str) -> str:
    """The newest version of a secret of Google Secret Manager."""
    url = f"https://secretmanager.googleapis.com/v1/projects/{google_project()}/secrets/{name}/versions/latest:access"
    what = "Secret Manager"
    answer = record(ask(what, url, google_headers()), what)
    try:
        return base64.b64decode(answer["payload"]["data"], validate=True).decode()
    except (KeyError, TypeError, ValueError):
        raise PairError(f"{what} answered without the content of {name}") from None


def amazon_secret(name: str, region: str, identity: AwsIdentity) -> str:
    """The present value of a secret of AWS Secrets Manager."""
    url, body = f"https://secretsmanager.{region}.amazonaws.com/", json.dumps({"SecretId": name}).encode()
    more = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.GetSecretValue"}
    headers = identity.signed(url, body, "secretsmanager", region, more)
    what = "Secrets Manager"
    value = record(ask(what, url, headers, "POST", body), what).get("SecretString")
    if not isinstance(value, str):
        raise PairError(f"{what} answered without the text of {name}")
    return value
