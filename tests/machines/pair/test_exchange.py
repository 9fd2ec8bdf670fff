"""pairctl exchange: two hosts that never met end with keys and certificates of each other, and nothing else does."""

import argparse
import json
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import fetch
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from host.errors import HostError
from pair.commands import exchange, trust
from pair.keys import authority, certificates
from pair.keys.certificates import Names
from pair.server import cluster
from pair.settings import Server

from tests.machines.pair.clouds import Clouds
from tests.machines.pair.exchanges import AUTHORITY, OTHER, PREFIX, START, Pair


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    return Pair(tmp_path, monkeypatch)


def request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, common_name: str) -> str:
    """A certificate request of somebody who writes his own."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    alternative = x509.SubjectAlternativeName([x509.DNSName("elsewhere.example.com")])
    builder = builder.add_extension(alternative, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_two_hosts_that_never_met_end_with_keys_and_certificates(pair: Pair) -> None:
    pair.settle()

    for host, peer in ((OTHER, AUTHORITY), (AUTHORITY, OTHER)):
        for kind in ("server", "replicator", "rewind_user"):
            files = pair.folder(host).path / f"{kind}.pem", pair.folder(host).path / f"{kind}.key"
            ssl.create_default_context().load_cert_chain(*files)
        assert f"PublicKey = {pair.value(f'{peer}/wireguard-public-key')}" in configuration(pair, host)
    assert not (pair.settings(OTHER).server.mount_point / "pair-authority").exists(), "the key is on one host alone"
    assert pair.reloads == 2


def configuration(pair: Pair, host: str) -> str:
    return (pair.root / host / "etc" / "wireguard" / "packyard.conf").read_text()


def test_names_of_a_server_are_its_host_and_its_address_in_the_link(pair: Pair) -> None:
    pair.settle()

    extension = pair.certificate(OTHER).extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert extension.get_values_for_type(x509.DNSName) == [OTHER]
    assert [str(each) for each in extension.get_values_for_type(x509.IPAddress)] == ["10.200.0.1"]
    assert pair.certificate(OTHER, "replicator").subject.rfc4514_string() == "CN=replicator"


def test_a_second_run_changes_nothing_and_says_nothing(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    pair.settle()
    before = pair.everything()
    capsys.readouterr()

    for host in (OTHER, AUTHORITY):
        pair.run(host)
        assert pair.clouds.writes == []

    assert pair.everything() == before
    assert capsys.readouterr() == ("", "")
    assert pair.reloads == 2


def test_a_host_without_its_peer_lays_out_its_part_and_says_what_it_waits_for(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.run(OTHER)

    output = capsys.readouterr().out
    assert "waits for the WireGuard key of pg-b" in output
    assert "waits for certificates of pg-b: server, replicator, rewind_user" in output
    assert sorted(json.loads(pair.value(f"{OTHER}/certificate-requests"))) == ["replicator", "rewind_user", "server"]
    assert not (pair.folder(OTHER).path / "server.pem").exists()


def test_a_store_out_of_reach_is_one_message_and_changes_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    clouds = Clouds(OTHER, away={"ssm."})
    monkeypatch.setattr(fetch, "call", clouds.call)

    with pytest.raises(HostError, match=r"the Parameter Store cannot be reached at ssm\.us-east-1"):
        exchange.run(argparse.Namespace(), pair.settings(OTHER))

    assert pair.everything() == {}


def test_whatever_a_request_asks_for_the_document_names_the_certificate(pair: Pair) -> None:
    pair.run(OTHER)
    pair.change(f"{OTHER}/certificate-requests", "server", request(certificates.new_key(), "rewind_user"))

    pair.run(AUTHORITY)

    (made,) = certificates.read_certificates(json.loads(pair.value(f"{OTHER}/certificates"))["server"])
    assert made.subject.rfc4514_string() == f"CN={OTHER}"
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [OTHER]
    assert not certificates.is_authority(made)


def broken(text: str) -> str:
    """The request with another key in it, so that its signature is of somebody else."""
    der = x509.load_pem_x509_csr(text.encode()).public_bytes(serialization.Encoding.DER)
    turned = der[:-1] + bytes([der[-1] ^ 1])
    return ssl.DER_cert_to_PEM_cert(turned).replace("CERTIFICATE", "CERTIFICATE REQUEST")


def with_rsa(_: str) -> str:
    return request(rsa.generate_private_key(65537, 2048), OTHER)


def with_another_curve(_: str) -> str:
    return request(ec.generate_private_key(ec.SECP384R1()), OTHER)


def cut_off(text: str) -> str:
    return text[:40]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (with_rsa, "its key is not EC P-256"),
        (with_another_curve, "its key is not EC P-256"),
        (broken, "its signature does not fit its key"),
        (cut_off, "no certificate request"),
    ],
)
def test_a_request_that_proves_nothing_is_refused_with_one_line(
    make: Callable[[str], str], words: str, pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.run(OTHER)
    sound = json.loads(pair.value(f"{OTHER}/certificate-requests"))["server"]
    pair.change(f"{OTHER}/certificate-requests", "server", make(sound))

    pair.run(AUTHORITY)

    complaints = capsys.readouterr().err.splitlines()
    assert len(complaints) == 1
    assert words in complaints[0]
    assert sorted(json.loads(pair.value(f"{OTHER}/certificates"))) == ["replicator", "rewind_user"]


def test_a_request_for_a_name_that_the_document_does_not_give_is_refused(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.run(OTHER)
    pair.change(f"{OTHER}/certificate-requests", "postgres", request(certificates.new_key(), "postgres"))

    pair.run(AUTHORITY)

    assert "'postgres': nothing of that name is signed" in capsys.readouterr().err
    assert "postgres" not in json.loads(pair.value(f"{OTHER}/certificates"))


def swapped_key(pair: Pair) -> str:
    """A sound certificate for a key that the host does not have."""
    return json.loads(pair.value(f"{AUTHORITY}/certificates"))["server"]


def foreign_authority(pair: Pair) -> str:
    """A certificate for the host's own key, signed by an authority that nobody named."""
    return signed(pair, authority.make("elsewhere", pair.now), OTHER)


