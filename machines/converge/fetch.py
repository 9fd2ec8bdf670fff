#!/usr/bin/python3
"""Fetches the machine's settings document and bundle, checks both, and runs converge from the bundle.

Standard library alone: this runs on a bare image. User data holds it, so it is small, and all else comes with the
bundle. A document or bundle that fails its check changes nothing.
"""

import contextlib
import email.utils
import fcntl
import hashlib
import hmac
import http.client
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

SCHEMA_VERSION = 1
STATE = Path("/var/lib/packyard")
LOCK = Path("/run/packyard.lock")
METRICS = STATE / "metrics" / "packyard_converge.prom"
"""In a folder of root: that of Debian's package lies in one of the node exporter's own user."""
METADATA = "http://169.254.169.254"
TIMEOUT = 30
KEEP_BUNDLES = 3
TAKEN = "document.taken.json"
"""In the folder of the state: where the newest document lay that was taken, and which one it was."""


class RefusedError(Exception):
    """Something that must not be used; the text says what and what would be right."""


@dataclass(frozen=True)
class Address:
    """A gs:// or s3:// address."""

    scheme: str
    bucket: str
    path: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Raises RefusedError for anything else."""
        match = re.fullmatch(r"(gs|s3)://([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])/([A-Za-z0-9._/-]+)", text)
        if match is None:
            raise RefusedError(f"{text!r} is no object address. HINT: gs://bucket/path or s3://bucket/path")
        return cls(*match.groups())


def call(url: str, headers: Mapping[str, str], method: str = "GET", data: bytes | None = None) -> bytes:
    """The answer to one HTTP request."""
    return exchange(url, headers, method, data)[0]


def exchange(
    url: str, headers: Mapping[str, str], method: str = "GET", data: bytes | None = None
) -> tuple[bytes, http.client.HTTPMessage]:
    """One HTTP request, with the headers of its answer; no proxy stands before a cloud's own interfaces."""
    request = urllib.request.Request(url, data=data, headers=dict(headers), method=method)  # noqa: S310 -- http alone
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            return bytes(response.read()), response.headers
    except (OSError, http.client.HTTPException) as error:
        error.add_note(url)
        raise


class Google:
    """The metadata service and Cloud Storage."""

    def __init__(self) -> None:
        """Without this header the metadata service answers nothing."""
        self.headers = {"Metadata-Flavor": "Google"}

    def metadata(self, path: str) -> str:
        """A value of this instance or its project."""
        return call(f"{METADATA}/computeMetadata/v1/{path}", self.headers).decode()

    def document_address(self) -> str:
        """Where the settings document lies."""
        return self.metadata("instance/attributes/packyard-document")

    def authorization(self) -> dict[str, str]:
        """The machine's own identity, as a header."""
        token = json.loads(self.metadata("instance/service-accounts/default/token"))
        return {"Authorization": f"Bearer {token['access_token']}"}

    def read(self, address: Address) -> tuple[bytes, int]:
        """The content of an object and its generation, which grows with every upload."""
        path = urllib.parse.quote(address.path, safe="")
        url = f"https://storage.googleapis.com/storage/v1/b/{address.bucket}/o/{path}?alt=media"
        content, answer = exchange(url, self.authorization())
        return content, int(answer["x-goog-generation"] or 0)


class Amazon:
    """The metadata service (IMDSv2) and S3."""

    def __init__(self) -> None:
        """Takes a session token, without which IMDSv2 answers nothing."""
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
        self.headers = {"X-aws-ec2-metadata-token": call(f"{METADATA}/latest/api/token", lifetime, "PUT").decode()}

    def metadata(self, path: str) -> str:
        """A value of this instance."""
        return call(f"{METADATA}/latest/meta-data/{path}", self.headers).decode()

    def document_address(self) -> str:
        """Where the settings document lies."""
        return self.metadata("tags/instance/packyard-document")

    def region(self) -> str:
        """The region, which is part of every signature."""
        return self.metadata("placement/region")

    def credentials(self) -> dict[str, str]:
        """Short-lived keys of the machine's own role."""
        role = self.metadata("iam/security-credentials/").strip()
        return dict(json.loads(self.metadata(f"iam/security-credentials/{role}")))

    def read(self, address: Address) -> tuple[bytes, int]:
        """The content of an object and the second of its upload: versions have no order of their own in S3."""
        region = self.region()
        url = f"https://{address.bucket}.s3.{region}.amazonaws.com/{urllib.parse.quote(address.path)}"
        content, answer = exchange(url, signed("GET", url, b"", "s3", region, self.credentials(), datetime.now(UTC)))
        uploaded = email.utils.parsedate_tz(answer["last-modified"])
        return content, email.utils.mktime_tz(uploaded) if uploaded else 0


