"""pairctl secrets: what pgBackRest gets from the secret stores, and what happens where they give nothing."""

import argparse
import json
import stat
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

import fetch
import pytest
from host.identity import OBJECTS_SCOPE, AwsIdentity, subject_token
from pair.commands import secrets
from pair.repositories import credentials

from tests.machines.pair.clouds import ACCESS_TOKEN, IDENTITY_TOKEN, KEYS, Clouds
from tests.machines.pair.hosts import pair_settings, without_root

NAMES = ("example-pkg-staging-database-pair-cipher-repo1", "example-pkg-staging-database-pair-cipher-repo2")
PASSPHRASES = {name: f"passphrase-{number}+/=" for number, name in enumerate(NAMES, start=1)}
AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws-account"


class Host:
    """One host with both clouds around it."""

    def __init__(self, name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clouds = Clouds(name, secrets=dict(PASSPHRASES))
        self.settings = pair_settings(name, root)
        self.folder = root / "etc" / "pgbackrest" / "conf.d"
        without_root(monkeypatch, root)
        monkeypatch.setattr(fetch, "call", self.clouds.call)
        monkeypatch.setattr(credentials, "FOLDER", self.folder)
        monkeypatch.setattr(credentials, "CONFIGURATION", self.folder.parent / "pgbackrest.conf")

    def run(self) -> int:
        return secrets.run(argparse.Namespace(), self.settings)

    def text(self, number: int) -> str:
        return (self.folder / f"repo{number}.conf").read_text()


@pytest.fixture
def pg_a(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host("pg-a", tmp_path, monkeypatch)


@pytest.fixture
def pg_b(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host("pg-b", tmp_path, monkeypatch)


def test_each_repository_has_a_file_with_its_own_passphrase(pg_b: Host) -> None:
    assert pg_b.run() == 0

    assert pg_b.text(1) == "[global]\nrepo1-cipher-pass=passphrase-1+/=\n"
    assert pg_b.text(2) == (
        f"[global]\nrepo2-cipher-pass=passphrase-2+/=\nrepo2-gcs-key-type=token\nrepo2-gcs-key={ACCESS_TOKEN}1\n"
    )
    assert {path.name for path in pg_b.folder.iterdir()} == {"repo1.conf", "repo2.conf"}


def test_root_and_postgres_alone_read_them(pg_b: Host) -> None:
    pg_b.run()

    for path in pg_b.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_on_gce_the_identity_token_is_the_whole_file(pg_a: Host) -> None:
    assert pg_a.run() == 0

    web = pg_a.settings.server.web_identity
    assert web is not None
    assert web.token_file.read_bytes() == IDENTITY_TOKEN.encode(), "a line's end would be sent as part of it"
    assert "gcs-key" not in pg_a.text(2), "GCE reaches its own cloud without a token of ours"


def test_what_did_not_change_is_not_written_again(pg_a: Host) -> None:
    pg_a.run()
    times = {path: path.stat().st_ino for path in pg_a.folder.iterdir()}

    pg_a.run()

    assert {path: path.stat().st_ino for path in pg_a.folder.iterdir()} == times


def test_nothing_is_said_and_nothing_secret_is_shown(pg_b: Host, capsys: pytest.CaptureFixture[str]) -> None:
    pg_b.run()
    pg_b.clouds.away.add("secretsmanager")
    pg_b.run()

    captured = capsys.readouterr()
    assert captured.out == ""
    for secret in (*PASSPHRASES.values(), *KEYS.values(), ACCESS_TOKEN):
        assert secret not in captured.err
    assert KEYS["SecretAccessKey"] not in repr(AwsIdentity(KEYS))


@pytest.mark.parametrize(("host", "command"), [("pg_a", "gcloud secrets versions add"), ("pg_b", "aws secretsmanager")])
def test_an_empty_secret_is_named_with_the_command_that_fills_it(
    host: str, command: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    machine: Host = request.getfixturevalue(host)
    del machine.clouds.secrets[NAMES[0]]

    assert machine.run() == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert f"the secret {NAMES[0]} of repo1 is empty" in line
    assert command in line
    assert not (machine.folder / "repo1.conf").exists()
    assert "passphrase-2" in machine.text(2), "one empty secret does not hold back the other"


@pytest.mark.parametrize("value", ["", " \n", "two\nlines", "a\x00b", "pässphrase"])
def test_a_secret_that_would_not_fit_in_a_line_is_refused(value: str, pg_b: Host) -> None:
    pg_b.clouds.secrets[NAMES[0]] = value

    assert pg_b.run() == 1

    assert not (pg_b.folder / "repo1.conf").exists()


def test_a_store_out_of_reach_leaves_what_is_there(pg_b: Host, capsys: pytest.CaptureFixture[str]) -> None:
    pg_b.run()
    before = pg_b.text(1), pg_b.text(2)
    pg_b.clouds.away.add("secretsmanager")

    assert pg_b.run() == 1

    assert (pg_b.text(1), pg_b.text(2)) == before
    assert "Secrets Manager cannot be reached" in capsys.readouterr().err


def test_without_google_the_last_token_stays_and_the_other_repository_goes_on(pg_b: Host) -> None:
    pg_b.run()
    pg_b.clouds.away.add("sts.googleapis.com")

    assert pg_b.run() == 1

    assert f"repo2-gcs-key={ACCESS_TOKEN}1\n" in pg_b.text(2)


def test_a_first_token_that_fails_leaves_a_configuration_that_serves_the_other_repository(pg_b: Host) -> None:
    pg_b.clouds.away.add("sts.googleapis.com")

    assert pg_b.run() == 1

    assert "repo2-gcs-key=unset\n" in pg_b.text(2)
    assert "passphrase-1" in pg_b.text(1)


def test_an_option_of_the_main_file_is_not_said_twice(pg_b: Host) -> None:
    pg_b.folder.parent.mkdir(parents=True)
    (pg_b.folder.parent / "pgbackrest.conf").write_text("[global]\nrepo2-gcs-key-type=token\n")

    pg_b.run()

    assert "gcs-key-type" not in pg_b.text(2), "pgBackRest refuses an option that stands in two files"


def test_google_gets_a_signed_question_that_is_good_for_one_provider_alone() -> None:
    text = subject_token(AUDIENCE, AwsIdentity(KEYS), "eu-west-1")

    request = json.loads(urllib.parse.unquote(text))
    headers = {entry["key"]: entry["value"] for entry in request["headers"]}
    moment = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    more = {"x-goog-cloud-target-resource": AUDIENCE}
    again = fetch.signed("POST", request["url"], b"", "sts", "eu-west-1", credentials=KEYS, now=moment, more=more)
    assert request["url"] == "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    assert request["method"] == "POST"
    assert set(headers) == {
        "Authorization",
        "host",
        "x-amz-date",
        "x-amz-security-token",
        "x-goog-cloud-target-resource",
    }
    assert headers["Authorization"] == again["authorization"]
    assert "x-goog-cloud-target-resource" in headers["Authorization"], "unsigned, anybody could turn it elsewhere"


def test_the_federated_token_is_for_objects_alone(pg_b: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    forms: list[dict[str, str]] = []

    def noted(form: dict[str, str]) -> str:
        forms.append(form)
        return json.dumps({"access_token": "x"})

    monkeypatch.setattr(pg_b.clouds, "_federate", noted)

    pg_b.run()

    (form,) = forms
    assert form["scope"] == OBJECTS_SCOPE
    assert "/devstorage." in form["scope"], (
        "a token for everything would be as much as the principal may ever be granted"
    )
    assert form["audience"] == pg_b.settings.federation_audience
    assert form["subjectToken"].isascii()
