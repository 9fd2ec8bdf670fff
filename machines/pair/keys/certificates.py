"""Keys, requests and certificates of a host: what is made here, and what is taken from the authority.

Keys are EC P-256, made on the host that uses them. Times of certificates are compared with this host's own clock.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BACKDATED = timedelta(hours=1)
"""A certificate is valid from this long before it was made, for a peer whose clock is behind."""

SERVER = "server"

UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
"""What the library raises for a text of somebody else that it cannot make sense of."""


@dataclass(frozen=True)
class Names:
    """What a certificate says of its holder; it comes from the document alone."""

    common_name: str
    host_name: str | None = None
    """Of a server, as its clients check it with verify-full."""
    address: str | None = None

    @property
    def is_server(self) -> bool:
        """Whether it is shown to clients, or else to servers."""
        return self.host_name is not None

    @property
    def usage(self) -> x509.ObjectIdentifier:
        """The only use that the certificate is good for."""
        return ExtendedKeyUsageOID.SERVER_AUTH if self.is_server else ExtendedKeyUsageOID.CLIENT_AUTH

    @property
    def alternatives(self) -> tuple[x509.GeneralName, ...]:
        """Subject alternative names."""
        names: list[x509.GeneralName] = []
        if self.host_name is not None:
            names.append(x509.DNSName(self.host_name))
        if self.address is not None:
            names.append(x509.IPAddress(ipaddress.ip_address(self.address)))
        return tuple(names)

    @property
    def subject(self) -> x509.Name:
        """PostgreSQL takes the role of a client from the common name."""
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.common_name)])


def names_of(kind: str, host: str, address: str) -> Names:
    """The names that a host gets for one kind of certificate."""
    return Names(host, host_name=host, address=address) if kind == SERVER else Names(kind)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key that was never anywhere else."""
    return ec.generate_private_key(ec.SECP256R1())


def key_text(key: ec.EllipticCurvePrivateKey) -> str:
    """PEM, without a passphrase: PostgreSQL reads it at every start."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def read_key(text: str) -> ec.EllipticCurvePrivateKey | None:
    """The key, or None for anything but a key of EC P-256."""
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1) else None


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """The form in which two keys are compared."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def request_text(key: ec.EllipticCurvePrivateKey, names: Names) -> str:
    """A request (PEM). The names are for a person who reads it; the authority takes none of them."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(names.subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def read_request(text: str) -> ec.EllipticCurvePublicKey:
    """The public key of a request whose sender holds the private one. Raises ValueError with the reason."""
    try:
        request = x509.load_pem_x509_csr(text.encode())
        key, is_sound = request.public_key(), request.is_signature_valid
    except UNREADABLE:
        raise ValueError("it is no certificate request in PEM") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("its key is not EC P-256")
    if not is_sound:
        raise ValueError("its signature does not fit its key")
    return key


def read_certificates(text: str) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM text; none where there is none, or where one of them is broken.

    Its parts are read here too, since a library that reads them later would end a round of the exchange later.
    """
    try:
        found = tuple(x509.load_pem_x509_certificates(text.encode()))
        is_readable = all(each.public_key() and each.extensions and each.subject and each.issuer for each in found)
    except UNREADABLE:
        return ()
    return found if is_readable else ()


def certificate_text(*certificates: x509.Certificate) -> str:
    """PEM, one after the other."""
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)


def public_key_of(certificate: x509.Certificate) -> bytes | None:
    """The key that a certificate is about, to compare; None if it is of another type."""
    key = certificate.public_key()
    return public_bytes(key) if isinstance(key, ec.EllipticCurvePublicKey) else None


def valid_at(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether it has begun and not ended."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def remaining(certificate: x509.Certificate, now: datetime) -> timedelta:
    """Time until it ends; negative afterwards."""
    return certificate.not_valid_after_utc - now


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may sign others, which a certificate of a host must not."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the authority signed it."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def faults(
    certificate: x509.Certificate, names: Names, authorities: Sequence[x509.Certificate], now: datetime
) -> Iterator[str]:
    """What is wrong with a certificate for a host that trusts these authorities."""
    if certificate.not_valid_after_utc < now:
        yield f"it ended at {_moment(certificate.not_valid_after_utc)}"
    if certificate.not_valid_before_utc > now:
        yield f"it begins at {_moment(certificate.not_valid_before_utc)}, and this host's clock says {_moment(now)}"
    sound = [each for each in authorities if is_authority(each) and valid_at(each, now)]
    if not any(signed_by(certificate, each) for each in sound):
        yield "no authority that this host trusts has signed it"
    if is_authority(certificate):
        yield "it could sign others"
    yield from _name_faults(certificate, names)


def _name_faults(certificate: x509.Certificate, names: Names) -> Iterator[str]:
    if certificate.subject != names.subject:
        yield f"its subject is {certificate.subject.rfc4514_string()}, not CN={names.common_name}"
    extensions = certificate.extensions
    try:
        found = set(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        found = set[x509.GeneralName]()
    if found != set(names.alternatives):
        yield f"its alternative names are {_names(found)}, not {_names(names.alternatives)}"
    try:
        usage = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        usage = set[x509.ObjectIdentifier]()
    if usage != {names.usage}:
        yield f"it is not for {'servers' if names.is_server else 'clients'} alone"


def _names(names: set[x509.GeneralName] | tuple[x509.GeneralName, ...]) -> str:
    return ", ".join(sorted(str(each.value) for each in names)) or "none"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
