"""Stand-ins for what a machine sees of its cloud. They refuse what the real ones refuse."""

import base64
import hmac
import json
import re
import secrets
import threading
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from lab.alarms.sent_to_amazon import put_metric_data
from lab.alarms.sent_to_google import create_time_series
from lab.alarms.written import Series
from lab.network.web import Reply, Request
from settings.vocabulary import Cloud

PROJECT_NUMBER = "000000000000"
SESSION = "lab-session"

ACCOUNT = "instance/service-accounts/default"

_SIGNING_KEY = secrets.token_bytes(32)
"""Of identity tokens. A machine that knew it could write one for somebody else."""

NOT_FOUND = Reply(404, b"not found")


@dataclass
class Bucket:
    """Objects by address (gs://... or s3://...); what a test puts in place of one is what a machine reads."""

    objects: dict[str, bytes]
    away: bool = False
    """Answers nothing but 503."""
    cut: set[str] = field(default_factory=set[str])
    """Addresses whose answer ends in the middle."""
    wait: threading.Event | None = None
    """Holds answers back until it is set."""
    sent: list[dict[Series, float]] = field(default_factory=list[dict[Series, float]])
    """Metrics that machines sent, one entry for each time."""
    refused: list[str] = field(default_factory=list[str])
    """Requests that the real ones would refuse."""
    written: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When each object got the content that was read last; a test puts it back."""
    _told: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def read(self, address: str) -> Reply:
        """An object, or the trouble that a test has made."""
        if self.wait is not None:
            self.wait.wait(60)
        content = self.objects.get(address)
        if self.away:
            return Reply(503, b"unavailable")
        if content is None:
            return NOT_FOUND
        if address in self.cut:
            return Reply(body=content[: len(content) // 2], promised=len(content))
        return Reply(body=content, headers=self._upload(address, content))

    def _upload(self, address: str, content: bytes) -> dict[str, str]:
        """What both stores say of the time of an upload."""
        if self._told.get(address) != content:
            self._told[address], self.written[address] = content, datetime.now(UTC)
        moment = self.written[address]
        generation = str(int(moment.timestamp() * 1_000_000))
        return {"x-goog-generation": generation, "Last-Modified": format_datetime(moment, usegmt=True)}

    def keep(self, points: Iterable[tuple[Series, float]]) -> None:
        """Metrics that a machine sent."""
        self.sent.append(dict(points))


@dataclass(frozen=True)
class ServiceAccount:
    """Who a machine on GCE is."""

    email: str
    unique_id: str

    @property
    def project(self) -> str:
        """The project that it lives in."""
        return self.email.partition("@")[2].partition(".")[0]

    def identity_token(self, audience: str) -> str:
        """A JSON Web Token of Google's, but for the signature, which only the lab takes."""
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": audience,
            "azp": self.unique_id,
            "sub": self.unique_id,
            "email": self.email,
            "iat": now,
            "exp": now + 3600,
        }
        text = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        return f"{text}.{_signature(text)}"


def checked_claims(token: str) -> dict[str, Any]:
    """The claims of an identity token; none of one that is not ours or has ended."""
    text, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature, _signature(text)):
        return {}
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
    return claims if claims["exp"] > datetime.now(UTC).timestamp() else {}