def other_names(pair: Pair) -> str:
    """Signed by the right authority for the right key, but for the other host."""
    return signed(pair, own_authority(pair), AUTHORITY)


def another_address(pair: Pair) -> str:
    """With the right name, but an address of somebody else beside it."""
    return signed_as(pair, own_authority(pair), Names(OTHER, host_name=OTHER, address="10.200.0.9"))


class NamesOfClient(Names):
    """The names of a server, for a use that is another."""

    @property
    def usage(self) -> x509.ObjectIdentifier:
        return ExtendedKeyUsageOID.CLIENT_AUTH


def for_clients(pair: Pair) -> str:
    """A certificate that PostgreSQL would show, and no client take."""
    return signed_as(pair, own_authority(pair), NamesOfClient(OTHER, host_name=OTHER, address="10.200.0.1"))


def ended(pair: Pair) -> str:
    return signed(pair, own_authority(pair), OTHER, timedelta(seconds=-1))


def own_authority(pair: Pair) -> authority.Authority:
    (path,) = (pair.settings(AUTHORITY).server.mount_point / "pair-authority").glob("*.pem")
    found = authority.read(path.with_suffix(".key").read_text(), path.read_text())
    assert found is not None
    return found


def signed(pair: Pair, by: authority.Authority, host: str, lifetime: timedelta = timedelta(days=60)) -> str:
    address = "10.200.0.1" if host == OTHER else "10.200.0.2"
    return signed_as(pair, by, certificates.names_of("server", host, address), lifetime)


def signed_as(pair: Pair, by: authority.Authority, names: Names, lifetime: timedelta = timedelta(days=60)) -> str:
    """A certificate for the key that the host has or waits with."""
    pending = pair.folder(OTHER).pending("server")
    text = pending.key if pending else (pair.folder(OTHER).path / "server.key").read_text()
    key = certificates.read_key(text)
    assert key is not None
    return certificates.certificate_text(authority.sign(by, key.public_key(), names, lifetime, pair.now))


MUTATIONS = [swapped_key, foreign_authority, other_names, another_address, for_clients, ended]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_certificate_that_does_not_fit_never_replaces_a_sound_one(
    mutation: Callable[[Pair], str], pair: Pair
) -> None:
    pair.settle()
    before = pair.certificate(OTHER)
    pair.change(f"{OTHER}/certificates", "server", mutation(pair))

    pair.run(OTHER)

    assert pair.certificate(OTHER) == before
    assert pair.reloads == 2


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_before_the_first_time_one_bad_certificate_holds_back_all(mutation: Callable[[Pair], str], pair: Pair) -> None:
    pair.run(OTHER)
    pair.run(AUTHORITY)
    pair.change(f"{OTHER}/certificates", "server", mutation(pair))

    pair.run(OTHER)

    assert not (pair.folder(OTHER).path / "current").exists()


