"""Who this machine is in either cloud. Every credential is asked for when it is needed and ends by itself.

A machine on GCE is a service account, which AWS takes as a web identity. One on EC2 is a role of AWS, which Google
takes as a federated identity. No secret is ever an argument of a program.
"""

import http.client
import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import fetch

from host.cloud import ask, record
from host.errors import HostError

AWS_STS = "https://sts.amazonaws.com/"
"""The endpoint that pgBackRest 2.55 asks as well: one name that must be in reach, and not two."""

AWS_SESSION_SECONDS = 3600
GOOGLE_STS = "https://sts.googleapis.com/v1/token"
OBJECTS_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
"""Objects of Cloud Storage and nothing else, whatever the principal is granted beside them."""


@dataclass(frozen=True)
class WebRole:
    """A role of AWS that takes a machine of Google's."""

    role_arn: str
    audience: str
    """Of the machine's identity token."""


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
        return fetch.signed("POST", url, body, service, region, credentials=self.keys, now=datetime.now(UTC), more=more)


def aws_identity(web: WebRole | None, session: str) -> AwsIdentity:
    """The role of this machine on AWS: its own on EC2, else `web`; `session` shows in AWS's logs. Raises HostError."""
    if web is not None:
        return _assumed(web, google_identity_token(web.audience), session)
    try:
        return AwsIdentity(fetch.Amazon().credentials())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HostError(f"the metadata service gives no role: {error}") from None


def google_identity_token(audience: str) -> str:
    """A token of the metadata server that says who this machine is; it holds for an hour."""
    query = urllib.parse.urlencode({"audience": audience, "format": "full"})
    url = f"{fetch.METADATA}/computeMetadata/v1/instance/service-accounts/default/identity?{query}"
    return ask("the metadata service", url, {"Metadata-Flavor": "Google"}).decode().strip()


def _assumed(web: WebRole, token: str, session: str) -> AwsIdentity:
    """The role of a web identity (AWS STS, AssumeRoleWithWebIdentity; the request is not signed)."""
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": web.role_arn,
        "RoleSessionName": session,
        "WebIdentityToken": token,
        "DurationSeconds": str(AWS_SESSION_SECONDS),
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask("AWS STS", AWS_STS, headers, "POST", urllib.parse.urlencode(form).encode()).decode()
    names = {"AccessKeyId": "AccessKeyId", "SecretAccessKey": "SecretAccessKey", "Token": "SessionToken"}
    keys = {key: match[1] for key, name in names.items() if (match := re.search(f"<{name}>([^<]+)</{name}>", answer))}
    if len(keys) != len(names):
        raise HostError("AWS STS answered without credentials")
    return AwsIdentity(keys)


def google_headers() -> dict[str, str]:
    """The service account of this machine, as a header."""
    try:
        return fetch.Google().authorization()
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise HostError(f"the metadata service gives no access token: {error}") from None


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


def federated_token(audience: str, identity: AwsIdentity, region: str, scope: str = OBJECTS_SCOPE) -> str:
    """An access token of Google for this machine's role on AWS (Security Token Service, method `token`)."""
    form = {
        "audience": audience,
        "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
        "scope": scope,
        "subjectTokenType": "urn:ietf:params:aws:token-type:aws4_request",
        "subjectToken": subject_token(audience, identity, region),
    }
    return str(google_exchange("application/json", json.dumps(form).encode())["access_token"])


def google_exchange(kind: str, body: bytes) -> Mapping[str, Any]:
    """What Google makes of another token (Security Token Service, method `token`). Raises HostError without one."""
    answer = record(ask("Google STS", GOOGLE_STS, {"Content-Type": kind}, "POST", body), "Google STS")
    token: Any = answer.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise HostError("Google STS answered without an access token")
    return answer
