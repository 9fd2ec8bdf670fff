"""Who asks Google, and whether the registered grants let it: token exchange and Secret Manager for the stand-ins."""

import base64
import json
import re
import secrets
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from capture import Capture
from lab.clouds.amazon_access import Access
from lab.network.web import Reply, Request

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
AWS_SUBJECT = "urn:ietf:params:aws:token-type:aws4_request"
TOKEN_SECONDS = 3600


@dataclass
class GoogleAccess:
    """Principals of a capture, and the tokens that they have now."""

    capture: Capture
    amazon: Access
    """Google asks AWS who signed a request."""
    secrets: Mapping[str, str]
    """By name, what an operator put into them."""
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    """Principal, and end in seconds since the epoch."""
    refused: list[str] = field(default_factory=list[str])
    """What was asked for with no right to it."""

    def admit(self, token: str, member: str, ends: float) -> None:
        """Takes a token for the principal's from now on."""
        self.tokens[token] = (member, ends)

    def member(self, authorization: str) -> str | None:
        """The principal of a header; None for nobody whom we know."""
        member, ends = self.tokens.get(authorization.removeprefix("Bearer "), ("", 0.0))
        return member if ends > time.time() else None

    def may_use(self, authorization: str, bucket: str, name: str) -> bool:
        """Whether a grant on the bucket holds for an object, or for a list of a prefix."""
        member = self.member(authorization)
        granted = member is not None and any(
            _holds(str(grant.inputs.get("condition", "")), bucket, name)
            for grant in self.capture.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")
            if grant.inputs["member"] == member and grant.inputs["bucket"] == bucket
        )
        if not granted:
            self.refused.append(f"{member}: {bucket} {name}")
        return granted

    def has_role(self, authorization: str, project: str, role: str) -> bool:
        """Whether the principal has a role in a project, without a condition."""
        member = self.member(authorization)
        granted = member is not None and any(
            (grant.inputs["member"], grant.inputs["project"], grant.inputs["role"]) == (member, project, role)
            and not grant.inputs.get("condition")
            for grant in self.capture.of_type("gcp:projects/iAMMember:IAMMember")
        )
        if not granted:
            self.refused.append(f"{member}: {role} in {project}")
        return granted

    def secret_manager(self, request: Request) -> Reply:
        """The newest version of a secret, for those who may read it."""
        match = re.fullmatch(r"/v1/projects/([^/]+)/secrets/([^/]+)/versions/latest:access", request.path)
        member = self.member(request.headers.get("authorization", ""))
        if match is None or member is None:
            return _refusal(401 if match else 404, "UNAUTHENTICATED" if match else "NOT_FOUND")
        granted = any(
            str(grant.inputs["secretId"]).split("/")[1] == match[1]
            and str(grant.inputs["secretId"]).rpartition("/")[2] == match[2]
            and grant.inputs["member"] == member
            for grant in self.capture.of_type("gcp:secretmanager/secretIamMember:SecretIamMember")
        )
        if not granted or match[2] not in self.secrets:
            self.refused.append(f"{member}: {request.path}")
            return _refusal(403, "PERMISSION_DENIED")
        data = base64.b64encode(self.secrets[match[2]].encode()).decode()
        name = f"projects/{match[1]}/secrets/{match[2]}/versions/1"
        return _json({"name": name, "payload": {"data": data}})

    def token_service(self, request: Request) -> Reply:
        """Workload identity federation with AWS: a token for the role that signed a GetCallerIdentity."""
        form = _form(request)
        wanted = {"grant_type": EXCHANGE, "subject_token_type": AWS_SUBJECT}
        if request.path != "/v1/token" or any(form.get(key) != value for key, value in wanted.items()):
            return _refusal(400, "invalid_request")
        audience = form.get("audience", "")
        pool, _, provider = audience.removeprefix("//iam.googleapis.com/").rpartition("/providers/")
        role = self._proven_role(form.get("subject_token", ""), audience)
        conditions = [
            str(entry.inputs["attributeCondition"])
            for entry in self.capture.of_type("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider")
            if pool.endswith(f"/workloadIdentityPools/{entry.inputs['workloadIdentityPoolId']}")
            and entry.inputs["workloadIdentityPoolProviderId"] == provider
        ]
        if not role or not any(f":assumed-role/{role}/" in condition for condition in conditions):
            self.refused.append(f"token for {role} of {audience}")
            return _refusal(403, "unauthorized_client: the given credential is rejected by the attribute condition")
        token = f"ya29.d.{secrets.token_urlsafe(48)}"
        member = f"principalSet://iam.googleapis.com/{pool}/attribute.aws_role/{role}"
        self.admit(token, member, time.time() + TOKEN_SECONDS)
        kind = "urn:ietf:params:oauth:token-type:access_token"
        return _json({"access_token": token, "issued_token_type": kind, "token_type": "Bearer", "expires_in": 3600})

    def _proven_role(self, subject: str, audience: str) -> str:
        """The role that signed the request in a subject token, as AWS would say; empty for none."""
        try:
            signed: dict[str, Any] = json.loads(urllib.parse.unquote(subject))
            headers = {str(header["key"]).lower(): str(header["value"]) for header in signed["headers"]}
            url = urllib.parse.urlsplit(str(signed["url"]))
        except (ValueError, KeyError, TypeError):
            return ""
        right = bool(
            signed.get("method") == "POST"
            and dict(urllib.parse.parse_qsl(url.query)).get("Action") == "GetCallerIdentity"
            and re.fullmatch(r"sts(\.[a-z0-9-]+)?\.amazonaws\.com", url.netloc)
            and headers.get("host") == url.netloc
            and headers.get("x-goog-cloud-target-resource") == audience
            and "x-goog-cloud-target-resource" in headers.get("authorization", "")
        )
        caller = (
            self.amazon.caller(Request("", "POST", url.netloc, url.path, headers, body=b""), "sts") if right else None
        )
        return caller.role if caller else ""


def _form(request: Request) -> dict[str, str]:
    """The fields of the request, by their names in a form; JSON writes them with capitals."""
    if request.headers.get("content-type", "").startswith("application/json"):
        content: dict[str, str] = json.loads(request.body)
        return {re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", key): value for key, value in content.items()}
    return dict(urllib.parse.parse_qsl(request.body.decode()))


def _holds(condition: str, bucket: str, name: str) -> bool:
    """Whether a condition on names lets one through, or a list of what begins with it; none lets all through."""
    if not condition:
        return True
    resource = f"projects/_/buckets/{bucket}/objects/"
    whole = re.findall(rf'resource\.name == "{re.escape(resource)}([^"]+)"', condition)
    begins = re.findall(rf'resource\.name\.startsWith\("{re.escape(resource)}([^"]+)"\)', condition)
    lists = re.findall(r'objectListPrefix", ""\)\.startsWith\("([^"]+)"\)', condition)
    return name in whole or any(name.startswith(prefix) for prefix in (*begins, *lists))


def _json(content: Mapping[str, Any]) -> Reply:
    return Reply(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})


def _refusal(status: int, message: str) -> Reply:
    text = json.dumps({"error": {"code": status, "message": message, "status": message}})
    return Reply(status, text.encode(), {"Content-Type": "application/json"})