def signed(
    method: str,
    url: str,
    body: bytes,
    service: str,
    region: str,
    credentials: Mapping[str, str],
    now: datetime,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Headers with AWS Signature Version 4 (AWS, "Create a signed request"); `more` is signed too."""
    parts = urllib.parse.urlsplit(url)
    digest, stamp = hashlib.sha256(body).hexdigest(), now.strftime("%Y%m%dT%H%M%SZ")
    headers = {**(more or {}), "host": parts.netloc, "x-amz-date": stamp}
    if service == "s3":
        headers["x-amz-content-sha256"] = digest
    if credentials.get("Token"):
        headers["x-amz-security-token"] = credentials["Token"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join((method, parts.path or "/", parts.query, lines, names, digest))
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials['SecretAccessKey']}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    holder = f"Credential={credentials['AccessKeyId']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 {holder}, SignedHeaders={names}, Signature={key.hex()}"
    return headers


def find_cloud() -> Google | Amazon:
    """The cloud that this machine runs in: IMDSv2 refuses what Google's metadata service answers."""
    google = Google()
    try:
        google.metadata("instance/id")
    except urllib.error.HTTPError:
        return Amazon()
    return google


def record(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def refuse_older(taken: Path, address: Address, version: int) -> None:
    """Raises RefusedError for a document of another place or before the newest one that this machine has taken.

    Whoever may change metadata, or delete the newest version of an object, could bring back what was replaced.
    """
    if version <= 0:
        raise RefusedError(f"the store does not say when {address.path} was uploaded")
    place = {"bucket": address.bucket, "path": address.path}
    known: dict[str, Any] = record(json.loads(taken.read_text())) if taken.is_file() else {**place, "version": version}
    for part, value in place.items():
        if value != known[part]:
            raise RefusedError(
                f"the settings document has the {part} {value}, this machine's has {known[part]}."
                f" HINT: if the stack has moved it, remove {taken}"
            )
    if version < known["version"]:
        raise RefusedError(
            f"the settings document is of {version}, this machine has taken that of {known['version']}:"
            " an older one is never taken again. HINT: pulumi up writes it anew"
        )


def checked_document(text: bytes, address: Address) -> dict[str, Any]:
    """The document, if this program knows its form. Raises RefusedError."""
    try:
        content: Any = json.loads(text)
    except ValueError as error:
        raise RefusedError(f"the settings document is no JSON: {error}") from None
    document = record(content)
    version = document.get("schemaVersion")
    if version != SCHEMA_VERSION:
        raise RefusedError(
            f"the settings document has schema version {version}, this machine knows {SCHEMA_VERSION}."
            " HINT: bring in a bundle that knows both first, or rebuild the machine"
        )
    for key, pattern in {"role": r"[a-z][a-z0-9-]*", "name": r"[a-z][a-z0-9-]*"}.items():
        if not re.fullmatch(pattern, str(document.get(key))):
            raise RefusedError(f"{key} {document.get(key)!r} in the settings document is no name")
    bundle = record(document.get("bundle"))
    if not re.fullmatch(r"[0-9a-f]{64}", str(bundle.get("sha256"))):
        raise RefusedError("the settings document names no bundle with a SHA-256 digest")
    place = Address.parse(str(bundle.get("url")))
    if (place.scheme, place.bucket) != (address.scheme, address.bucket):
        raise RefusedError(f"the bundle {bundle['url']} lies in another bucket than the document")
    return document


def unpacked(archive: bytes, sha256: str, folder: Path) -> Path:
    """The folder of a bundle, named by its digest; it appears whole or not at all. Raises RefusedError."""
    actual = hashlib.sha256(archive).hexdigest()
    if actual != sha256:
        raise RefusedError(f"the bundle has SHA-256 {actual}, the settings document says {sha256}")
    folder.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=folder))
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            # The filter refuses paths that lead out of the folder.
            tar.extractall(half, filter="data")
        half.chmod(0o755)
        return half.rename(folder / sha256)
    except BaseException:
        shutil.rmtree(half)
        raise


