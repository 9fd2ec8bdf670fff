"""converge.py: when a service may be interrupted, and what a playbook is given."""

import contextlib
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.machines.support.programs import program

converge = program("converge")

SUNDAY_NIGHT = {"day": "Sun", "start": "23:00", "minutes": 120}

DOCUMENT = {
    "name": "web",
    "role": "package-server",
    "bundle": {"sha256": "0" * 64},
    "dataDisk": {"device": "/dev/disk/by-id/google-data", "sizeGiB": 100},
    "maintenanceWindow": SUNDAY_NIGHT,
    "settings": {"publicHost": "packages.example.com", "backup": {"time": "02:30"}},
}

WORDS = """
TASK [base : Install Debian's packages] ****************************************
changed: [localhost] => (item=chrony)
changed: [localhost] => (item=sudo)

TASK [base : Prove that time is kept] ******************************************
fatal: [localhost]: FAILED! => {"msg": "chrony does not run. HINT: journalctl -u chrony"}

RUNNING HANDLER [base : Restart chrony] ****************************************
changed: [localhost]

PLAY RECAP *********************************************************************
localhost                  : ok=21   changed=2    unreachable=0    failed=1    skipped=3    rescued=0    ignored=0
"""
"""As Ansible prints it."""


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-22 22:59", False),
        ("2026-11-22 23:00", True),
        ("2026-11-23 00:59", True),
        ("2026-11-23 01:00", False),
        ("2026-11-21 23:30", False),
        ("2026-11-24 00:30", False),
    ],
    ids=["a minute early", "begins", "after midnight", "over", "the day before", "a day late"],
)
def test_the_maintenance_window_may_pass_midnight_and_the_week(moment: str, inside: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert converge.in_window(SUNDAY_NIGHT, now) is inside


def test_a_playbook_is_given_the_machine_and_the_settings_of_its_role() -> None:
    given = converge.variables(DOCUMENT, may_interrupt=False)

    assert given["machine_name"] == "web"
    assert given["machine_data_disk"] == DOCUMENT["dataDisk"]
    assert given["machine_may_interrupt"] is False
    assert given["package_server_public_host"] == "packages.example.com"
    # Values stay as they are: their keys may be names of another program.
    assert given["package_server_backup"] == {"time": "02:30"}
    assert given["machine_settings"] == DOCUMENT["settings"]
    assert {key.split("_")[0] for key in given} == {"machine", "package"}


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    ran: list[list[str]] = []

    def run(command: list[str], **_options: Any) -> contextlib.nullcontext[SimpleNamespace]:
        ran.append(command)
        return contextlib.nullcontext(SimpleNamespace(returncode=0, stdout=io.StringIO(WORDS)))

    monkeypatch.setattr(converge, "VARIABLES", tmp_path / "run" / "variables.json")
    # Here every document is sound; test_schema.py has those that are not.
    (tmp_path / "schema.json").write_text("{}")
    monkeypatch.setattr(converge, "SCHEMA", tmp_path / "schema.json")
    monkeypatch.setattr(converge.subprocess, "run", run)
    monkeypatch.setattr(converge.subprocess, "Popen", run)
    found(monkeypatch, "/usr/bin/ansible-playbook")
    return ran


def found(monkeypatch: pytest.MonkeyPatch, path: str | None) -> None:
    """Where the machine finds any program that is looked for."""

    def which(_name: str) -> str | None:
        return path

    monkeypatch.setattr(converge.shutil, "which", which)


def started(document: dict[str, Any], tmp_path: Path, *arguments: str) -> int:
    file = tmp_path / "document.json"
    file.write_text(json.dumps(document))
    return converge.main([str(file), *arguments])


@pytest.mark.parametrize(("arguments", "allowed"), [((), False), (("--now",), True)], ids=["timer", "operator"])
def test_outside_the_window_only_an_operator_may_interrupt(
    arguments: tuple[str, ...],
    allowed: bool,  # noqa: FBT001 -- a parameter of the test
    commands: list[list[str]],
    tmp_path: Path,
) -> None:
    yesterday = converge.WEEKDAYS[(datetime.now(UTC).weekday() - 2) % 7]
    window = {"day": yesterday, "start": "00:00", "minutes": 15}

    started({**DOCUMENT, "maintenanceWindow": window}, tmp_path, *arguments)

    assert json.loads(converge.VARIABLES.read_text())["machine_may_interrupt"] is allowed
    assert converge.VARIABLES.parent.stat().st_mode & 0o077 == 0
    assert len(commands) == 1


def test_a_dry_run_asks_ansible_to_change_nothing(commands: list[list[str]], tmp_path: Path) -> None:
    started(DOCUMENT, tmp_path, "--dry")

    assert "--check" in commands[0]


def test_a_role_without_a_playbook_is_refused_before_anything_is_installed(
    commands: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = started({**DOCUMENT, "role": "unheard-of"}, tmp_path)

    assert status == 1
    assert "unheard-of" in events(capsys)["refused"]["faults"][0]
    assert commands == []


def test_ansible_comes_from_debian_where_it_is_missing(
    commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, None)

    started(DOCUMENT, tmp_path)

    assert [command[0] for command in commands] == ["apt-get", "apt-get", "ansible-playbook"]


def events(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """Lines of the journal that are for programs."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return {event["event"]: event for event in map(json.loads, lines)}


def test_a_run_is_told_with_what_it_took_and_what_it_did(
    commands: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started(DOCUMENT, tmp_path, "--now")
    told = events(capsys)

    assert commands
    assert told["started"] == {
        "event": "started",
        "role": "package-server",
        "document": hashlib.sha256((tmp_path / "document.json").read_bytes()).hexdigest(),
        "bundle": "0" * 64,
        "may_interrupt": True,
        "dry": False,
    }
    assert {"status": 0, "seconds": 0, "ok": 21, "changed": 2, "failed": 1}.items() <= told["finished"].items()
    assert told["finished"]["changed_tasks"] == ["base : Install Debian's packages", "base : Restart chrony"]
    assert told["finished"]["failed_tasks"] == ["base : Prove that time is kept"]


def test_people_read_the_words_of_ansible_whole(
    commands: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started(DOCUMENT, tmp_path)

    assert commands
    assert WORDS in capsys.readouterr().out
