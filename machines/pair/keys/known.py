"""What this host knows of its peer and of authorities, on the data disk, and what came later that no person agreed to.

The first key and the first authorities are taken as they come. What comes after them in the exchange may be of anybody
who can write there: a new key is taken and told, since a lost host comes back with one; a new authority is taken only
where one that is trusted introduces it, the peer vouches for it with the key of its tunnel, or a person says so.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from host import files, locks
from host.errors import HostError

from pair import memory
from pair.keys import authority, certificates
from pair.settings import Server

LOCK = memory.EXCHANGE_LOCK.below(Path("/run"))
PROVEN_FOR = timedelta(days=7)
"""A host vouches for an authority that is no older: what it laid out once and has withdrawn comes back with nobody."""
PATIENCE = 60
"""Seconds; a round of the exchange takes some, and its service ends after three minutes."""


def held(what: str) -> AbstractContextManager[None]:
    """Keeps others from changing what is known. Raises HostError when that does not get free in time."""
    return locks.held(LOCK, what, PATIENCE)


@dataclass(frozen=True)
class Stranger:
    """A key or an authority that came after another was known, and that no person has agreed to."""

    what: str
    """Of whom: "WireGuard key of pg-b"."""
    fingerprint: str
    """Of a key, the key itself, as `wg show` prints it; of an authority, as `openssl x509 -fingerprint -sha256`."""
    seen: str
    """When it was first seen, as a person reads it."""
    certificate: str = ""
    """The authority, PEM, which is refused until then; empty for a key, which is in use."""

    def __str__(self) -> str:
        """One line."""
        state = "refused" if self.certificate else "in use"
        return f"{self.what}: {self.fingerprint}, {state}, since {self.seen}"


@dataclass(frozen=True)
class Known:
    """All of it."""

    peer_key: str = ""
    """Public key of the peer's tunnel: the first one, or the last that a person agreed to."""
    authorities: str = ""
    """PEM of those that are trusted; empty before the first."""
    strangers: tuple[Stranger, ...] = ()

    def with_stranger(self, found: Stranger) -> "Known":
        """A stranger is told once."""
        if any(each.fingerprint == found.fingerprint for each in self.strangers):
            return self
        return replace(self, strangers=(*self.strangers, found))

    def without(self, fingerprints: Iterable[str]) -> "Known":
        """These are none any more."""
        gone = set(fingerprints)
        return replace(self, strangers=tuple(each for each in self.strangers if each.fingerprint not in gone))


def read(server: Server) -> Known:
    """What was written last; nothing before the first time. Raises HostError for a file that is none of these."""
    path = memory.KNOWN.below(server.state)
    text = files.text_of(path)
    if text is None:
        return Known()
    try:
        content = cast("dict[str, Any]", json.loads(text))
        strangers = tuple(Stranger(**each) for each in content.pop("strangers"))
        return Known(**content, strangers=strangers)
    except (ValueError, TypeError, LookupError, AttributeError):
        raise HostError(
            f"{path} does not say what is known of the peer",
            f"compare the keys of both hosts, then remove it: what is laid out then is taken as it is ({path})",
        ) from None


def write(server: Server, known: Known) -> None:
    """Raises HostError where it cannot be kept: what is not kept must not be taken in."""
    path = memory.KNOWN.below(server.state)
    try:
        files.write(path, json.dumps(asdict(known), indent=2) + "\n")
    except OSError as error:
        raise HostError(f"what is known of the peer cannot be kept: {error}", f"findmnt --target {path}") from None


def fingerprint(certificate: x509.Certificate) -> str:
    """As `openssl x509 -fingerprint -sha256` prints it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def met(known: Known, peer: str, key: str, now: datetime) -> Known:
    """With the key that the peer laid out."""
    if known.peer_key in ("", key):
        return replace(known, peer_key=key)
    return known.with_stranger(Stranger(f"WireGuard key of {peer}", key, _moment(now)))


@dataclass(frozen=True)
class Offer:
    """What lies in a host's parameter of authorities."""

    host: str
    found: tuple[x509.Certificate, ...]
    """All certificates of it: authorities, and what introduces them."""
    is_proven: bool
    """Whether the peer laid it out, with the key of the tunnel that a person knows of."""


def judged(known: Known, offers: Iterable[Offer], own: Iterable[x509.Certificate], now: datetime) -> Known:
    """With the authorities that are trusted from now on, and the strangers among those that are laid out.

    One that is withdrawn is trusted no more, unless nothing that is trusted is laid out: then all stay.
    """
    offers = tuple(offers)
    laid_out = {each: offer for offer in offers for each in authority.bundle(offer.found, now)}
    before = certificates.read_certificates(known.authorities)
    trusted = {*authority.bundle(before, now), *own} if before or not laid_out else {*laid_out, *own}
    while found := {each for each in set(laid_out) - trusted if _is_introduced(each, laid_out, trusted, now)}:
        trusted |= found
    strange = [each for each in laid_out if each not in trusted]
    stay = (trusted & set(laid_out)) | set(own)
    text = certificates.certificate_text(*authority.bundle(stay or trusted, now)) or known.authorities
    result = replace(known, authorities=text).without(fingerprint(each) for each in trusted)
    for each in sorted(strange, key=fingerprint):
        what = f"certificate authority of {laid_out[each].host}"
        pem = certificates.certificate_text(each)
        result = result.with_stranger(Stranger(what, fingerprint(each), _moment(now), pem))
    return result


def _is_introduced(
    found: x509.Certificate,
    laid_out: Mapping[x509.Certificate, Offer],
    trusted: Iterable[x509.Certificate],
    now: datetime,
) -> bool:
    offer = laid_out[found]
    is_new = now - found.not_valid_before_utc <= PROVEN_FOR
    return (offer.is_proven and is_new) or authority.is_introduced(found, offer.found, tuple(trusted), now)


def agreed(known: Known, stranger: Stranger) -> Known:
    """A person says that it is right."""
    result = known.without([stranger.fingerprint])
    if stranger.certificate:
        return replace(result, authorities=known.authorities + stranger.certificate)
    return replace(result, peer_key=stranger.fingerprint)


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
