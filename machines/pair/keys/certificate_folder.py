"""The certificates that PostgreSQL and its clients on this host use, and the keys that wait for theirs.

All that is in use lies in one generation. Each file of the folder is a link through `current`, so that a new generation
comes into use at once, whole: a key without its certificate would stop PostgreSQL at its next start.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from host import files

from pair import memory
from pair.keys import certificates
from pair.keys.certificates import Names
from pair.server import postgres_user
from pair.settings import AUTHORITY, Certificates

CURRENT = "current"


@dataclass(frozen=True)
class Holding:
    """A key with its certificate, both PEM."""

    key: str
    certificate: str

    def parsed(self) -> x509.Certificate | None:
        """The certificate, where it is one and the key fits."""
        key, found = certificates.read_key(self.key), certificates.read_certificates(self.certificate)
        if key is None or len(found) != 1:
            return None
        return found[0] if certificates.public_key_of(found[0]) == certificates.public_bytes(key.public_key()) else None

    def faults(self, names: Names, trusted: Sequence[x509.Certificate], now: datetime) -> tuple[str, ...]:
        """What speaks against its use."""
        certificate = self.parsed()
        if certificate is None:
            return ("key and certificate do not fit each other",)
        return tuple(certificates.faults(certificate, names, trusted, now))


@dataclass(frozen=True)
class Pending:
    """A key that waits for its certificate, with the request for it."""

    key: str
    request: str


@dataclass(frozen=True)
class Installed:
    """What is in use."""

    authority: str = ""
    holdings: Mapping[str, Holding] | None = None
    """By kind."""

    def holding(self, kind: str) -> Holding | None:
        """What is in use of one kind."""
        return (self.holdings or {}).get(kind)

    @property
    def trusted(self) -> tuple[x509.Certificate, ...]:
        """The authorities that are trusted."""
        return certificates.read_certificates(self.authority)


class CertificateFolder:
    """The folder of the document."""

    def __init__(self, certificates: Certificates) -> None:
        self.path = certificates.directory
        self._kinds = certificates.kinds

    def installed(self) -> Installed:
        """What is in use; nothing before the first installation."""
        current = self.path / CURRENT
        holdings: dict[str, Holding] = {}
        for kind in self._kinds:
            key, certificate = _text(current / f"{kind}.key"), _text(current / f"{kind}.pem")
            if key and certificate:
                holdings[kind] = Holding(key, certificate)
        return Installed(_text(current / AUTHORITY), holdings)

    def install(self, content: Installed, now: datetime) -> None:
        """Brings all of it into use at once, and marks that PostgreSQL has to read it."""
        generation = memory.GENERATION.below(self.path, f"{now:%Y%m%dT%H%M%S%fZ}")
        postgres_user.make_folder(self.path)
        postgres_user.make_folder(generation)
        postgres_user.write(generation / AUTHORITY, content.authority, 0o644)
        for kind, holding in (content.holdings or {}).items():
            postgres_user.write(generation / f"{kind}.key", holding.key)
            postgres_user.write(generation / f"{kind}.pem", holding.certificate, 0o644)
        postgres_user.write(memory.RELOAD.below(self.path), "")
        self._link(CURRENT, Path(generation.name))
        for name in (AUTHORITY, *(f"{kind}{end}" for kind in self._kinds for end in (".key", ".pem"))):
            self._link(name, Path(CURRENT) / name)
        for old in self.path.glob(memory.GENERATION.name.rstrip("/")):
            if old != generation:
                shutil.rmtree(old)
        for kind, holding in (content.holdings or {}).items():
            waiting = self.pending(kind)
            if waiting is not None and waiting.key == holding.key:
                shutil.rmtree(memory.PENDING.below(self.path) / kind)

    def pending(self, kind: str) -> Pending | None:
        """The key of one kind that waits for its certificate."""
        key, request = (_text(memory.PENDING.below(self.path) / kind / name) for name in ("key", "request"))
        return Pending(key, request) if certificates.read_key(key) is not None and request else None

    def make_pending(self, kind: str, names: Names) -> Pending:
        """Makes a key and the request for its certificate."""
        key = certificates.new_key()
        made = Pending(certificates.key_text(key), certificates.request_text(key, names))
        postgres_user.make_folder(self.path)
        postgres_user.make_folder(memory.PENDING.below(self.path))
        postgres_user.write(memory.PENDING.below(self.path) / kind / "key", made.key)
        postgres_user.write(memory.PENDING.below(self.path) / kind / "request", made.request)
        return made

    @property
    def awaits_reload(self) -> bool:
        """Whether PostgreSQL has yet to read what was installed."""
        return memory.RELOAD.below(self.path).exists()

    def reloaded(self) -> None:
        """Removes the mark."""
        memory.RELOAD.below(self.path).unlink(missing_ok=True)

    def _link(self, name: str, target: Path) -> None:
        half = self.path / f".{name}.half"
        half.unlink(missing_ok=True)
        half.symlink_to(target)
        half.replace(self.path / name)
        files.sync_folder(self.path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