def _part(content: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _signature(text: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(_SIGNING_KEY, text.encode(), "sha256")).decode().rstrip("=")


@dataclass(frozen=True)
class GoogleCloud:
    """The metadata service, Cloud Storage's JSON API and Cloud Monitoring."""

    attributes: Mapping[str, str]
    """Metadata of the instance, as registered."""
    name: str
    zone: str
    bucket: Bucket
    account: ServiceAccount
    token: str = field(default_factory=lambda: f"ya29.c.{secrets.token_urlsafe(32)}")
    """The machine's own; no other machine has it."""

    def metadata(self, request: Request) -> Reply:
        """Nothing without the header; no attribute that is not there."""
        if request.headers.get("metadata-flavor") != "Google":
            return Reply(403, b"Missing Metadata-Flavor:Google header.", {"Metadata-Flavor": "Google"})
        address = urllib.parse.urlsplit(request.path)
        path = address.path.removeprefix("/computeMetadata/v1/").rstrip("/")
        if path == f"{ACCOUNT}/identity":
            return self._identity(dict(urllib.parse.parse_qsl(address.query)))
        values = {
            "project/project-id": self.account.project,
            "project/numeric-project-id": PROJECT_NUMBER,
            "instance/id": "1234567890",
            "instance/zone": f"projects/{PROJECT_NUMBER}/zones/{self.zone}",
            "instance/hostname": f"{self.name}.c.example.internal",
            "instance/attributes": json.dumps(self.attributes),
            "project/attributes": "{}",
            f"{ACCOUNT}/email": self.account.email,
            f"{ACCOUNT}/token": json.dumps({"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"}),
            **{f"instance/attributes/{key}": value for key, value in self.attributes.items()},
        }
        if path not in values:
            return NOT_FOUND
        return Reply(body=values[path].encode(), headers={"Metadata-Flavor": "Google"})

    def _identity(self, query: Mapping[str, str]) -> Reply:
        """A token that says who this machine is to whom (Google Cloud, "Verify the identity of a VM")."""
        if not query.get("audience"):
            return Reply(400, b"non-empty audience parameter required")
        return Reply(
            body=self.account.identity_token(query["audience"]).encode(), headers={"Metadata-Flavor": "Google"}
        )

    def service(self, request: Request) -> Reply:
        """Objects and time series, for the machine's own token alone."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            self.bucket.refused.append(request.path)
            return Reply(401, b"no token")
        if request.host == "monitoring.googleapis.com":
            return self._time_series(request)
        match = re.fullmatch(r"/storage/v1/b/([^/]+)/o/([^/?]+)\?alt=media", request.path)
        if request.host != "storage.googleapis.com" or match is None:
            return NOT_FOUND
        return self.bucket.read(f"gs://{match[1]}/{urllib.parse.unquote(match[2])}")

    def _time_series(self, request: Request) -> Reply:
        self.bucket.keep(create_time_series(request.path, request.body))
        return Reply(body=b"{}")


@dataclass(frozen=True)
class AmazonCloud:
    """The metadata service (IMDSv2), S3 and CloudWatch."""

    user_data: bytes
    """As registered, without its base64: the service hands out what cloud-init unpacks."""
    tags: Mapping[str, str]
    """Tags of the instance, as registered."""
    zone: str
    bucket: Bucket
    agent: bytes
    """Package of the Systems Manager agent."""
    role: str
    """Name of its role, as registered."""
    key_id: str = field(default_factory=lambda: f"ASIA{secrets.token_hex(8).upper()}")
    """With the token, the machine's own; no other machine has them."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def region(self) -> str:
        """The region of the zone."""
        return self.zone[:-1]

    def metadata(self, request: Request) -> Reply:
        """A token for a PUT with its lifetime; nothing without the token, as with httpTokens: required."""
        if request.path == "/latest/api/token":
            lifetime = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
            if request.method != "PUT":
                return Reply(405)
            return Reply(body=SESSION.encode()) if lifetime.isdigit() and 0 < int(lifetime) <= 21600 else Reply(400)
        if request.headers.get("x-aws-ec2-metadata-token") != SESSION:
            return Reply(401, b"Unauthorized")
        _, version, path = request.path.split("/", 2)
        return self._tree(path, request.client) if re.fullmatch(r"latest|\d{4}-\d{2}-\d{2}", version) else NOT_FOUND

    def _tree(self, path: str, client: str) -> Reply:
        """A leaf, or the names below a folder, those of folders with a slash."""
        if path == "user-data":
            return Reply(body=self.user_data)
        leaves = {"user-data": "", **self._leaves(client)}
        if path in leaves:
            return Reply(body=leaves[path].encode())
        below = path.rstrip("/") + "/"
        names = {
            rest.split("/")[0] + ("/" if "/" in rest else "")
            for leaf in leaves
            if leaf.startswith(below) and (rest := leaf.removeprefix(below))
        }
        return Reply(body="\n".join(sorted(names)).encode()) if names else NOT_FOUND

    def _leaves(self, client: str) -> dict[str, str]:
        end = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {"Code": "Success", "Type": "AWS-HMAC", "Expiration": end}
        keys |= {"AccessKeyId": self.key_id, "SecretAccessKey": "lab", "Token": self.token}
        identity = {"instanceId": "i-00000000000000000", "region": self.region, "availabilityZone": self.zone}
        return {
            "dynamic/instance-identity/document": json.dumps(identity),
            "meta-data/instance-id": identity["instanceId"],
            "meta-data/local-hostname": f"ip-{client.replace('.', '-')}.ec2.internal",
            "meta-data/placement/availability-zone": self.zone,
            "meta-data/placement/region": self.region,
            "meta-data/network/interfaces/macs/0e:00:00:00:00:01/device-number": "0",
            f"meta-data/iam/security-credentials/{self.role}": json.dumps(keys),
            **{f"meta-data/tags/instance/{key}": value for key, value in self.tags.items()},
        }

    def service(self, request: Request) -> Reply:
        """Objects and metrics for signed requests; the agent's package for everybody."""
        if request.host == "s3.amazonaws.com" and request.path.startswith("/ec2-downloads-windows/SSMAgent/"):
            return Reply(body=self.agent)
        service = "monitoring" if request.host.startswith("monitoring.") else "s3"
        if not self._is_signed(request, service):
            self.bucket.refused.append(request.path)
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        if service == "monitoring":
            return self._metric_data(request)
        name, _, rest = request.host.partition(".s3.")
        if rest != f"{self.region}.amazonaws.com":
            return NOT_FOUND
        return self.bucket.read(f"s3://{name}{urllib.parse.unquote(request.path)}")

    def _is_signed(self, request: Request, service: str) -> bool:
        """Signature Version 4 of this role, region and service; its arithmetic is held by a test of fetch.py."""
        scope = rf"Credential={self.key_id}/\d{{8}}/{self.region}/{service}/aws4_request"
        pattern = rf"AWS4-HMAC-SHA256 {scope}, SignedHeaders=\S*host\S*, Signature=[0-9a-f]{{64}}"
        signed = re.fullmatch(pattern, request.headers.get("authorization", ""))
        return signed is not None and request.headers.get("x-amz-security-token") == self.token

    def _metric_data(self, request: Request) -> Reply:
        self.bucket.keep(put_metric_data(request.host, request.body))
        return Reply(body=b"<PutMetricDataResponse/>")


CloudStandIn = GoogleCloud | AmazonCloud


def kind_of(cloud: CloudStandIn) -> Cloud:
    """The cloud that it stands for."""
    return Cloud.GCP if isinstance(cloud, GoogleCloud) else Cloud.AWS
