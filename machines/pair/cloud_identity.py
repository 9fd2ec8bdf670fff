"""Who this host is in either cloud. Every credential is asked for when it is needed and ends by itself.

pg-a on GCE is a service account, which AWS takes as a web identity. pg-b on EC2 is a role of AWS, which Google takes as
a federated identity. Standard library and `fetch.py` alone; no secret is ever an argument of a program.
"""

import http.client
import json
import re
import urllib.error
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import fetch

from pair.errors import PairError
from pair.settings import PairSettings, WebIdentity

AWS_STS = "https://sts.amazonaws.com/"
"""The endpoint that pgBackRest 2.55 asks as well: one name that must be in reach, and not two."""

AWS_SESSION_SECONDS = 3600
GOOGLE_STS = "https://sts.googleapis.com/v1/token"
GOOGLE_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
"""Objects of Cloud Storage and nothing else, whatever the principal is granted beside them."""

REASON_LENGTH = 300


@dataclass(frozen=True)
class AwsIdentity:
    """Keys of a role, as the metadata service of EC2 names them; with a session token they end within hours."""

    keys: Mapping[str, str]

    def __repr__(self) -> str:
        """Keys stay out of every message."""
        return "AwsIdentity()"

    def signed(
        self, url: str, body: bytes, service: str, region: str, more: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Headers of a POST request."""
        return fetch.signed("POST", url, body, service, region, self.keys, datetime.now(UTC), more)


def ask(what: str, url: str, headers: Mapping[str, str], method: str = "GET", data: bytes | None = None) -> bytes:
    """One request. Raises PairError that names who was asked and, where it answered, its reason."""
    try:
        return fetch.call(url, headers, method, data)
    except urllib.error.HTTPError as error:
        raise RefusalError(what, error.code, _reason(error)) from None
    except (OSError, http.client.HTTPException) as error:
        place = urllib.parse.urlsplit(url).netloc
        raise PairError(
            f"{what} cannot be reached at {place}: {error}", "pairctl status shows what is in reach"
        ) from None


class RefusalError(PairError):
    """An answer, but not the one that was asked for."""

    def __init__(self, what: str, status: int, reason: str) -> None:
        super().__init__(f"{what} answered {status}: {reason}")
        self.status = status
        self.reason = reason


def _reason(error: urllib.error.HTTPError) -> str:
    """The text of an answer in one line: the message of a JSON or XML error, else its beginning."""
    try:
        text = error.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return str(error.reason)
    names = ("error_description", "message", "Message", "__type", "Code")
    found = [
        match[1] for name in names if (match := re.search(rf'(?:"{name}"\s*:\s*"|<{name}>)([^"<]+)', text)) is not None
    ]
    return " ".join((": ".join(found) or text or str(error.reason)).split())[:REASON_LENGTH]


def aws_identity(settings: PairSettings) -> AwsIdentity:
    """The role of this host on AWS."""
    if settings.web_identity is not None:
        return _assumed(settings.web_identity, google_identity_token(settings.web_identity.audience), settings.host)
    try:
        return AwsIdentity(fetch.Amazon().credentials())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PairError(f"the metadata service gives no role: {error}") from None


def google_identity_token(audience: str) -> str:
    """A token of the metadata server that says who this machine is; it holds for an hour."""
    query = urllib.parse.urlencode({"audience": audience, "format": "full"})
    url = f"{fetch.METADATA}/computeMetadata/v1/instance/service-accounts/default/identity?{query}"
    return ask("the metadata service", url, {"Metadata-Flavor": "Google"}).decode().strip()


def _assumed(web: WebIdentity, token: str, host: str) -> AwsIdentity:
    """The role of a web identity (AWS STS, AssumeRoleWithWebIdentity; the request is not signed)."""
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": web.role_arn,
        "RoleSessionName": host,
        "WebIdentityToken": token,
        "DurationSeconds": str(AWS_SESSION_SECONDS),
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask("AWS STS", AWS_STS, headers, "POST", urllib.parse.urlencode(form).encode()).decode()
    names = {"AccessKeyId": "AccessKeyId", "SecretAccessKey": "SecretAccessKey", "Token": "SessionToken"}
    keys = {key: match[1] for key, name in names.items() if (match := re.search(f"<{name}>([^<]+)</{name}>", answer))}
    if len(keys) != len(names):
        raise PairError("AWS STS answered without credentials")
    return AwsIdentity(keys)


def google_headers() -> dict[str, str]:
    """The service account of this machine, as a header."""
    try:
        return fetch.Google().authorization()
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise PairError(f"the metadata service gives no access token: {error}") from None


def google_project() -> str:
    """The project of this machine."""
    url = f"{fetch.METADATA}/computeMetadata/v1/project/project-id"
    return ask("the metadata service", url, {"Metadata-Flavor": "Google"}).decode().strip()


def subject_token(audience: str, identity: AwsIdentity, region: str) -> str:
    """A signed GetCallerIdentity that is never sent to AWS by us: Google does, and so learns who signed it.

    The form is that of Google's documentation ("Configure workload identity federation with AWS"): the name of the
    provider is part of the signature, so nobody can use the token elsewhere.
    """
    url = f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    headers = identity.signed(url, b"", "sts", region, {"x-goog-cloud-target-resource": audience})
    names = {name: "Authorization" if name == "authorization" else name for name in sorted(headers)}
    request = {
        "url": url,
        "method": "POST",
        "headers": [{"key": names[name], "value": headers[name]} for name in names],
    }
    return urllib.parse.quote(json.dumps(request, separators=(",", ":"), sort_keys=True))


def federated_token(audience: str, identity: AwsIdentity, region: str) -> str:
    """An access token of Google for this host's role on AWS (Security Token Service, method `token`)."""
    form = {
        "audience": audience,
        "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
        "scope": GOOGLE_SCOPE,
        "subjectTokenType": "urn:ietf:params:aws:token-type:aws4_request",
        "subjectToken": subject_token(audience, identity, region),
    }
    body = json.dumps(form).encode()
    answer = record(ask("Google STS", GOOGLE_STS, {"Content-Type": "application/json"}, "POST", body), "Google STS")
    token: Any = answer.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise PairError("Google STS answered without an access token")
    return token


def record(answer: bytes, what: str) -> dict[str, Any]:
    """An answer that must be a JSON object."""
    try:
        content: Any = json.loads(answer)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise PairError(f"{what} answered with something else than a JSON object")
    return cast("dict[str, Any]", content)
