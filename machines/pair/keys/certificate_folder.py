"""The certificates that PostgreSQL and its clients on this host use, and the keys that wait for theirs.

All that is in use lies in one generation. Each file of the folder is a link through `current`, so that a new generation
comes into use at once, whole: a key without its certificate would stop PostgreSQL at its next start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from host import files

from pair import memory
from pair.keys import certificates
from pair.keys.certificates import Names
from pair.server.postgres_user import POSTGRES
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
        self._make_folder(self.path)
        self._make_folder(generation)
        self._write(generation / AUTHORITY, content.authority, 0o644)
        for kind, holding in (content.holdings or {}).items():
            self._write(generation / f"{kind}.key", holding.key)
            self._write(generation / f"{kind}.pem", holding.certificate, 0o644)
        self._write(memory.RELOAD.below(self.path), "")
        files.link(self.path / CURRENT, Path(generation.name))
        for name in (AUTHORITY, *(f"{kind}{end}" for kind in self._kinds for end in (".key", ".pem"))):
            files.link(self.path / name, Path(CURRENT) / name)
        for old in self.path.glob(memory.GENERATION.name.rstrip("/")):
            if old != generation:
                files.remove(old)
        for kind, holding in (content.holdings or {}).items():
            waiting = self.pending(kind)
            if waiting is not None and waiting.key == holding.key:
                files.remove(memory.PENDING.below(self.path) / kind)

    def pending(self, kind: str) -> Pending | None:
        """The key of one kind that waits for its certificate."""
        key, request = (_text(memory.PENDING.below(self.path) / kind / name) for name in ("key", "request"))
        return Pending(key, request) if certificates.read_key(key) is not None and request else None

    def make_pending(self, kind: str, names: Names) -> Pending:
        """Makes a key and the request for its certificate."""
        key = certificates.new_key()
        made = Pending(certificates.key_text(key), certificates.request_text(key, names))
        for folder in (self.path, memory.PENDING.below(self.path), memory.PENDING.below(self.path) / kind):
            self._make_folder(folder)
        self._write(memory.PENDING.below(self.path) / kind / "key", made.key)
        self._write(memory.PENDING.below(self.path) / kind / "request", made.request)
        return made

    @property
    def awaits_reload(self) -> bool:
        """Whether PostgreSQL has yet to read what was installed."""
        return memory.RELOAD.below(self.path).exists()

    def reloaded(self) -> None:
        """Removes the mark."""
        files.remove(memory.RELOAD.below(self.path))

    def _make_folder(self, path: Path) -> None:
        """Root's, so that postgres reads there and can put nothing in the place of anything."""
        files.make_folder(path, group=POSTGRES, mode=0o750)

    def _write(self, path: Path, text: str, mode: int = 0o600) -> None:
        """Of postgres: PostgreSQL takes no private key that another could read."""
        files.replace(path, text, mode, owner=POSTGRES, group=POSTGRES)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
