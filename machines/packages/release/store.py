"""Objects of Cloud Storage (JSON API), with the identity of whoever runs this."""

import hashlib
import json
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from host.cloud import RefusalError, ask, record
from host.errors import HostError
from host.identity import google_headers

API = "https://storage.googleapis.com"
STORE = "Cloud Storage"
PART = 32 << 20
"""Bytes that are read at once: packages are larger than the memory that they may have."""

NEVER_CACHED = "no-store"
IMMUTABLE = "public, max-age=31536000, immutable"
"""A year: what has such a name never changes."""

Asker = Callable[[str, str, Mapping[str, str], bytes | None], bytes]
"""Method, address, headers and body of a request; what was answered. Raises RefusalError, HostError."""

PRECONDITION_FAILED, NOT_FOUND = 412, 404

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which the same request may succeed (Cloud Storage, "Retry strategy"). 429 also comes where one name is
written twice within a second, as the indexes of now are when two releases follow each other."""

WAITS = (1, 2, 4, 8, 16)
"""Seconds before each further try."""


def as_this_machine(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """A request with the machine's own token."""
    return ask(STORE, url, {**google_headers(), **headers}, method, body)


@dataclass(frozen=True)
class Bucket:
    """A bucket."""

    name: str
    asker: Asker = as_this_machine
    wait: Callable[[float], None] = time.sleep

    def names(self, prefix: str) -> list[str]:
        """Names of objects that begin so."""
        found: list[str] = []
        query = {"prefix": prefix, "fields": "items(name),nextPageToken"}
        while True:
            page = record(self._ask("GET", f"{self._objects}?{urllib.parse.urlencode(query)}", {}, None), STORE)
            found += [str(item["name"]) for item in page.get("items", ())]
            if not page.get("nextPageToken"):
                return sorted(found)
            query["pageToken"] = str(page["nextPageToken"])

    def read(self, name: str) -> bytes | None:
        """The content; None where there is no such object."""
        return self._unless(NOT_FOUND, "GET", f"{self._object(name)}?alt=media")

    def size(self, name: str) -> int | None:
        """Bytes; None where there is no such object."""
        answer = self._unless(NOT_FOUND, "GET", self._object(name))
        return None if answer is None else int(record(answer, STORE)["size"])

    def sha256(self, name: str) -> str | None:
        """Digest of what lies there, read part by part; None where there is no such object."""
        size, digest = self.size(name), hashlib.sha256()
        if size is None:
            return None
        for start in range(0, size, PART):
            span = {"Range": f"bytes={start}-{min(start + PART, size) - 1}"}
            digest.update(self._ask("GET", f"{self._object(name)}?alt=media", span, None))
        return digest.hexdigest()

    def write(self, name: str, content: bytes, cache: str, *, only_new: bool = False) -> bool:
        """Writes an object; whether it did: with `only_new`, what has the name stays as it is."""
        described = json.dumps({"name": name, "cacheControl": cache, "contentType": _kind(name)}).encode()
        head = b"--part\r\nContent-Type: application/json\r\n\r\n" + described
        body = head + b"\r\n--part\r\nContent-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--part--"
        query = {"uploadType": "multipart", **({"ifGenerationMatch": "0"} if only_new else {})}
        address = f"{API}/upload/storage/v1/b/{self.name}/o?{urllib.parse.urlencode(query)}"
        kind = "multipart/related; boundary=part"
        return self._unless(PRECONDITION_FAILED, "POST", address, kind, body) is not None

    def copy_object(self, source: str, name: str, target: "Bucket", cache: str) -> bool:
        """Copies an object inside the store; whether it did: what has the name there stays as it is."""
        place = f"{self._object(source)}/rewriteTo/b/{target.name}/o/{urllib.parse.quote(name, safe='')}"
        body = json.dumps({"cacheControl": cache, "contentType": _kind(name)}).encode()
        token = ""
        while True:
            # A large object is copied in several calls, each of which goes on where the last one ended.
            query = urllib.parse.urlencode({"ifGenerationMatch": "0", **({"rewriteToken": token} if token else {})})
            answer = self._unless(PRECONDITION_FAILED, "POST", f"{place}?{query}", "application/json", body)
            if answer is None:
                return False
            said = record(answer, STORE)
            if said.get("done"):
                return True
            token = str(said["rewriteToken"])

    def _unless(self, status: int, method: str, url: str, kind: str = "", body: bytes | None = None) -> bytes | None:
        """What was answered; None where the store answered with this status. `kind` is that of the body."""
        try:
            return self._ask(method, url, {"Content-Type": kind} if kind else {}, body)
        except RefusalError as error:
            if error.status == status:
                return None
            raise

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        """One request, made again while what stands against it may pass: every request here may be made twice."""
        for seconds in WAITS:
            try:
                return self.asker(method, url, headers, body)
            except RefusalError as error:
                if error.status not in PASSING:
                    raise
            self.wait(seconds)
        return self.asker(method, url, headers, body)

    @property
    def _objects(self) -> str:
        return f"{API}/storage/v1/b/{self.name}/o"

    def _object(self, name: str) -> str:
        return f"{self._objects}/{urllib.parse.quote(name, safe='')}"


def _kind(name: str) -> str:
    ends: Mapping[str, Any] = {".gz": "application/gzip", ".deb": "application/vnd.debian.binary-package"}
    return next((str(kind) for end, kind in ends.items() if name.endswith(end)), "text/plain; charset=utf-8")


def artifact(sha256: str) -> str:
    """Where Pulp keeps a file by its digest (pulpcore, models/storage.py)."""
    if len(sha256) != hashlib.sha256().digest_size * 2 or not set(sha256) <= set("0123456789abcdef"):
        raise HostError(f"{sha256!r} is no SHA-256")
    return f"artifact/{sha256[:2]}/{sha256[2:]}"
