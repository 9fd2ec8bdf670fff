"""Secrets of either store, read with the machine's own identity. They are never an argument of a program."""

import base64
import json

from host.cloud import RefusalError, ask, record
from host.errors import HostError
from host.identity import AwsIdentity, google_headers, google_project

GOOGLE = "Secret Manager"
AMAZON = "Secrets Manager"
EMPTY = ("ResourceNotFoundException", "NOT_FOUND")
"""How the stores call a secret without a version."""


class EmptySecretError(HostError):
    """A secret that nobody has filled yet; the hint is the command that does."""


def google_secret(name: str) -> str:
    """The newest version of a secret in Secret Manager of the machine's project. Raises EmptySecretError, HostError."""
    url = f"https://secretmanager.googleapis.com/v1/projects/{google_project()}/secrets/{name}/versions/latest:access"
    fill = f"openssl rand -base64 48 | gcloud secrets versions add {name} --data-file=-"
    try:
        answer = record(ask(GOOGLE, url, google_headers()), GOOGLE)
        text = base64.b64decode(answer["payload"]["data"], validate=True).decode()
    except HostError as error:
        raise _failure(name, error, fill) from None
    except (KeyError, TypeError, ValueError):
        raise HostError(f"{GOOGLE} answered without the content of {name}") from None
    return _filled(name, text, fill)


def amazon_secret(name: str, region: str, identity: AwsIdentity) -> str:
    """The present value of a secret in AWS Secrets Manager. Raises EmptySecretError, HostError."""
    url, body = f"https://secretsmanager.{region}.amazonaws.com/", json.dumps({"SecretId": name}).encode()
    more = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.GetSecretValue"}
    fill = f"aws secretsmanager put-secret-value --secret-id {name} --secret-string file:///dev/stdin"
    headers = identity.signed(url, body, "secretsmanager", region, more)
    try:
        text = record(ask(AMAZON, url, headers, "POST", body), AMAZON).get("SecretString")
    except HostError as error:
        raise _failure(name, error, fill) from None
    if not isinstance(text, str):
        raise HostError(f"{AMAZON} answered without the text of {name}")
    return _filled(name, text, fill)


def one_line(name: str, text: str) -> str:
    """A secret that must fit in a line of a file of settings, without blanks around it. Raises HostError."""
    line = text.strip()
    if not line.isprintable() or not line.isascii():
        raise HostError(f"the secret {name} holds more than one line of plain text", "openssl rand -base64 48")
    return line


def _failure(name: str, error: HostError, fill: str) -> HostError:
    if isinstance(error, RefusalError) and (error.status == 404 or any(word in error.reason for word in EMPTY)):
        return EmptySecretError(f"the secret {name} is empty", fill)
    return HostError(f"the secret {name} cannot be read: {error.message}", error.hint)


def _filled(name: str, text: str, fill: str) -> str:
    if not text.strip():
        raise EmptySecretError(f"the secret {name} is empty", fill)
    return text
