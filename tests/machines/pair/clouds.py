"""Both clouds as pairctl sees them, in memory behind `fetch.call`: the only thing that stands in for anything here."""

import base64
import io
import json
import urllib.error
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

KEYS = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "secret/example", "Token": "session-token"}
IDENTITY_TOKEN = "header.payload.signature"  # noqa: S105 -- stands for one
ACCESS_TOKEN = "ya29.federated"  # noqa: S105 -- stands for one
PROJECT = "example-testground-stg"
METADATA = "169.254.169.254"


class RefusedByCloudError(Exception):
    """An answer with a status and a body."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


@dataclass
class Clouds:
    """What lies in both clouds, and what was asked of them."""

    host: str
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    away: set[str] = field(default_factory=set[str])
    """Names of services that do not answer."""
    asked: list[str] = field(default_factory=list[str])
    writes: list[str] = field(default_factory=list[str])
    tokens: int = 0

    def call(self, url: str, headers: Mapping[str, str], method: str = "GET", data: bytes | None = None) -> bytes:
        """Stands for `fetch.call`."""
        parts = urllib.parse.urlsplit(url)
        self.asked.append(f"{method} {parts.netloc}{parts.path}")
        if any(parts.netloc.startswith(name) for name in self.away):
            raise urllib.error.URLError("timed out")
        try:
            return self._answer(parts, {name.lower(): text for name, text in headers.items()}, data or b"").encode()
        except RefusedByCloudError as error:
            raise urllib.error.HTTPError(
                url, error.status, "refused", Message(), io.BytesIO(error.body.encode())
            ) from None

    def _answer(self, parts: urllib.parse.SplitResult, headers: Mapping[str, str], data: bytes) -> str:
        service = parts.netloc.partition(".")[0]
        if parts.netloc == METADATA:
            return self._metadata(parts, headers)
        if parts.netloc == "sts.amazonaws.com":
            return self._assume(urllib.parse.parse_qs(data.decode()))
        if parts.netloc == "sts.googleapis.com":
            return self._federate(json.loads(data))
        if service == "secretmanager":
            return self._google_secret(parts.path, headers)
        assert "x-amz-target" in headers["authorization"], "an x-amz- header that is not signed is refused"
        assert headers["x-amz-security-token"] == KEYS["Token"]
        content = json.loads(data)
        return self._ssm(headers, content) if service == "ssm" else self._amazon_secret(content)

    def _metadata(self, parts: urllib.parse.SplitResult, headers: Mapping[str, str]) -> str:
        if parts.path.startswith("/computeMetadata/"):
            if self.host != "pg-a" or headers.get("metadata-flavor") != "Google":
                raise RefusedByCloudError(403, "no")
            answers = {
                "instance/service-accounts/default/identity": IDENTITY_TOKEN,
                "instance/service-accounts/default/token": json.dumps({"access_token": "ya29.own"}),
                "project/project-id": PROJECT,
            }
            return answers[parts.path.removeprefix("/computeMetadata/v1/")]
        if self.host != "pg-b":
            raise RefusedByCloudError(404, "no")
        answers = {
            "/latest/api/token": "imds",
            "/latest/meta-data/iam/security-credentials/": "pg-b",
            "/latest/meta-data/iam/security-credentials/pg-b": json.dumps(KEYS),
        }
        return answers[parts.path]

    def _assume(self, form: Mapping[str, list[str]]) -> str:
        if form["WebIdentityToken"] != [IDENTITY_TOKEN]:
            raise RefusedByCloudError(400, "<ErrorResponse><Code>InvalidIdentityToken</Code></ErrorResponse>")
        names = {"AccessKeyId": "AccessKeyId", "SecretAccessKey": "SecretAccessKey", "SessionToken": "Token"}
        return "<Credentials>" + "".join(f"<{name}>{KEYS[key]}</{name}>" for name, key in names.items())

    def _federate(self, form: Mapping[str, str]) -> str:
        request: dict[str, Any] = json.loads(urllib.parse.unquote(form["subjectToken"]))
        headers = {entry["key"]: entry["value"] for entry in request["headers"]}
        if headers["x-goog-cloud-target-resource"] != form["audience"]:
            raise RefusedByCloudError(400, json.dumps({"error": "invalid_grant", "error_description": "wrong target"}))
        self.tokens += 1
        return json.dumps({"access_token": f"{ACCESS_TOKEN}{self.tokens}", "expires_in": 3600})

    def _google_secret(self, path: str, headers: Mapping[str, str]) -> str:
        assert headers["authorization"] == "Bearer ya29.own"
        name = path.removeprefix(f"/v1/projects/{PROJECT}/secrets/").removesuffix("/versions/latest:access")
        if name not in self.secrets:
            raise RefusedByCloudError(
                404, json.dumps({"error": {"code": 404, "message": "not found or has no versions"}})
            )
        return json.dumps({"payload": {"data": base64.b64encode(self.secrets[name].encode()).decode()}})

    def _amazon_secret(self, content: Mapping[str, str]) -> str:
        if content["SecretId"] not in self.secrets:
            raise RefusedByCloudError(
                400, json.dumps({"__type": "ResourceNotFoundException", "Message": "can't find AWSCURRENT"})
            )
        return json.dumps({"SecretString": self.secrets[content["SecretId"]]})

    def _ssm(self, headers: Mapping[str, str], content: Mapping[str, Any]) -> str:
        action = headers["x-amz-target"].removeprefix("AmazonSSM.")
        if action == "PutParameter":
            self.parameters[content["Name"]] = content["Value"]
            self.writes.append(content["Name"])
            return json.dumps({"Version": 2})
        names = sorted(name for name in self.parameters if name.startswith(f"{content['Path']}/"))
        first = int(content.get("NextToken", 0))
        page = [{"Name": name, "Value": self.parameters[name]} for name in names[first : first + 3]]
        more = {"NextToken": str(first + 3)} if first + 3 < len(names) else {}
        return json.dumps({"Parameters": page, **more})