def fetch(cloud: Google | Amazon, state: Path) -> tuple[dict[str, Any], Path, str]:
    """The checked document, the folder of its bundle, and what is remembered of it once it is taken."""
    address = Address.parse(cloud.document_address().strip())
    content, version = cloud.read(address)
    refuse_older(state / TAKEN, address, version)
    document = checked_document(content, address)
    sha256 = str(document["bundle"]["sha256"])
    folder = state / "bundles" / sha256
    if not folder.is_dir():
        unpacked(cloud.read(Address.parse(document["bundle"]["url"]))[0], sha256, state / "bundles")
    taken = {"bucket": address.bucket, "path": address.path, "version": version}
    return document, folder, json.dumps(taken) + "\n"


def write_whole(path: Path, text: str, mode: int) -> None:
    """Replaces a file at once, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    try:
        half.write_text(text)
        half.chmod(mode)
        half.rename(path)
    finally:
        half.unlink(missing_ok=True)


def write_metrics(text: str) -> None:
    """On a full disk over the old ones, which needs no room: a reader may once see half of them."""
    try:
        write_whole(METRICS, text, 0o644)
    except OSError:
        with METRICS.open("r+") as file:
            file.write(text)
            file.truncate()


def keep_newest(folder: Path, current: Path) -> None:
    """Removes all but the newest few, so that what ran before can still be read."""
    others = [path for path in folder.iterdir() if path != current]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEEP_BUNDLES - 1 :]:
        shutil.rmtree(path)


def metrics(*, success: bool, now: float, before: str) -> str:
    """The state of converge for the node exporter; the time of the last success survives failures."""
    last = re.search(r"^packyard_converge_timestamp_seconds (\S+)$", before, re.MULTILINE)
    last_success = now if success else float(last[1]) if last else 0
    return (
        "# TYPE packyard_converge_last_run_success gauge\n"
        f"packyard_converge_last_run_success {int(success)}\n"
        "# HELP packyard_converge_timestamp_seconds when converge last ended well\n"
        "# TYPE packyard_converge_timestamp_seconds gauge\n"
        f"packyard_converge_timestamp_seconds {last_success:.0f}\n"
    )


@contextlib.contextmanager
def only_one(path: Path) -> Generator[None]:
    """Raises RefusedError while another run has the lock."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError("another converge runs. HINT: journalctl -fu packyard-converge") from None
        yield


def run(arguments: list[str]) -> int:
    """Fetches and converges; returns the exit status."""
    with only_one(LOCK):
        success = False
        try:
            document, folder, taken = fetch(find_cloud(), STATE)
            candidate = STATE / "document.new.json"
            write_whole(candidate, json.dumps(document, indent=2) + "\n", 0o640)
            program = folder / "converge" / "converge.py"
            command = [sys.executable, str(program), str(candidate), *arguments]
            success = subprocess.run(command, check=False).returncode == 0  # noqa: S603 -- no shell
            # Converge puts a document that it accepts into its place, also where the run fails later.
            if not candidate.exists():
                write_whole(STATE / TAKEN, taken, 0o640)
            if success:
                keep_newest(folder.parent, folder)
        finally:
            (STATE / "document.new.json").unlink(missing_ok=True)
            before = METRICS.read_text() if METRICS.is_file() else ""
            write_metrics(metrics(success=success, now=time.time(), before=before))
    return 0 if success else 1


def main(arguments: list[str]) -> int:
    """`--check` fetches and checks with nothing changed; other arguments go to converge."""
    try:
        if arguments == ["--check"]:
            with tempfile.TemporaryDirectory() as folder:
                fetch(find_cloud(), Path(folder))
            return 0
        return run(arguments)
    except (RefusedError, OSError, KeyError, ValueError, http.client.HTTPException) as error:
        notes = " ".join(getattr(error, "__notes__", []))
        event = "refused" if isinstance(error, RefusedError) else "failed"
        sys.stderr.write(json.dumps({"event": event, "error": f"{type(error).__name__}: {error} {notes}"}) + "\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
