"""offsite: what restic is given, what it is never given, and what is noted."""

import base64
import importlib
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from host.programs import Finished

from tests.machines.support.programs import MACHINES, program

fetch = program("fetch")
offsite = importlib.import_module("offsite.__main__")

KEY = "repository-key"
TOKEN = "header.payload.signature"  # noqa: S105 -- stands for one
PLACE = {
    "bucket": "example-vault",
    "region": "us-east-1",
    "prefix": "dev",
    "roleArn": "arn:aws:iam::123456789012:role/offsite-dev",
    "audience": "example-vault",
}
SETTINGS = {
    "machine": "dev",
    "place": PLACE,
    "passwordSecret": "example-restic",
    "excludes": ["*.tmp"],
    "checkSubset": "5%",
    "metric": "dev_data",
}


def _nobody(*_: object) -> None:
    """Files belong to whoever runs the test."""


class Machine:
    """A machine whose restic only notes how it was called."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.calls: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.files: list[dict[str, tuple[str, int]]] = []
        self.statuses: dict[str, int] = {}
        self.secret: str | None = KEY
        self.tokens = 0
        self.runtime = root / "runtime"
        self.runtime.mkdir()
        (root / "etc").mkdir()
        self.source = root / "backups"
        self.source.mkdir()
        (root / "etc" / "data.json").write_text(json.dumps({**SETTINGS, "paths": [str(self.source)]}))
        monkeypatch.setattr(offsite, "FOLDER", root / "etc")
        monkeypatch.setattr("host.metrics.FOLDER", root / "prom")
        monkeypatch.setattr("shutil.chown", _nobody)
        monkeypatch.setattr(fetch, "call", self._call)
        monkeypatch.setattr("host.programs.run", self._restic)
        monkeypatch.setenv("RUNTIME_DIRECTORY", str(self.runtime))
        monkeypatch.setenv("CACHE_DIRECTORY", str(root / "cache"))

    def _call(self, url: str, headers: dict[str, str], *_: Any) -> bytes:
        if "identity?" in url:
            assert headers["Metadata-Flavor"] == "Google"
            assert "audience=example-vault" in url
            self.tokens += 1
            return f"{TOKEN}{self.tokens}\n".encode()
        if url.endswith("/token"):
            return b'{"access_token": "own"}'
        if url.endswith("/project-id"):
            return b"example-project"
        assert "/projects/example-project/secrets/example-restic/" in url
        if self.secret is None:
            raise OSError("404")
        return json.dumps({"payload": {"data": base64.b64encode(self.secret.encode()).decode()}}).encode()

    def _restic(self, words: list[str], *, environment: dict[str, str], **_: Any) -> Finished:
        self.calls.append(words)
        self.environments.append(environment)
        self.files.append({path.name: (path.read_text(), path.stat().st_mode) for path in self.runtime.iterdir()})
        return Finished(self.statuses.get(words[2], 0), "", "")

    def verbs(self) -> list[str]:
        return [words[2] for words in self.calls]

    def metric(self, name: str) -> float:
        text = "".join(path.read_text() for path in (self.root / "prom").glob("*.prom"))
        (value,) = (line.split()[1] for line in text.splitlines() if line.startswith(f"packyard_{name} "))
        return float(value)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_a_snapshot_goes_below_the_prefix_of_the_service(machine: Machine) -> None:
    assert offsite.main(["backup", "data"]) == 0

    assert machine.verbs() == ["cat", "unlock", "backup"]
    assert machine.calls[-1][3:] == ["--host=dev", "--tag=data", "--exclude=*.tmp", str(machine.source)]
    assert machine.environments[-1]["RESTIC_REPOSITORY"] == "s3:https://s3.us-east-1.amazonaws.com/example-vault/dev"
    assert machine.environments[-1]["AWS_ROLE_ARN"] == PLACE["roleArn"]


def test_key_and_token_are_files_of_root_alone_and_gone_with_the_run(machine: Machine) -> None:
    offsite.main(["backup", "data"])

    assert set(machine.files[-1]) == {"key", "token"}
    assert machine.files[-1]["key"][0] == KEY
    assert machine.files[-1]["token"][0] == f"{TOKEN}1", "a line's end would be sent as part of it"
    assert {stat.S_IMODE(mode) for _, mode in machine.files[-1].values()} == {0o600}
    assert list(machine.runtime.iterdir()) == []
    for words, environment in zip(machine.calls, machine.environments, strict=True):
        assert KEY not in " ".join(words)
        assert KEY not in environment.values()


def test_the_token_is_kept_fresh_while_restic_runs(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "token"

    with offsite.fresh_token(path, PLACE["audience"], 0.01):
        while machine.tokens < 3:
            time.sleep(0.01)
        assert path.read_text().startswith(TOKEN)

    assert not path.exists()


def test_a_repository_is_made_before_the_first_snapshot(machine: Machine) -> None:
    machine.statuses["cat"] = offsite.NO_REPOSITORY

    assert offsite.main(["backup", "data"]) == 0

    assert machine.verbs() == ["cat", "init", "unlock", "backup"]


@pytest.mark.parametrize("status", [1, 11, 12, 130])
def test_a_repository_that_cannot_be_opened_is_never_made_anew(status: int, machine: Machine) -> None:
    machine.statuses["cat"] = status

    assert offsite.main(["backup", "data"]) == 1

    assert machine.verbs() == ["cat"]


def test_a_source_that_is_gone_is_a_failure(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.source.rmdir()

    assert offsite.main(["backup", "data"]) == 1

    assert f"{machine.source} is not there" in capsys.readouterr().err
    assert machine.calls == [], "restic passes over what is not there and ends well"


@pytest.mark.parametrize("verb", ["backup", "check"])
def test_nothing_is_forgotten_or_pruned_from_a_machine(verb: str, machine: Machine) -> None:
    offsite.main([verb, "data"])

    assert not {"forget", "prune", "rewrite", "--remove-all"} & {word for words in machine.calls for word in words}


def test_a_check_reads_a_part_of_the_data(machine: Machine) -> None:
    assert offsite.main(["check", "data"]) == 0

    assert machine.calls[-1][2:] == ["check", "--read-data-subset=5%"]
    assert machine.metric("dev_data_check_timestamp_seconds") > 0


@pytest.mark.parametrize("status", [1, 3])
def test_a_failure_shows_and_keeps_the_time_of_the_last_good_one(status: int, machine: Machine) -> None:
    offsite.main(["backup", "data"])
    good = machine.metric("dev_data_timestamp_seconds")
    machine.statuses["backup"] = status

    assert offsite.main(["backup", "data"]) == 1

    assert machine.metric("dev_data_failed") == 1
    assert machine.metric("dev_data_timestamp_seconds") == good > 0


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_key_nothing_is_sent(
    secret: str | None, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.secret = secret

    assert offsite.main(["backup", "data"]) == 1

    assert machine.calls == []
    assert "the secret example-restic" in capsys.readouterr().err


def test_what_it_would_do_is_shown_without_an_identity(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert offsite.main(["show", "data"]) == 0
    assert offsite.main(["show", "other"]) == 1

    assert f"{machine.source} to s3:https://" in capsys.readouterr().out
    assert machine.tokens == 0


def test_it_needs_nothing_but_the_standard_library_host_and_fetch() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{MACHINES}:{MACHINES / 'converge'}"}
    command = [sys.executable, "-S", "-P", "-m", "offsite", "--help"]

    subprocess.run(command, check=True, env=environment, capture_output=True)
