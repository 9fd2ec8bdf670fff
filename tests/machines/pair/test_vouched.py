"""Whoever can write the exchange gets no certificate by it, and ends no round of it."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pair.keys import authority, certificates, known, vouched, wireguard

from tests.machines.pair.exchanges import AUTHORITY, OTHER, PREFIX, Pair


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    made = Pair(tmp_path, monkeypatch)
    made.settle()
    return made


def write(pair: Pair, name: str, value: str) -> None:
    """As somebody who can write the parameters and holds no key of either host."""
    pair.parameters[f"{PREFIX}/{name}"] = value


def requests(host: str, key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """What a host with that key would ask for."""
    kinds = ("server", "replicator", "rewind_user")
    return {kind: certificates.request_text(key, certificates.names_of(kind, host, "10.200.0.9")) for kind in kinds}


def signed_for(pair: Pair, key: ec.EllipticCurvePrivateKey) -> list[x509.Certificate]:
    """The certificates of a key, wherever they lie in the exchange."""
    texts = [text for name in (OTHER, AUTHORITY) for text in json.loads(pair.value(f"{name}/certificates")).values()]
    found = [each for text in texts for each in certificates.read_certificates(text)]
    return [each for each in found if certificates.public_key_of(each) == certificates.public_bytes(key.public_key())]


@pytest.mark.parametrize("host", [OTHER, AUTHORITY])
def test_a_stranger_gets_no_certificate_in_the_name_of_a_host(
    host: str, pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    key, before = certificates.new_key(), pair.value(f"{host}/certificates")
    write(pair, f"{host}/certificate-requests", vouched.json_of(requests(host, key)))

    pair.settle()

    assert signed_for(pair, key) == []
    assert pair.value(f"{host}/certificates") == before
    assert ("pairctl trust" in capsys.readouterr().err) == (host == OTHER)


def test_a_strangers_key_of_the_tunnel_proves_no_request_until_a_person_agreed(pair: Pair) -> None:
    key, tunnel = certificates.new_key(), pair.root / "stranger.key"
    right = wireguard.KEY
    pair.monkeypatch.setattr(wireguard, "KEY", tunnel)
    write(pair, f"{OTHER}/wireguard-public-key", wireguard.own_public_key())
    secret = wireguard.shared_secret(pair.value(f"{AUTHORITY}/wireguard-public-key"))
    pair.monkeypatch.setattr(wireguard, "KEY", right)
    write(pair, f"{OTHER}/certificate-requests", vouched.laid_out(OTHER, requests(OTHER, key), secret))

    for _ in range(2):
        pair.run(AUTHORITY)

    assert signed_for(pair, key) == []
    assert len(known.read(pair.settings(AUTHORITY).server).strangers) == 1


def test_requests_of_one_host_are_no_good_for_the_other() -> None:
    secret = bytes(32)
    laid_out = vouched.laid_out(OTHER, requests(OTHER, certificates.new_key()), secret)

    assert vouched.is_of(OTHER, laid_out, secret)
    assert not vouched.is_of(AUTHORITY, laid_out, secret)
    assert not vouched.is_of(OTHER, laid_out, None)
    for kind in json.loads(laid_out):
        assert not vouched.is_of(OTHER, vouched.json_of({**json.loads(laid_out), kind: "x"}), secret)


def test_a_renewal_is_proven_by_the_host_that_asks(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    old = pair.certificate(OTHER)
    capsys.readouterr()
    pair.now += timedelta(days=16)

    pair.settle()

    assert pair.certificate(OTHER) != old
    assert capsys.readouterr().err == ""


def test_an_authority_that_a_strangers_request_would_introduce_is_refused(pair: Pair) -> None:
    key, before = certificates.new_key(), set(pair.folder(AUTHORITY).installed().trusted)
    write(pair, f"{OTHER}/certificate-requests", vouched.json_of(requests(OTHER, key)))
    pair.run(AUTHORITY)
    made = authority.make(OTHER, pair.now)
    for server in signed_for(pair, key):
        parts = (made.certificate, authority.introduce(made, key, server, pair.now), server)
        write(pair, f"{OTHER}/certificate-authority", certificates.certificate_text(*parts))
        pair.settle()

    assert set(pair.folder(AUTHORITY).installed().trusted) == before
    assert set(pair.folder(OTHER).installed().trusted) == before


def test_who_reads_the_certificates_of_a_host_introduces_no_authority(pair: Pair) -> None:
    """As postgres of the host that signs, who reads them and what the machine's role may write."""
    held = pair.folder(AUTHORITY).installed().holding(certificates.SERVER)
    assert held is not None
    key, server = certificates.read_key(held.key), held.parsed()
    assert key is not None
    assert server is not None
    made, before = authority.make(AUTHORITY, pair.now), set(pair.folder(OTHER).installed().trusted)
    parts = (made.certificate, authority.introduce(made, key, server, pair.now), server)
    present = pair.value(f"{AUTHORITY}/certificate-authority")
    write(pair, f"{AUTHORITY}/certificate-authority", certificates.certificate_text(*parts) + present)

    pair.run(OTHER)

    assert set(pair.folder(OTHER).installed().trusted) == before
    assert len(known.read(pair.settings(OTHER).server).strangers) == 1


def test_an_authority_that_its_host_has_withdrawn_comes_back_with_nobody(pair: Pair) -> None:
    name = f"{AUTHORITY}/certificate-authority"
    before = pair.value(name)
    (old,) = certificates.read_certificates(before)
    for path in (pair.settings(AUTHORITY).server.mount_point / "pair-authority").iterdir():
        path.unlink()
    pair.now += timedelta(days=8)
    pair.settle()
    assert old not in pair.folder(OTHER).installed().trusted

    write(pair, name, before)
    pair.run(OTHER)

    assert old not in pair.folder(OTHER).installed().trusted


def pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


def with_an_extension_twice(der: bytes) -> str:
    return pem(der.replace(bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d13")))


def with_a_key_of_an_unknown_curve(der: bytes) -> str:
    return pem(der.replace(bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030105")))


def nested(_: bytes) -> str:
    return "[" * 4000


@pytest.mark.parametrize("make", [with_an_extension_twice, with_a_key_of_an_unknown_curve, nested])
@pytest.mark.parametrize("name", ["certificate-authority", "certificates", "certificate-requests"])
def test_whatever_lies_in_the_exchange_a_round_ends_and_hosts_write_their_own_again(
    name: str, make: Callable[[bytes], str], pair: Pair
) -> None:
    der = authority.make(AUTHORITY, pair.now).certificate.public_bytes(serialization.Encoding.DER)
    right, broken = pair.value(f"{AUTHORITY}/certificate-authority"), make(der)
    holds_texts = name != "certificate-authority" and make is not nested
    for host in (OTHER, AUTHORITY):
        write(pair, f"{host}/{name}", vouched.json_of({"server": broken}) if holds_texts else broken)

    pair.settle()

    assert pair.value(f"{AUTHORITY}/certificate-authority") == right
