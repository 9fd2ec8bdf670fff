"""The work of the host that has the certificate authority: keeps it alive, and signs what the hosts ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from host import files
from host.errors import HostError

from pair.keys import authority, certificates
from pair.keys.authority import Authority
from pair.keys.certificates import Names

INTRODUCTION = ".introduction"
"""End of the file beside an authority's key and certificate."""


@dataclass(frozen=True)
class Signed:
    """The answer to the requests of one host."""

    certificates: Mapping[str, str]
    """PEM by kind: kept ones and new ones."""
    refused: tuple[str, ...] = ()
    """Why requests got no certificate, one line each."""
    waits: bool = False
    """Whether an authority is too new to sign."""


def authorities(host: str, folder: Path, now: datetime) -> tuple[Authority, ...]:
    """The authorities in a folder of this host that have not ended; a new one is made when it is time.

    The newest of them introduces it. Raises HostError where another could have put one of its own there.
    """
    files.require_own(folder)
    own = [each for each in _stored(folder) if certificates.valid_at(each.certificate, now)]
    if authority.needs_new(own, now):
        made = authority.make(host, now)
        introduction = tuple(_introduction(made, own, now))
        try:
            files.make_folder(folder)
            files.write(folder / f"{made.name}{INTRODUCTION}", certificates.certificate_text(*introduction))
            files.write(folder / f"{made.name}.key", certificates.key_text(made.key))
            files.write(folder / f"{made.name}.pem", certificates.certificate_text(made.certificate))
        except OSError as error:
            raise HostError(f"the authority cannot be kept: {error}", f"findmnt --target {folder.parent}") from None
        own.append(replace(made, introduction=introduction))
    return tuple(own)


def _introduction(made: Authority, own: Sequence[Authority], now: datetime) -> Iterator[x509.Certificate]:
    if own:
        newest = max(own, key=lambda each: each.made)
        yield authority.introduce(made, newest.key, newest.certificate, now)


def laid_out(own: Sequence[Authority], now: datetime) -> tuple[x509.Certificate, ...]:
    """What the peer gets to see: all authorities of this host, and what still introduces one."""
    introductions = [each for one in own for each in one.introduction if certificates.valid_at(each, now)]
    return (*authority.bundle([each.certificate for each in own], now), *introductions)


def _stored(folder: Path) -> Iterator[Authority]:
    for path in sorted(folder.glob("*.pem")):
        key = files.text_of(path.with_suffix(".key"))
        introduction = files.text_of(path.with_suffix(INTRODUCTION))
        found = authority.read(key or "", path.read_text(encoding="utf-8"), introduction or "")
        if found is not None:
            yield found


@dataclass(frozen=True)
class Signatory:
    """What signing needs to know."""

    own: Sequence[Authority]
    trusted: Sequence[x509.Certificate]
    """What both hosts trust."""
    lifetime: timedelta
    now: datetime

    def answer(self, wanted: Mapping[str, Names], requests: Mapping[str, str], present: Mapping[str, str]) -> Signed:
        """Certificates for the requests of one host; a sound one that fits its request is kept."""
        signer = authority.signer(self.own, self.trusted, self.now)
        result: dict[str, str] = {}
        refused = [f"{kind!r:.40}: nothing of that name is signed" for kind in sorted(set(requests) - set(wanted))]
        waits = False
        for kind, names in wanted.items():
            if kind in present:
                result[kind] = present[kind]
            if kind not in requests:
                continue
            try:
                key = certificates.read_request(requests[kind])
            except ValueError as error:
                refused.append(f"{kind}: {error}")
                continue
            if self._fits(present.get(kind, ""), certificates.public_bytes(key), names):
                continue
            if signer is None:
                waits = True
                continue
            made = authority.sign(signer, key, names, self.lifetime, self.now)
            result[kind] = certificates.certificate_text(made)
        return Signed(result, tuple(refused), waits)

    def _fits(self, present: str, key: bytes, names: Names) -> bool:
        found = certificates.read_certificates(present)
        if len(found) != 1 or certificates.public_key_of(found[0]) != key:
            return False
        return not any(certificates.faults(found[0], names, self.trusted, self.now))
