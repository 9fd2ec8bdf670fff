"""What came through the exchange after the first: a key is told, an authority is taken only with an introduction."""

import argparse
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from host.errors import HostError
from pair.commands import trust
from pair.keys import authority, certificates, known, signing
from pair.keys.certificate_folder import Holding
from pair.keys.known import Known
from pair.keys.parameter_store import LIMIT

from tests.machines.pair.exchanges import AUTHORITY, OTHER, PREFIX, Pair

KEY = f"{PREFIX}/{AUTHORITY}/wireguard-public-key"
AUTHORITIES = f"{PREFIX}/{AUTHORITY}/certificate-authority"


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    made = Pair(tmp_path, monkeypatch)
    made.settle()
    return made


def key_of_a_stranger() -> str:
    """Made as anybody makes one."""
    raw = subprocess.run(["openssl", "genpkey", "-algorithm", "X25519"], capture_output=True, text=True, check=True)
    public = ["openssl", "pkey", "-pubout", "-outform", "DER"]
    der = subprocess.run(public, input=raw.stdout.encode(), capture_output=True, check=True).stdout
    encoded = subprocess.run(["base64", "-w0"], input=der[-32:], capture_output=True, check=True).stdout
    return encoded.decode()


def authority_of_a_stranger(pair: Pair) -> str:
    """As like the right one as somebody can make it who lacks the key: name and time are the same."""
    (right,) = (each for each in laid_out(pair) if certificates.signed_by(each, each))
    made = authority.make(AUTHORITY, right.not_valid_before_utc + certificates.BACKDATED)
    assert made.certificate.subject == right.subject
    return certificates.certificate_text(made.certificate)


def remembered(pair: Pair, host: str = OTHER) -> Known:
    return known.read(pair.settings(host).server)


def trusted(pair: Pair, host: str = OTHER) -> set[x509.Certificate]:
    """What PostgreSQL of a host is handed."""
    return set(pair.folder(host).installed().trusted)


def laid_out(pair: Pair, name: str = AUTHORITIES) -> tuple[x509.Certificate, ...]:
    return certificates.read_certificates(pair.parameters[name])


def agree(pair: Pair, fingerprint: str, *, host: str = OTHER, refuse: bool = False) -> int:
    options = argparse.Namespace(fingerprint=fingerprint, refuse=refuse, yes=True, dry_run=False)
    return trust.run(options, pair.settings(host))


def tunnel(pair: Pair) -> str:
    return (pair.root / OTHER / "etc" / "wireguard" / "packyard.conf").read_text()


