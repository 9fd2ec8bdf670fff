"""Cloud Storage with object versioning, as far as machines ask its JSON API: lists, reads, uploads, copies, removals.

pgBackRest, Google's own Python library (which Pulp uses) and `packagectl` ask it.
"""

import base64
import hashlib
import itertools
import json
import re
import secrets
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from lab.clouds.crc32c import crc32c
from lab.network.web import Reply, Request

PAGE = 1000

ADDRESS = re.compile(r"(/upload|/download)?/storage/v1/b/([^/]+)/o(?:/([^/]+))?(?:/rewriteTo/b/([^/]+)/o/([^/]+))?")
"""Of a bucket's objects, of one object, or of a copy of one."""

ONLY_NEW = "ifGenerationMatch"
"""With 0, nothing is written over what has that name."""

MayUse = Callable[[str, str, str, str], bool]
"""Whether an authorization header has a permission for a bucket and a name, or for a list a prefix of names."""


@dataclass
class Version:
    """One content that a name has or had."""

    content: bytes
    generation: int
    made: str
    gone: str | None = None
    """When another one took its place, or it was removed."""
    described: Mapping[str, str] = field(default_factory=dict[str, str])
    """What its upload said of it: contentType, cacheControl, and a checksum that was proven."""


DESCRIPTIONS = ("contentType", "cacheControl", "crc32c")


@dataclass
class Upload:
    """A resumable upload that has begun."""

    bucket: str
    name: str
    described: Mapping[str, str]
    only_new: bool
    content: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Pace:
    """How a real store is slower than one in memory; all in seconds."""

    request: float = 0.0
    """Before each answer."""
    same_name: float = 0.0
    """For so long a second write to one name is refused (Cloud Storage, "Quotas & limits": once a second)."""


