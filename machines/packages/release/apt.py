"""The indexes of an apt repository (Debian, "DebianRepository/Format"), read and written."""

import gzip
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from host.errors import HostError

SAFE_PATH = re.compile(r"pool(/[A-Za-z0-9][A-Za-z0-9.+~:_^{}%=-]*)+\.deb")
INDEX = re.compile(r" [0-9a-f]{64} +\d+ ([a-z0-9-]+/binary-[a-z0-9-]+)/Packages")
DATE = "%a, %d %b %Y %H:%M:%S +0000"
"""As apt reads it."""


@dataclass(frozen=True)
class Package:
    """One package of an index."""

    name: str
    version: str
    architecture: str
    path: str
    """Below the repository."""
    sha256: str
    size: int

    def __str__(self) -> str:
        """As apt says it."""
        return f"{self.name} {self.version} {self.architecture}"


@dataclass(frozen=True)
class Identity:
    """What a Release file says of its repository."""

    name: str
    codename: str
    snapshots: str
    """Address of any day's state, with apt's own @SNAPSHOTID@ in it."""


def packages(index: str) -> tuple[Package, ...]:
    """Those of a Packages file. Raises HostError for one that no pool has."""
    return tuple(_package(stanza) for stanza in index.strip().split("\n\n") if stanza.strip())


def _package(stanza: str) -> Package:
    fields = dict(re.findall(r"^([A-Za-z0-9-]+): ?(.*)$", stanza, re.MULTILINE))
    try:
        found = Package(
            name=fields["Package"],
            version=fields["Version"],
            architecture=fields["Architecture"],
            path=fields["Filename"],
            sha256=fields["SHA256"],
            size=int(fields["Size"]),
        )
    except (KeyError, ValueError) as error:
        raise HostError(f"an index has a package without {error}") from None
    if not SAFE_PATH.fullmatch(found.path):
        raise HostError(f"{found}: {found.path} is no place in a pool")
    return found


def folders(release: str) -> tuple[str, ...]:
    """Folders of a Release file that have an index of packages, such as main/binary-amd64."""
    return tuple(sorted(set(INDEX.findall(release))))


def with_compressed(indexes: Mapping[str, bytes]) -> dict[str, bytes]:
    """Each Packages file by its path, and again as gzip writes it at all times."""
    found: dict[str, bytes] = {}
    for folder, content in sorted(indexes.items()):
        found[f"{folder}/Packages"] = content
        found[f"{folder}/Packages.gz"] = gzip.compress(content, mtime=0)
    return found


def by_hash(path: str, content: bytes) -> str:
    """The name under which an index never changes."""
    return f"{path.rpartition('/')[0]}/by-hash/SHA256/{hashlib.sha256(content).hexdigest()}"


def release_text(identity: Identity, files: Mapping[str, bytes], moment: datetime) -> str:
    """A Release file. It has no end: clients go on installing while nobody can sign another."""
    parts = [re.fullmatch(r"([a-z0-9-]+)/binary-([a-z0-9-]+)/Packages", path) for path in files]
    known = [part for part in parts if part is not None]
    lines = [
        f"Origin: {identity.name}",
        f"Label: {identity.name}",
        f"Suite: {identity.codename}",
        f"Codename: {identity.codename}",
        f"Date: {moment.astimezone(UTC).strftime(DATE)}",
        f"Architectures: {_words(part[2] for part in known)}",
        f"Components: {_words(part[1] for part in known)}",
        "Acquire-By-Hash: yes",
        f"Snapshots: {identity.snapshots}",
        "SHA256:",
        *(f" {hashlib.sha256(files[path]).hexdigest()} {len(files[path])} {path}" for path in sorted(files)),
    ]
    return "\n".join(lines) + "\n"


def _words(names: Iterable[str]) -> str:
    return " ".join(sorted(set(names)))


def changed_bytes(before: Sequence[Package], after: Sequence[Package]) -> HostError | None:
    """The refusal of a package that was released with other bytes before: clients have pinned those."""
    known = {str(package): package.sha256 for package in before}
    for package in after:
        if known.get(str(package), package.sha256) != package.sha256:
            return HostError(
                f"{package} was released as {known[str(package)]}, and is {package.sha256} now",
                "another version: what was released is never replaced by other bytes",
            )
    return None