def test_hosts_that_meet_for_the_first_time_tell_nothing(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    assert capsys.readouterr().err == ""
    assert remembered(pair).strangers == remembered(pair, AUTHORITY).strangers == ()
    assert remembered(pair).peer_key == pair.parameters[KEY]


def test_a_strangers_key_is_told_once_and_stays_told_when_the_right_one_is_back(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong = pair.parameters[KEY], key_of_a_stranger()
    pair.parameters[KEY] = wrong
    for _ in range(2):
        pair.run(OTHER)
    told = capsys.readouterr().err
    assert told.count(wrong) == 1
    assert "pairctl trust" in told

    pair.run(AUTHORITY)
    pair.run(OTHER)

    assert f"PublicKey = {right}" in tunnel(pair)
    assert [each.fingerprint for each in remembered(pair).strangers] == [wrong]
    assert agree(pair, wrong, refuse=True) == 0
    assert remembered(pair) == Known(right, remembered(pair).authorities)


def test_a_host_that_was_made_anew_is_taken_and_told_until_a_person_agrees(pair: Pair) -> None:
    made = pair.parameters[KEY] = key_of_a_stranger()
    pair.run(OTHER)
    assert f"PublicKey = {made}" in tunnel(pair)

    assert agree(pair, made) == 0
    pair.run(OTHER)

    assert (remembered(pair).peer_key, remembered(pair).strangers) == (made, ())


@pytest.mark.parametrize("times", [0, 1], ids=["in the place of the right one", "beside it"])
def test_an_authority_that_nobody_introduces_is_refused_and_told(
    pair: Pair, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before, right = trusted(pair), pair.parameters[AUTHORITIES]
    capsys.readouterr()
    wrong = authority_of_a_stranger(pair)
    pair.parameters[AUTHORITIES] = wrong + right * times

    pair.run(OTHER)

    assert trusted(pair) == before
    (stranger,) = remembered(pair).strangers
    printed = ["openssl", "x509", "-noout", "-fingerprint", "-sha256"]
    shown = subprocess.run(printed, input=wrong, capture_output=True, text=True, check=True).stdout
    assert shown.strip().endswith(f"={stranger.fingerprint}")
    assert stranger.fingerprint in capsys.readouterr().err


def test_an_authority_that_a_stranger_introduces_is_refused(pair: Pair) -> None:
    now = pair.now
    stranger, made = authority.make("pg-b", now), authority.make("pg-b", now + timedelta(seconds=1))
    key = certificates.new_key()
    names = certificates.names_of("server", AUTHORITY, "10.200.0.2")
    server = authority.sign(stranger, key.public_key(), names, timedelta(days=9), now)
    by_host = authority.introduce(made, key, server, now)
    by_authority = authority.introduce(made, stranger.key, stranger.certificate, now)
    before = trusted(pair)
    parts = (made.certificate, by_authority, by_host, server, stranger.certificate)
    pair.parameters[AUTHORITIES] = certificates.certificate_text(*parts, *laid_out(pair))

    pair.run(OTHER)

    assert trusted(pair) == before
    assert len(remembered(pair).strangers) == 2


def test_an_introduction_of_one_authority_is_no_good_for_another(pair: Pair) -> None:
    while len(laid_out(pair)) == 1:
        pair.now += timedelta(days=10)
        pair.settle()
    found = [each for each in laid_out(pair) if certificates.signed_by(each, each)]
    stranger = authority.make(AUTHORITY, found[0].not_valid_before_utc + certificates.BACKDATED).certificate
    old = min(found, key=lambda each: each.not_valid_before_utc)

    assert authority.is_introduced(found[0], laid_out(pair), [old], pair.now)
    assert not authority.is_introduced(stranger, laid_out(pair), [old], pair.now)


def test_a_renewed_authority_is_introduced_by_the_old_one_and_interrupts_nothing(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    (old,) = laid_out(pair)
    capsys.readouterr()
    while len([each for each in laid_out(pair) if certificates.signed_by(each, each)]) == 1:
        pair.now += timedelta(days=10)
        pair.settle()
    new = next(each for each in laid_out(pair) if certificates.signed_by(each, each) and each != old)

    assert trusted(pair) == trusted(pair, AUTHORITY) == {old, new}
    assert remembered(pair).strangers == ()
    assert capsys.readouterr().err == ""
    assert len(pair.parameters[AUTHORITIES].encode()) < LIMIT
    assert not any(path.read_text().count("CERTIFICATE") > 4 for path in (pair.root / OTHER).rglob("authority.pem"))


def test_a_change_of_the_host_that_signs_is_introduced_by_that_host(pair: Pair) -> None:
    pair.signs = OTHER
    pair.run(OTHER)
    pair.run(AUTHORITY)

    assert len(trusted(pair, AUTHORITY)) == 2
    assert remembered(pair, AUTHORITY).strangers == ()


def test_a_host_that_lost_its_disks_signs_for_the_other_one_after_a_person_agreed(pair: Pair) -> None:
    lost = sorted((pair.root / AUTHORITY).rglob("*"), reverse=True)
    for path in lost:
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    old = trusted(pair)
    pair.now += timedelta(days=1)
    for _ in range(2):
        pair.run(AUTHORITY)
        pair.run(OTHER)
    (new,) = laid_out(pair)
    assert trusted(pair) == old
    assert {each.fingerprint for each in remembered(pair).strangers} == {pair.parameters[KEY], known.fingerprint(new)}

    for each in remembered(pair).strangers:
        assert agree(pair, each.fingerprint) == 0
    for host in (OTHER, AUTHORITY, OTHER):
        pair.run(host)

    assert trusted(pair) == {new}
    assert certificates.signed_by(pair.certificate(OTHER), new)
    assert remembered(pair).strangers == ()


def test_a_host_with_a_new_boot_disk_still_knows_what_it_knew(pair: Pair) -> None:
    for path in sorted((pair.root / OTHER / "etc").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    (right,) = laid_out(pair)
    pair.parameters[AUTHORITIES] = authority_of_a_stranger(pair)
    pair.parameters[KEY] = key_of_a_stranger()

    pair.run(OTHER)

    assert len(remembered(pair).strangers) == 2
    assert certificates.read_certificates(remembered(pair).authorities) == (right,)


def test_an_authority_that_is_withdrawn_is_trusted_no_more(pair: Pair) -> None:
    (old,) = laid_out(pair)
    for path in (pair.settings(AUTHORITY).server.mount_point / "pair-authority").iterdir():
        path.unlink()
    pair.now += timedelta(hours=1)
    for host in (AUTHORITY, OTHER):
        pair.run(host)

    assert old not in trusted(pair)
    pair.parameters[AUTHORITIES] += certificates.certificate_text(old)
    pair.run(OTHER)
    assert old not in trusted(pair)
    assert [each.fingerprint for each in remembered(pair).strangers] == [known.fingerprint(old)]


def test_a_living_pair_knows_what_it_uses_when_this_program_comes(pair: Pair) -> None:
    (pair.settings(OTHER).server.state / "known").unlink()
    pair.parameters[AUTHORITIES] = authority_of_a_stranger(pair)
    pair.parameters[KEY] = key_of_a_stranger()

    pair.run(OTHER)

    assert len(remembered(pair).strangers) == 2


def test_an_introduction_that_ended_is_laid_out_no_more(pair: Pair) -> None:
    made = authority.make("pg-a", pair.now)
    held = pair.folder(OTHER).installed().holding("server")
    assert isinstance(held, Holding)
    key, certificate = certificates.read_key(held.key), held.parsed()
    assert key is not None
    assert certificate is not None
    spoken = authority.introduce(made, key, certificate, pair.now)
    own = [authority.Authority(made.key, made.certificate, (spoken, certificate))]

    assert signing.laid_out(own, pair.now) == (made.certificate, spoken, certificate)
    assert signing.laid_out(own, pair.now + timedelta(days=31)) == (made.certificate,)


def test_what_a_person_agrees_to_is_what_was_shown(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = pair.parameters[KEY] = key_of_a_stranger()
    pair.run(OTHER)
    with pytest.raises(HostError, match="nothing waits that has the fingerprint"):
        agree(pair, pair.value(f"{OTHER}/wireguard-public-key"))

    shown = argparse.Namespace(fingerprint=None, refuse=False, yes=False, dry_run=False)
    assert trust.run(shown, pair.settings(OTHER)) == 0
    assert pair.value(f"{OTHER}/wireguard-public-key") in capsys.readouterr().out

    before = remembered(pair)
    account = argparse.Namespace(fingerprint=wrong, refuse=False, yes=False, dry_run=True)
    assert trust.run(account, pair.settings(OTHER)) == 0
    assert "Might be lost" in capsys.readouterr().out
    assert remembered(pair) == before


def test_a_file_that_says_nothing_is_one_message(pair: Pair) -> None:
    (pair.settings(OTHER).server.state / "known").write_text(json.dumps({"peer_key": "x"}))

    with pytest.raises(HostError, match="does not say what is known of the peer"):
        pair.run(OTHER)