class GoogleStorage:
    """All buckets of the lab."""

    def __init__(self, may_use: MayUse, pace: Pace = Pace()) -> None:
        self._may_use = may_use
        self.pace = pace
        self._written: dict[tuple[str, str], float] = {}
        self._buckets: dict[str, dict[str, list[Version]]] = {}
        self._uploads: dict[str, Upload] = {}
        self._numbers = itertools.count(1)

    def read(self, bucket: str, name: str) -> bytes:
        """For tests: the content of an object."""
        version = self._live(bucket, name)
        if version is None:
            raise KeyError(name)
        return version.content

    def described(self, bucket: str, name: str) -> Mapping[str, str]:
        """For tests: what the upload of an object said of it."""
        version = self._live(bucket, name)
        if version is None:
            raise KeyError(name)
        return version.described

    def write(
        self, bucket: str, name: str, content: bytes, described: Mapping[str, str] = MappingProxyType({})
    ) -> Version:
        """For tests, too: one more version."""
        versions = self._buckets.setdefault(bucket, {}).setdefault(name, [])
        self.remove(bucket, name)
        kept = {key: str(value) for key, value in described.items() if key in DESCRIPTIONS}
        versions.append(Version(content, next(self._numbers), _now(), described=kept))
        return versions[-1]

    def remove(self, bucket: str, name: str) -> bool:
        """Makes the present version a past one, as in a bucket with versioning."""
        version = self._live(bucket, name)
        if version is not None:
            version.gone = _now()
        return version is not None

    def names(self, bucket: str) -> list[str]:
        """Names of present objects."""
        return sorted(name for name in self._buckets.get(bucket, {}) if self._live(bucket, name))

    def answer(self, request: Request) -> Reply:
        """One request of the JSON API."""
        time.sleep(self.pace.request)
        parts = urllib.parse.urlsplit(request.path)
        if parts.path == "/batch/storage/v1":
            return self._batch(request)
        query = dict(urllib.parse.parse_qsl(parts.query))
        match = ADDRESS.fullmatch(parts.path)
        if match is None:
            return _refusal(404, "no such address")
        upload, bucket, name = match[1] == "/upload", match[2], urllib.parse.unquote(match[3] or "")
        if upload and request.method == "PUT" and query.get("upload_id", "") in self._uploads:
            # Who knows the address of an upload that has begun needs no token to go on with it, and pgBackRest sends
            # none (Cloud Storage documentation, "Resumable uploads", session URIs).
            return self._upload(request, bucket, query)
        if "authorization" not in request.headers:
            return _refusal(401, "Anonymous caller does not have storage access")
        target = _name_of_upload(request, query) if upload else name or query.get("prefix", "")
        wanted = self._to_write(bucket, target, query) if upload else _to_use(request.method, listed=not name)
        if refusal := self._refused(request, wanted, bucket, target):
            return refusal
        if upload:
            return self._upload(request, bucket, query)
        if match[4]:
            return self._copy(request, bucket, name, (match[4], urllib.parse.unquote(match[5])), query)
        if not name:
            return self._list(bucket, query)
        return self._object(request, bucket, name, query)

    def _refused(self, request: Request, wanted: tuple[str, ...], bucket: str, name: str) -> Reply | None:
        """The refusal of a call for the first permission that whoever asks lacks."""
        for permission in wanted:
            if not self._may_use(request.headers["authorization"], permission, bucket, name):
                return _refusal(403, f"no {permission} on {bucket} {name}")
        return None

    def _to_write(self, bucket: str, name: str, query: Mapping[str, str]) -> tuple[str, ...]:
        """Permissions for an upload or a copy: overwriting is removing, too (Cloud Storage, "IAM permissions")."""
        writes_over = query.get(ONLY_NEW) != "0" and self._live(bucket, name) is not None
        return ("storage.objects.create", "storage.objects.delete") if writes_over else ("storage.objects.create",)

    def _batch(self, request: Request) -> Reply:
        """Several requests in one, each with an answer of its own; pgBackRest removes so."""
        boundary, answers = "lab-batch", ""
        for number, (method, path) in enumerate(re.findall(r"^(DELETE) (\S+) HTTP/1\.1", request.body.decode(), re.M)):
            reply = self.answer(replace(request, method=method, path=path, body=b""))
            head = f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: response-{number}\r\n\r\n"
            answers += f"{head}HTTP/1.1 {reply.status} Answered\r\nContent-Length: 0\r\n\r\n\r\n"
        kind = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
        return Reply(body=f"{answers}--{boundary}--\r\n".encode(), headers=kind)

    def _object(self, request: Request, bucket: str, name: str, query: Mapping[str, str]) -> Reply:
        version = self._version(bucket, name, query.get("generation"))
        if version is None:
            return _refusal(404, f"No such object: {bucket}/{name}")
        if request.method == "DELETE":
            self.remove(bucket, name)
            return Reply(204)
        if query.get("alt") != "media":
            return _json(_described(name, version))
        kind = {"Content-Type": version.described.get("contentType", "application/octet-stream")}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if asked is None:
            return Reply(body=version.content, headers=kind)
        last = min(int(asked[2] or len(version.content) - 1), len(version.content) - 1)
        if int(asked[1]) > last:
            return _refusal(416, "the requested range is past the end")
        span = {"Content-Range": f"bytes {asked[1]}-{last}/{len(version.content)}"}
        return Reply(206, version.content[int(asked[1]) : last + 1], {**kind, **span})

    def _copy(
        self, request: Request, bucket: str, name: str, target: tuple[str, str], query: Mapping[str, str]
    ) -> Reply:
        """A copy inside the store; whoever asks needs a right on both ends."""
        if refusal := self._refused(request, self._to_write(*target, query), *target):
            return refusal
        version = self._version(bucket, name, query.get("sourceGeneration"))
        if version is None:
            return _refusal(404, f"No such object: {bucket}/{name}")
        if refusal := self._too_soon(*target):
            return refusal
        if query.get(ONLY_NEW) == "0" and self._live(*target):
            return _refusal(412, "there is an object of that name")
        described = json.loads(request.body) if request.body else version.described
        copy = self.write(*target, version.content, described)
        size = str(len(version.content))
        return _json({"done": True, "objectSize": size, "resource": _described(target[1], copy)})

    def _list(self, bucket: str, query: Mapping[str, str]) -> Reply:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        past = query.get("versions") == "true"
        found: dict[str, list[Version]] = {}
        for name, versions in sorted(self._buckets.get(bucket, {}).items()):
            if not name.startswith(prefix):
                continue
            rest = name.removeprefix(prefix)
            shown = versions if past else [version for version in versions if version.gone is None]
            folder = prefix + rest.partition(delimiter)[0] + delimiter if delimiter and delimiter in rest else ""
            if shown:
                found[folder or name] = [] if folder else shown
        start = int(query.get("pageToken", 0))
        page = list(found.items())[start : start + int(query.get("maxResults", PAGE))]
        end = start + len(page)
        answer: dict[str, Any] = {
            "prefixes": [name for name, versions in page if not versions],
            "items": [_described(name, version) for name, versions in page for version in versions],
        }
        return _json({**answer, **({"nextPageToken": str(end)} if end < len(found) else {})})

    def _upload(self, request: Request, bucket: str, query: Mapping[str, str]) -> Reply:
        """At once (the content, or a description with it), or resumable: a POST, then PUTs with one part each."""
        only_new = query.get(ONLY_NEW) == "0"
        if query.get("uploadType") == "multipart":
            described, content = _two_parts(request)
            return self._taken(Upload(bucket, _name_of_upload(request, query), described, only_new, bytearray(content)))
        if query.get("uploadType") != "resumable":
            return self._taken(Upload(bucket, query["name"], {}, only_new, bytearray(request.body)))
        if request.method == "POST":
            number = secrets.token_urlsafe(32)
            described: dict[str, str] = json.loads(request.body or b"{}")
            self._uploads[number] = Upload(bucket, _name_of_upload(request, query), described, only_new)
            place = f"https://{request.host}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={number}"
            return Reply(headers={"X-GUploader-UploadID": number, "Location": place})
        upload = self._uploads.get(query.get("upload_id", ""))
        span = re.fullmatch(r"bytes (\d+)-(\d+)/(\*|\d+)", request.headers.get("content-range", ""))
        if upload is None or span is None or int(span[1]) != len(upload.content):
            return _refusal(400, "not the next part of an upload that has begun")
        upload.content += request.body
        if span[3] == "*" or len(upload.content) < int(span[3]):
            return Reply(308, headers={"Range": f"bytes=0-{len(upload.content) - 1}"})
        del self._uploads[query["upload_id"]]
        told = re.search(r"crc32c=([^,\s]+)", request.headers.get("x-goog-hash", ""))
        if told is not None:
            upload.described = {**upload.described, "crc32c": told[1]}
        return self._taken(upload)

    def _taken(self, upload: Upload) -> Reply:
        """An upload that is whole; one whose checksum was told has to have it."""
        content, told = bytes(upload.content), upload.described.get("crc32c")
        if told is not None and told != crc32c(content):
            return _refusal(400, "the bytes have another checksum than was told")
        if refusal := self._too_soon(upload.bucket, upload.name):
            return refusal
        if upload.only_new and self._live(upload.bucket, upload.name):
            return _refusal(412, "there is an object of that name")
        version = self.write(upload.bucket, upload.name, content, upload.described)
        return _json(_described(upload.name, version))

    def _too_soon(self, bucket: str, name: str) -> Reply | None:
        now, before = time.monotonic(), self._written.get((bucket, name))
        if before is not None and now - before < self.pace.same_name:
            return _refusal(429, f"rateLimitExceeded: {bucket}/{name} was written a moment ago")
        self._written[bucket, name] = now
        return None

    def _live(self, bucket: str, name: str) -> Version | None:
        versions = self._buckets.get(bucket, {}).get(name, [])
        return versions[-1] if versions and versions[-1].gone is None else None

    def _version(self, bucket: str, name: str, generation: str | None) -> Version | None:
        if generation is None:
            return self._live(bucket, name)
        versions = self._buckets.get(bucket, {}).get(name, [])
        return next((version for version in versions if str(version.generation) == generation), None)


