"""Who asks Google, and what is asked: token exchange, Secret Manager and permissions. `reach` says whether it may."""

import base64
import json
import re
import secrets
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.clouds.amazon_access import Access
from lab.clouds.rights import Rights
from lab.network.web import Reply, Request
from reach.gcp.conditions import LIST_PREFIX
from reach.gcp.targets import named_bucket, objects, project_target
from reach.model import NOTHING, Facts, Principal, Target
from reach.model import Request as Asked

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
AWS_SUBJECT = "urn:ietf:params:aws:token-type:aws4_request"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 -- the name of a kind
TOKEN_SECONDS = 3600
LIST = "storage.objects.list"


@dataclass
class GoogleAccess:
    """Principals of a capture, and the tokens that they have now."""

    rights: Rights
    amazon: Access
    """Google asks AWS who signed a request."""
    secrets: Mapping[str, str]
    """By name, what an operator put into them."""
    tokens: dict[str, tuple[tuple[Principal, ...], float]] = field(
        default_factory=dict[str, tuple[tuple[Principal, ...], float]]
    )
    """Whoever a token stands for, and its end in seconds since the epoch."""
    boundaries: dict[str, str] = field(default_factory=dict[str, str])
    """By token the one bucket that it holds for, of tokens with a boundary."""

    def admit(self, token: str, principals: tuple[Principal, ...], ends: float) -> None:
        """Takes a token for the principals' from now on."""
        self.tokens[token] = (principals, ends)

    def admit_account(self, token: str, email: str, ends: float) -> None:
        """Takes a token for that of a service account."""
        self.admit(token, (self.rights.reach.principal(f"serviceAccount:{email}"),), ends)

    def principals(self, authorization: str, bucket: str = "") -> tuple[Principal, ...] | None:
        """Whoever a header stands for, one of a pool for several members; None for nobody whom we know.

        A token with a boundary is nobody's outside of its bucket.
        """
        token = authorization.removeprefix("Bearer ")
        principals, ends = self.tokens.get(token, ((), 0.0))
        return principals if ends > time.time() and self.boundaries.get(token, bucket) == bucket else None

    def may(
        self, authorization: str, permission: str, target: Target, facts: Facts = NOTHING, *, bucket: str = ""
    ) -> bool:
        """Whether a grant lets whoever asks do something, by what is known of the call; `bucket` is where it lies."""
        return self.rights.let(Asked(self.principals(authorization, bucket) or (), permission, target, facts))

    def may_use(self, authorization: str, permission: str, bucket: str, name: str) -> bool:
        """The same for an object, or for a list of the objects whose names begin so."""
        lying = f"projects/_/buckets/{bucket}"
        target = self.rights.reach.target(lying) or named_bucket(bucket)
        if permission == LIST:
            return self.may(authorization, permission, target, {LIST_PREFIX: (name,)}, bucket=bucket)
        return self.may(authorization, permission, objects(target, name), bucket=bucket)

    def may_write_metrics(self, authorization: str, project: str) -> bool:
        """Whether whoever asks may write time series of a project."""
        return self.may(authorization, "monitoring.timeSeries.create", project_target(project))

    def secret_manager(self, request: Request) -> Reply:
        """The newest version of a secret, for those who may read it."""
        match = re.fullmatch(r"/v1/projects/([^/]+)/secrets/([^/]+)/versions/latest:access", request.path)
        authorization = request.headers.get("authorization", "")
        if match is None or self.principals(authorization) is None:
            return _refusal(401 if match else 404, "UNAUTHENTICATED" if match else "NOT_FOUND")
        secret = f"projects/{match[1]}/secrets/{match[2]}"
        target = self.rights.reach.target(secret) or Target(secret, "gcp", secret)
        if not self.may(authorization, "secretmanager.versions.access", target) or match[2] not in self.secrets:
            return _refusal(403, "PERMISSION_DENIED")
        data = base64.b64encode(self.secrets[match[2]].encode()).decode()
        return _json({"name": f"{secret}/versions/1", "payload": {"data": data}})

    def token_service(self, request: Request) -> Reply:
        """Workload identity federation with AWS: a token for the role that signed a GetCallerIdentity.

        And a token of fewer rights for whoever has one.
        """
        form = _form(request)
        if form.get("subject_token_type") == ACCESS_TOKEN:
            return self._downscoped(form)
        wanted = {"grant_type": EXCHANGE, "subject_token_type": AWS_SUBJECT}
        if request.path != "/v1/token" or any(form.get(key) != value for key, value in wanted.items()):
            return _refusal(400, "invalid_request")
        audience = form.get("audience", "")
        provider = audience.removeprefix("//iam.googleapis.com/")
        session = self._proven(form.get("subject_token", ""), audience)
        if not session:
            self.rights.refuse(f"a token of {provider}", "nobody whom AWS knows has signed the request")
            return _refusal(403, "unauthorized_client: the given credential is not verified by AWS")
        made = self.rights.reach.exchange(provider, {"arn": session, "account": self.amazon.account})
        if not self.rights.take(f"{session} for {provider}", made.truth):
            return _refusal(403, "unauthorized_client: the given credential is rejected by the attribute condition")
        for doubt in made.doubts:
            self.rights.refuse(f"{session} as {provider.rpartition('/providers/')[0]}", f"it is not taken for {doubt}")
        token = f"ya29.d.{secrets.token_urlsafe(48)}"
        self.admit(token, made.members, time.time() + TOKEN_SECONDS)
        kind = "urn:ietf:params:oauth:token-type:access_token"
        return _json({"access_token": token, "issued_token_type": kind, "token_type": "Bearer", "expires_in": 3600})

    def _downscoped(self, form: Mapping[str, str]) -> Reply:
        """A token with a Credential Access Boundary of one bucket, which is all that machines ask for."""
        principals, ends = self.tokens.get(form.get("subject_token", ""), ((), 0.0))
        options = json.loads(form.get("options", "{}"))
        rules = options.get("accessBoundary", {}).get("accessBoundaryRules", ())
        names = [str(rule["availableResource"]) for rule in rules if rule["availablePermissions"]]
        bucket = names[0].removeprefix("//storage.googleapis.com/projects/_/buckets/") if len(names) == 1 else ""
        if form.get("grant_type") != EXCHANGE or not bucket or "/" in bucket or ends < time.time():
            self.rights.refuse(f"a token with the boundary {names}", "it is not of one bucket, or of no token")
            return _refusal(400, "invalid_request")
        token = f"ya29.c.{secrets.token_urlsafe(48)}"
        self.admit(token, principals, ends)
        self.boundaries[token] = bucket
        return _json({"access_token": token, "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer"})

    def _proven(self, subject: str, audience: str) -> str:
        """ARN of the session that signed the request in a subject token, as AWS would say; empty for none."""
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
        asked = Request("", "POST", url.netloc, url.path, headers, body=b"")
        caller = self.amazon.caller(asked, "sts") if right else None
        return self.amazon.session_arn(caller) if caller else ""


def _form(request: Request) -> dict[str, str]:
    """The fields of the request, by their names in a form; JSON writes them with capitals."""
    if request.headers.get("content-type", "").startswith("application/json"):
        content: dict[str, str] = json.loads(request.body)
        return {re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", key): value for key, value in content.items()}
    return dict(urllib.parse.parse_qsl(request.body.decode()))


def _json(content: Mapping[str, Any]) -> Reply:
    return Reply(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})


def _refusal(status: int, message: str) -> Reply:
    text = json.dumps({"error": {"code": status, "message": message, "status": message}})
    return Reply(status, text.encode(), {"Content-Type": "application/json"})
