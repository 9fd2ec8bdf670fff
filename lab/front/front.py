"""Answers clients of a host out of the buckets behind it, and out of the cache between."""

import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from capture import Capture, Registration
from lab.clouds.google_storage import GoogleStorage
from lab.errors import LabError
from lab.front.cache import FORCED, Cache
from lab.front.url_map import SERVICE, Routed, route
from lab.network.web import Reply, Request
from reach.answers import Reach
from reach.gcp.targets import named_bucket, objects
from reach.model import Request as Asked
from reach.values import block, text

GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
AGENT = re.compile(r"serviceAccount:service-\d+@https-lb\.iam\.gserviceaccount\.com")
"""With which a load balancer reads private buckets (Google, "Configure private bucket access")."""

READ = ("GET", "HEAD")
"""What a backend bucket answers (Google, "Backend buckets")."""

PARTIAL, WHOLE, NOT_ALLOWED, UNAVAILABLE = 206, 200, 405, 503

Machine = Callable[[Request], Reply]
"""What stands behind a backend service."""


@dataclass
class Front:
    """One URL map, with everything behind it."""

    capture: Capture
    map_name: str
    """Logical name of the URL map."""
    storage: GoogleStorage
    reach: Reach
    """Says whether the load balancer's agent may get an object."""
    machines: Mapping[str, Machine] = field(default_factory=dict[str, Machine])
    """By logical name of its backend service; one that is not there answers as a service without backends."""
    cache: Cache = field(default_factory=Cache)

    def answer(self, request: Request) -> Reply:
        """One request of a client. Raises LabError for what is registered and not followed here."""
        path = urllib.parse.urlsplit(request.path).path
        routed = route(self.capture, self.map_name, request.host.partition(":")[0], path)
        if status := routed.abort or routed.denied:
            return Reply(status, f"{status}\n".encode())
        reply = self._behind(routed, request, path)
        if routed.cache_control is None:
            return reply
        return replace(reply, headers={**reply.headers, "Cache-Control": routed.cache_control})

    def _behind(self, routed: Routed, request: Request, path: str) -> Reply:
        if routed.backend.type == SERVICE:
            machine = self.machines.get(routed.backend.name)
            return Reply(UNAVAILABLE, b"no healthy upstream") if machine is None else machine(request)
        if request.method not in READ:
            return Reply(NOT_ALLOWED)

        def fill() -> Reply:
            return self._object(routed.backend, urllib.parse.unquote(routed.path).removeprefix("/"))

        if not routed.cached:
            return _part(fill(), request)
        mode = block(routed.backend.inputs.get("cdnPolicy")).get("cacheMode")
        if mode != FORCED:
            raise LabError(f"cache mode {mode!r} of {routed.backend.name} is not followed. HINT: lab/front/cache.py")
        return _part(self.cache.answer(routed.backend, path, fill), request)

    def _object(self, backend: Registration, name: str) -> Reply:
        """An object as the load balancer's own agent may get it: what is not there is refused to who may not list."""
        bucket = text(backend.inputs.get("bucketName"))
        if not self._agent_may("storage.objects.get", bucket, name):
            return Reply(403, b"the load balancer may not read this bucket\n")
        try:
            content, described = self.storage.read(bucket, name), self.storage.described(bucket, name)
        except KeyError:
            status = 404 if self._agent_may("storage.objects.list", bucket, name) else 403
            return Reply(status, b"no such object, or no right to know\n")
        headers = {
            "Content-Type": described.get("contentType", "application/octet-stream"),
            "Cache-Control": described.get("cacheControl", "private, max-age=0"),
            "Accept-Ranges": "bytes",
        }
        return Reply(WHOLE, content, headers)

    def _agent_may(self, permission: str, bucket: str, name: str) -> bool:
        target = objects(self.reach.target(f"projects/_/buckets/{bucket}") or named_bucket(bucket), name)
        asked = (Asked((self.reach.principal(agent),), permission, target) for agent in self._agents)
        return any(self.reach.decide(each).is_sure for each in asked)

    @cached_property
    def _agents(self) -> tuple[str, ...]:
        members = {text(grant.inputs.get("member")) for grant in self.capture.of_type(GRANT)}
        return tuple(sorted(member for member in members if AGENT.fullmatch(member)))


def _part(reply: Reply, request: Request) -> Reply:
    """The bytes that a client asked for; all of them where it asked for none in particular."""
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
    if asked is None or reply.status != WHOLE:
        return reply
    size = len(reply.body)
    first, last = int(asked[1]), min(int(asked[2] or size - 1), size - 1)
    if first > last:
        return Reply(416, headers={"Content-Range": f"bytes */{size}"})
    span = {"Content-Range": f"bytes {first}-{last}/{size}"}
    return replace(reply, status=PARTIAL, body=reply.body[first : last + 1], headers={**reply.headers, **span})
