"""Who asks AWS, and whether the registered policies let it: IAM and STS for the stand-ins.

Signatures are taken for good when key, session token, region and service are; their arithmetic has a test of its own.
"""

import json
import re
import secrets
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from xml.sax.saxutils import escape

from capture import Capture
from capture.registration import Value
from lab.clouds.aws_policy import TLS, allows, statements
from lab.clouds.metadata import checked_claims
from lab.errors import LabError
from lab.network.web import Reply, Request

GOOGLE = "accounts.google.com"
SESSION_SECONDS = 3600


@dataclass(frozen=True)
class Caller:
    """Keys of a role."""

    role: str
    token: str
    ends: float
    """Seconds since the epoch."""


def refusal(code: str, message: str, status: int = 403) -> Reply:
    """As the services that speak XML."""
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Reply(status, text.encode(), {"Content-Type": "application/xml"})


def boundaries(capture: Capture, role: str) -> list[Value]:
    """The policy that bounds a role, by the role's name; none where it has no boundary."""
    arns = [
        str(entry.inputs["permissionsBoundary"])
        for entry in capture.of_type("aws:iam/role:Role")
        if entry.inputs.get("name") == role and entry.inputs.get("permissionsBoundary")
    ]
    known = {str(entry.inputs["name"]): entry.inputs["policy"] for entry in capture.of_type("aws:iam/policy:Policy")}
    return [known[arn.rpartition(":policy/")[2]] for arn in arns]


@dataclass
class Access:
    """Roles of a capture, and the keys that they have now."""

    capture: Capture
    callers: dict[str, Caller] = field(default_factory=dict[str, Caller])
    """By access key."""
    refused: list[str] = field(default_factory=list[str])
    """What was asked for with no right to it."""

    @cached_property
    def region(self) -> str:
        """The one that the program's provider works in."""
        return self._provider("region")

    @cached_property
    def account(self) -> str:
        """The one that the program's provider lets through."""
        return str(json.loads(self._provider("allowedAccountIds"))[0])

    def _provider(self, key: str) -> str:
        for entry in self.capture.of_type("pulumi:providers:aws"):
            if entry.inputs.get(key):
                return str(entry.inputs[key])
        raise LabError(f"no provider of AWS says its {key}. HINT: estate/providers.py")

    def admit(self, role: str, key: str, token: str, ends: float) -> None:
        """Takes keys for the role's from now on."""
        self.callers[key] = Caller(role, token, ends)

    def caller(self, request: Request, service: str) -> Caller | None:
        """Who signed the request for this service; None for nobody whom we know."""
        scope = rf"AWS4-HMAC-SHA256 Credential=(\w+)/\d{{8}}/{self.region}/{service}/aws4_request, ?SignedHeaders="
        signed = re.match(scope, request.headers.get("authorization", ""))
        caller = self.callers.get(signed[1]) if signed else None
        if caller is None or request.headers.get("x-amz-security-token") != caller.token:
            return None
        return caller if caller.ends > time.time() else None

    def may(self, caller: Caller, action: str, resource: str, conditions: Mapping[str, str] = TLS) -> bool:
        """What the role's policies say, and its boundary."""
        policies = [
            entry.inputs["policy"]
            for entry in self.capture.of_type("aws:iam/rolePolicy:RolePolicy")
            if entry.inputs["role"] == caller.role
        ]
        request = {"aws:RequestedRegion": self.region, **TLS, **conditions}
        granted = any(allows(policy, action, resource, request) for policy in policies) and all(
            allows(boundary, action, resource, request) for boundary in boundaries(self.capture, caller.role)
        )
        if not granted:
            self.refused.append(f"{caller.role}: {action} on {resource} {dict(conditions)}")
        return granted

    def token_service(self, request: Request) -> Reply:
        """STS: a role for an identity token of Google, as the role's trust policy says."""
        text = request.body.decode() if request.method == "POST" and request.body else request.path.partition("?")[2]
        form = dict(urllib.parse.parse_qsl(text))
        if form.get("Action") != "AssumeRoleWithWebIdentity":
            return refusal("InvalidAction", f"the lab's STS has no {form.get('Action')}", 400)
        claims = checked_claims(form.get("WebIdentityToken", ""))
        if not claims:
            return refusal("InvalidIdentityToken", "the token is not Google's, or has ended", 400)
        role = form.get("RoleArn", "").rpartition("/")[2]
        context = {f"{GOOGLE}:sub": claims["sub"], f"{GOOGLE}:aud": claims["azp"], f"{GOOGLE}:oaud": claims["aud"]}
        if not form.get("RoleSessionName") or not self._trusts(role, context):
            self.refused.append(f"AssumeRoleWithWebIdentity of {role} by {context}")
            return refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        return self._session(role)

    def _trusts(self, role: str, context: Mapping[str, str]) -> bool:
        return any(
            statement["Principal"] == {"Federated": GOOGLE}
            and all(context.get(key) == value for key, value in statement["Condition"]["StringEquals"].items())
            for entry in self.capture.of_type("aws:iam/role:Role")
            if entry.inputs.get("name") == role
            for statement in statements(entry.inputs["assumeRolePolicy"])
        )

    def _session(self, role: str) -> Reply:
        ends = time.time() + SESSION_SECONDS
        key, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(48)
        self.admit(role, key, token, ends)
        values = {
            "AccessKeyId": key,
            "SecretAccessKey": secrets.token_urlsafe(30),
            "SessionToken": token,
            "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends)),
        }
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
        result = (
            f"<AssumeRoleWithWebIdentityResult><Credentials>{inner}</Credentials></AssumeRoleWithWebIdentityResult>"
        )
        text = (
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"{result}</AssumeRoleWithWebIdentityResponse>"
        )
        return Reply(body=text.encode(), headers={"Content-Type": "text/xml"})


def s3_request(method: str, address: str, bucket: str) -> tuple[str, str, dict[str, str]]:
    """Action, resource and condition keys of a request to S3 (service authorization reference of Amazon S3)."""
    parts = urllib.parse.urlsplit(address)
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    arn, key = f"arn:aws:s3:::{bucket}", urllib.parse.unquote(parts.path).lstrip("/")
    version = "Version" if "versionId" in query else ""
    if key:
        action = {
            "GET": f"GetObject{version}",
            "HEAD": f"GetObject{version}",
            "PUT": "PutObjectRetention" if "retention" in query else "PutObject",
            "POST": "PutObject",
            "DELETE": "AbortMultipartUpload" if "uploadId" in query else f"DeleteObject{version}",
        }[method]
        return f"s3:{action}", f"{arn}/{key}", {}
    if method == "POST" and "delete" in query:
        # The keys are in the body; every writer here writes below one prefix.
        return "s3:DeleteObject", f"{arn}/pgbackrest/*", {}
    if method in ("GET", "HEAD"):
        conditions = {"s3:prefix": query["prefix"]} if "prefix" in query else {}
        return f"s3:ListBucket{'Versions' if 'versions' in query else ''}", arn, conditions
    return f"s3:{json.dumps([method, sorted(query)])}", arn, {}
