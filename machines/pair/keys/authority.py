"""The certificate authority of the pair. Its key is on one host, which the document names, and is never sent anywhere.

From a request it takes the public key and nothing else: names, use and lifetime come from the document.

A later authority comes with an introduction: a certificate about its key and name, of one that is trusted already. That
is what the peer judges it by, and it is never handed to PostgreSQL, which takes authorities that sign themselves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pair.keys import certificates
from pair.keys.certificates import BACKDATED, Names

LIFETIME = timedelta(days=1825)
RENEWED_BEFORE = timedelta(days=365)
"""A new authority is made when the newest one has less left. Both are trusted until the old one ends."""

SETTLES_IN = timedelta(minutes=30)
"""A new authority signs nothing before the peer had six chances to fetch it, while an older one is trusted."""


@dataclass(frozen=True)
class Authority:
    """A signing certificate with its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    introduction: tuple[x509.Certificate, ...] = ()
    """What the peer needs to trust it; empty for the first one of this host, which the host itself vouches for."""

    @property
    def made(self) -> datetime:
        """When it was made."""
        return self.certificate.not_valid_before_utc + BACKDATED

    @property
    def name(self) -> str:
        """The stem of its files: sorts by time, and two never meet."""
        return f"{self.made:%Y%m%dT%H%M%S}-{self.certificate.serial_number:x}"


def read(key_text: str, certificate_text: str, introduction_text: str = "") -> Authority | None:
    """The authority, or None where the first two texts are not one."""
    key, found = certificates.read_key(key_text), certificates.read_certificates(certificate_text)
    if key is None or len(found) != 1 or not certificates.is_authority(found[0]):
        return None
    fits = certificates.public_key_of(found[0]) == certificates.public_bytes(key.public_key())
    return Authority(key, found[0], certificates.read_certificates(introduction_text)) if fits else None


def make(host: str, now: datetime) -> Authority:
    """A new authority that signs itself. Its name holds the time, so that no two have the same."""
    key = certificates.new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"database pair, {host}, {now:%Y-%m-%dT%H:%M:%SZ}")])
    builder = _builder(name, name, key.public_key(), now, LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs=True), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def introduce(
    new: Authority, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, now: datetime
) -> x509.Certificate:
    """A certificate about the new authority by the holder of another."""
    subject, lifetime = new.certificate.subject, certificates.remaining(certificate, now)
    builder = _builder(subject, certificate.subject, new.key.public_key(), now, lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs=True), critical=True)
    return builder.sign(key, hashes.SHA256())


def is_introduced(
    found: x509.Certificate,
    beside: Iterable[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    now: datetime,
) -> bool:
    """Whether a certificate beside it, of a trusted authority, speaks for it."""
    alive = [each for each in trusted if certificates.valid_at(each, now)]
    return any(
        certificates.public_key_of(each) == certificates.public_key_of(found)
        and each.subject == found.subject
        and certificates.valid_at(each, now)
        and any(certificates.signed_by(each, issuer) for issuer in alive)
        for each in beside
    )


def needs_new(own: Sequence[Authority], now: datetime) -> bool:
    """Whether it is time for a new one."""
    return all(certificates.remaining(each.certificate, now) < RENEWED_BEFORE for each in own)


def signer(own: Sequence[Authority], trusted: Sequence[x509.Certificate], now: datetime) -> Authority | None:
    """The newest authority that the peer has had time to fetch; None while that time runs.

    `trusted` is what this host trusts already. Where that is nothing of an earlier time there is nobody to wait for.
    """
    alive = sorted((each for each in own if certificates.valid_at(each.certificate, now)), key=lambda each: each.made)
    settled = [each for each in alive if now - each.made >= SETTLES_IN]
    if settled:
        return settled[-1]
    mine = {each.certificate for each in own}
    earlier = [each for each in trusted if each not in mine and certificates.valid_at(each, now)]
    return alive[0] if alive and not earlier else None


def bundle(found: Iterable[x509.Certificate], now: datetime) -> tuple[x509.Certificate, ...]:
    """The authorities among these that are valid now, the newest first; what introduces one signs not itself."""
    alive = {
        each
        for each in found
        if certificates.is_authority(each) and certificates.signed_by(each, each) and certificates.valid_at(each, now)
    }
    return tuple(sorted(alive, key=lambda each: (each.not_valid_before_utc, each.serial_number), reverse=True))


def sign(
    authority: Authority, key: ec.EllipticCurvePublicKey, names: Names, lifetime: timedelta, now: datetime
) -> x509.Certificate:
    """A certificate with names of the document for a key."""
    issuer = authority.certificate
    builder = _builder(names.subject, issuer.subject, key, now, lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([names.usage]), critical=False)
    if names.alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(names.alternatives), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
    )
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