def test_a_certificate_is_renewed_with_a_new_key_before_it_ends(pair: Pair) -> None:
    pair.settle()
    first = pair.certificate(OTHER)
    pair.now += timedelta(days=14)
    pair.settle()
    assert pair.certificate(OTHER) == first, "15 days and more remain"

    pair.now += timedelta(days=2)
    pair.settle()

    second = pair.certificate(OTHER)
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert certificates.public_key_of(second) != certificates.public_key_of(first)


def test_keys_with_certificates_come_into_use_together(pair: Pair) -> None:
    pair.settle()
    path = pair.folder(OTHER).path

    links = [entry for entry in path.iterdir() if entry.is_symlink() and entry.name != "current"]

    assert len(links) == 7
    assert {str(entry.readlink().parent) for entry in links} == {"current"}
    assert len(list(path.glob("generation-*"))) == 1


def test_a_missed_reload_is_made_up_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Server) -> None:
        raise HostError("busy")

    pair.run(OTHER)
    pair.run(AUTHORITY)
    with monkeypatch.context() as busy:
        busy.setattr(cluster, "reload", refuse)
        with pytest.raises(HostError):
            pair.run(OTHER)
    before = pair.reloads

    pair.run(OTHER)
    pair.run(OTHER)

    assert pair.reloads == before + 1


def test_a_change_of_authority_interrupts_nothing(pair: Pair) -> None:
    pair.settle()
    old = pair.certificate(OTHER)
    pair.signs = OTHER
    for minute in (5, 10, 15, 20, 25, 30, 35):
        pair.now = START + timedelta(minutes=minute)
        for host in (OTHER, AUTHORITY):
            pair.run(host)
            trusted = pair.folder(AUTHORITY).installed().trusted
            names = certificates.names_of("server", OTHER, "10.200.0.1")
            assert not list(certificates.faults(pair.certificate(OTHER), names, trusted, pair.now))

    assert len(pair.folder(AUTHORITY).installed().trusted) == 2
    assert pair.certificate(OTHER) == old, "a sound certificate is used until its renewal"

    pair.now += timedelta(days=16)
    pair.settle()
    pair.run(AUTHORITY)

    assert pair.certificate(AUTHORITY).issuer.rfc4514_string().startswith("CN=database pair\\, pg-a")


def test_a_new_authority_signs_nothing_before_the_peer_could_fetch_it(pair: Pair) -> None:
    pair.settle()
    old, trusted_by_peer = pair.certificate(OTHER), pair.folder(AUTHORITY).installed().trusted
    pair.signs = OTHER
    pair.now += timedelta(days=16)

    pair.run(OTHER)

    names = certificates.names_of("server", OTHER, "10.200.0.1")
    assert not list(certificates.faults(pair.certificate(OTHER), names, trusted_by_peer, pair.now))

    pair.now += timedelta(minutes=35)
    pair.settle()

    assert pair.certificate(OTHER) != old


def test_a_lost_host_asks_with_new_keys_and_is_served_once_a_person_agreed(pair: Pair) -> None:
    pair.settle()
    old = pair.certificate(OTHER)
    for path in sorted((pair.root / OTHER).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    pair.settle()
    assert not (pair.folder(OTHER).path / "server.pem").exists()
    key = pair.value(f"{OTHER}/wireguard-public-key")
    agreed = argparse.Namespace(fingerprint=key, refuse=False, yes=True, dry_run=False)
    assert trust.run(agreed, pair.settings(AUTHORITY)) == 0
    pair.run(AUTHORITY)
    pair.run(OTHER)

    assert certificates.public_key_of(pair.certificate(OTHER)) != certificates.public_key_of(old)


def test_what_is_no_key_never_gets_into_the_configuration_of_the_tunnel(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.parameters[f"{PREFIX}/{AUTHORITY}/wireguard-public-key"] = "x\nPostUp = reboot"

    pair.run(OTHER)

    assert "the tunnel stays as it is" in capsys.readouterr().err
    assert not (pair.root / OTHER / "etc" / "wireguard" / "packyard.conf").exists()


def test_the_rest_of_the_tunnels_configuration_is_kept(pair: Pair) -> None:
    pair.run(AUTHORITY)
    path = pair.root / OTHER / "etc" / "wireguard" / "packyard.conf"
    path.parent.mkdir(parents=True)
    path.write_text("[Interface]\nAddress = 10.200.0.1/32\nMTU = 1380\n\n[Peer]\nPublicKey = old\n")

    pair.run(OTHER)

    text = path.read_text()
    assert text.startswith("[Interface]\nAddress = 10.200.0.1/32\nMTU = 1380\n\n[Peer]\n")
    assert "old" not in text
    assert text.count("[Peer]") == 1
