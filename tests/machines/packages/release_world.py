"""A release bucket and a bucket of uploads in one store, a key, and what Pulp would publish, as Pulp writes it."""

import hashlib
import subprocess
import urllib.error
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from host.cloud import RefusalError
from packages.release.apt import Identity
from packages.release.laying import Place
from packages.release.signing import Signer
from packages.release.store import Bucket, artifact

from lab.clouds.google_storage import GoogleStorage
from lab.network.web import Request
from tests.machines.booted.debian_package import package

PATH, CODENAME = "gitlab/debian/trixie", "trixie"


def _open_store() -> GoogleStorage:
    return GoogleStorage(lambda _, __, ___, ____: True)


@dataclass
class World:
    """All that a release needs."""

    folder: Path
    signer: Signer
    storage: GoogleStorage = field(default_factory=_open_store)
    written: list[str] = field(default_factory=list[str])
    """Names in the release bucket, in the order in which they were written."""
    fails_at: int | None = None
    """The request that writes which the store does not answer any more."""

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        """As the store would answer."""
        if method == "POST" and self.fails_at is not None and len(self.written) >= self.fails_at:
            raise urllib.error.URLError("the store is away")
        before = set(self.storage.names("release"))
        path = url.removeprefix("https://storage.googleapis.com")
        named = {"authorization": "Bearer x", **{name.lower(): value for name, value in headers.items()}}
        reply = self.storage.answer(Request("", method, "storage.googleapis.com", path, named, body=body or b""))
        if method == "POST" and reply.status < 300:
            new = set(self.storage.names("release")) - before
            self.written += sorted(new) or [path]
        if reply.status >= 300:
            raise RefusalError("Cloud Storage", reply.status, reply.body.decode())
        return reply.body

    @property
    def place(self) -> Place:
        """The repository."""
        snapshots = f"https://packages.example.com/{PATH}/snapshots/@SNAPSHOTID@/"
        return Place(Bucket("release", self.ask), PATH, Identity("gitlab", CODENAME, snapshots))

    @property
    def uploads(self) -> Bucket:
        """What Pulp keeps."""
        return Bucket("uploads", self.ask)

    def upload(self, name: str, version: str) -> bytes:
        """A package that Pulp has, and publishes from now on."""
        content = package(self.folder / "made", name, version)
        target = self.folder / f"pool/main/{name[0]}/{name}/{name}_{version}_amd64.deb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.storage.write("uploads", artifact(hashlib.sha256(content).hexdigest()), content)
        return content

    def _stanza(self, file: Path) -> str:
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        path = file.relative_to(self.folder)
        return f"{_control(file)}SHA256: {digest}\nSize: {len(content)}\nFilename: {path}\n"

    def published(self, path: str) -> bytes:
        """As Pulp's content app answers."""
        index = "\n".join(self._stanza(file) for file in sorted(self.folder.glob("pool/**/*.deb"))).encode()
        if path == f"dists/{CODENAME}/main/binary-amd64/Packages":
            return index
        digest = hashlib.sha256(index).hexdigest()
        return f"Codename: {CODENAME}\nSHA256:\n {digest} {len(index)} main/binary-amd64/Packages\n".encode()


def _control(file: Path) -> str:
    return subprocess.run(["dpkg-deb", "-f", file], check=True, capture_output=True, text=True).stdout


def key(folder: Path, name: str) -> tuple[str, str]:
    """Fingerprint and private half of a new key."""
    home = folder / name
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-generate-key", name, "ed25519", "sign", "2y"], check=True, capture_output=True)
    listed = subprocess.run([*gpg, "--list-keys", "--with-colons"], check=True, capture_output=True, text=True).stdout
    private = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True, text=True)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:")), private.stdout