def _to_use(method: str, *, listed: bool) -> tuple[str, ...]:
    """Permissions for every other call (Cloud Storage, "IAM permissions for JSON methods")."""
    if listed:
        return ("storage.objects.list",)
    return ("storage.objects.delete",) if method == "DELETE" else ("storage.objects.get",)


def _name_of_upload(request: Request, query: Mapping[str, str]) -> str:
    """The name of the object, from the address or from the description."""
    if "name" in query:
        return query["name"]
    described = _two_parts(request)[0] if query.get("uploadType") == "multipart" else json.loads(request.body)
    return str(described["name"])


def _two_parts(request: Request) -> tuple[dict[str, str], bytes]:
    """The description and the content of a multipart upload (RFC 2387)."""
    kind = request.headers.get("content-type", "")
    boundary = kind.partition("boundary=")[2].strip("\"' ").encode()
    _, first, second = request.body.split(b"--" + boundary, 2)
    content = second.partition(b"\r\n\r\n")[2].removesuffix(b"--" + boundary + b"--").removesuffix(b"\r\n")
    return json.loads(first.partition(b"\r\n\r\n")[2]), content


def _described(name: str, version: Version) -> dict[str, str]:
    return {
        **version.described,
        "name": name,
        "size": str(len(version.content)),
        "md5Hash": base64.b64encode(hashlib.md5(version.content, usedforsecurity=False).digest()).decode(),
        "generation": str(version.generation),
        "timeCreated": version.made,
        "updated": version.made,
        **({"timeDeleted": version.gone} if version.gone else {}),
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _json(content: Mapping[str, Any]) -> Reply:
    return Reply(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})


def _refusal(status: int, message: str) -> Reply:
    text = json.dumps({"error": {"code": status, "message": message}})
    return Reply(status, text.encode(), {"Content-Type": "application/json"})
