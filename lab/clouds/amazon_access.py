"""Who asks AWS, and what is asked: IAM and STS for the stand-ins. `reach` says whether it is let through.

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

from lab.clouds.amazon_requests import LACKS, Call, circumstances, s3_calls
from lab.clouds.metadata import checked_claims
from lab.clouds.rights import Rights
from lab.errors import LabError
from lab.network.web import Reply, Request
from reach.aws.targets import named_bucket
from reach.model import NOTHING, Facts, Kind, Principal, Target
from reach.model import Request as Asked

GOOGLE = "accounts.google.com"
SESSION_SECONDS = 3600


@dataclass(frozen=True)
class Caller:
    """Keys of a role."""

    role: str
    """Its name."""
    token: str
    ends: float
    """Seconds since the epoch."""
    session: str = "lab"
    """What whoever took the role calls himself."""


def refusal(code: str, message: str, status: int = 403) -> Reply:
    """As the services that speak XML."""
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Reply(status, text.encode(), {"Content-Type": "application/xml"})


@dataclass
class Access:
    """Roles of a capture, and the keys that they have now."""

    rights: Rights
    sources: Mapping[str, str] = field(default_factory=dict[str, str])
    """By the address of a machine the one that AWS surely sees. One that may come by an endpoint has none."""
    callers: dict[str, Caller] = field(default_factory=dict[str, Caller])
    """By access key."""

    @cached_property
    def region(self) -> str:
        """The one that the program's provider works in."""
        return self._provider("region")

    @cached_property
    def account(self) -> str:
        """The one that the program's provider lets through."""
        return str(json.loads(self._provider("allowedAccountIds"))[0])

    def _provider(self, key: str) -> str:
        for entry in self.rights.reach.capture.of_type("pulumi:providers:aws"):
            if entry.inputs.get(key):
                return str(entry.inputs[key])
        raise LabError(f"no provider of AWS says its {key}. HINT: estate/providers.py")

    def admit(self, role: str, key: str, token: str, ends: float, session: str = "lab") -> None:
        """Takes keys for the role's from now on."""
        self.callers[key] = Caller(role, token, ends, session)

    def caller(self, request: Request, service: str) -> Caller | None:
        """Who signed the request for this service; None for nobody whom we know."""
        scope = rf"AWS4-HMAC-SHA256 Credential=(\w+)/\d{{8}}/{self.region}/{service}/aws4_request, ?SignedHeaders="
        signed = re.match(scope, request.headers.get("authorization", ""))
        caller = self.callers.get(signed[1]) if signed else None
        if caller is None or request.headers.get("x-amz-security-token") != caller.token:
            return None
        return caller if caller.ends > time.time() else None

    def may(self, request: Request, service: str, action: str, target: Target, facts: Facts = NOTHING) -> bool:
        """Whether whoever signed a request for a service may do something."""
        return self._let(request, service, (Call(action, target, facts),))

    def may_use_bucket(self, request: Request, bucket: str) -> bool:
        """Whether whoever signed a request to a bucket may do all that it does."""
        target = self.rights.reach.target(f"arn:aws:s3:::{bucket}") or named_bucket(bucket, self.account)
        calls = s3_calls(request.method, request.path, target, request.headers)
        if not calls:
            self.rights.refuse(f"{request.method} {bucket}{request.path}", "the lab knows no such request to S3")
        return bool(calls) and self._let(request, "s3", calls)

    def role_arn(self, name: str) -> str:
        """The ARN of a role; of one that is not there as well."""
        return f"arn:aws:iam::{self.account}:role/{name}"

    def session_arn(self, caller: Caller) -> str:
        """What GetCallerIdentity says of somebody."""
        return f"arn:aws:sts::{self.account}:assumed-role/{caller.role}/{caller.session}"

    def _let(self, request: Request, service: str, calls: tuple[Call, ...]) -> bool:
        caller = self.caller(request, service)
        asking = (self.rights.reach.principal(self.role_arn(caller.role)),) if caller else ()
        return all(self._decided(request, asking, call) for call in calls)

    def _decided(self, request: Request, asking: tuple[Principal, ...], call: Call) -> bool:
        known = circumstances(request, self.region, self.sources.get(request.client, ""))
        return self.rights.let(Asked(asking, call.action, call.target, {**known, **call.facts}, LACKS))

    def token_service(self, request: Request) -> Reply:
        """STS: a role for an identity token of Google, as the role's trust policy says."""
        text = request.body.decode() if request.method == "POST" and request.body else request.path.partition("?")[2]
        form = dict(urllib.parse.parse_qsl(text))
        if form.get("Action") != "AssumeRoleWithWebIdentity":
            return refusal("InvalidAction", f"the lab's STS has no {form.get('Action')}", 400)
        claims = checked_claims(form.get("WebIdentityToken", ""))
        if not claims:
            return refusal("InvalidIdentityToken", "the token is not Google's, or has ended", 400)
        session = form.get("RoleSessionName", "")
        if not session:
            return refusal("ValidationError", "RoleSessionName is missing", 400)
        arn = form.get("RoleArn", "")
        facts: Facts = {
            f"{GOOGLE}:sub": (claims["sub"],),
            # What AWS calls the audience is who asked Google for the token, where Google says that it is another.
            f"{GOOGLE}:aud": (claims["azp"],),
            f"{GOOGLE}:oaud": (claims["aud"],),
            "sts:rolesessionname": (session,),
        }
        role = self.rights.reach.target(arn) or Target(arn, "aws", arn, account=self.account)
        shown = Principal(Kind.FEDERATED, f"{GOOGLE} of {claims['sub']} for {claims['aud']}", GOOGLE)
        if not self._decided(request, (shown,), Call("sts:AssumeRoleWithWebIdentity", role, facts)):
            return refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        return self._session(arn.rpartition("/")[2], session)

    def _session(self, role: str, session: str) -> Reply:
        ends = time.time() + SESSION_SECONDS
        key, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(48)
        self.admit(role, key, token, ends, session)
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
