"""pairctl itself: its table of commands, and its document."""

import argparse
import importlib
import json
from pathlib import Path

import pytest
from host.errors import HostError
from pair import __main__ as entry
from pair import settings

from tests.machines.pair.hosts import document


@pytest.mark.parametrize("name", entry.COMMANDS)
def test_every_command_has_its_module(name: str) -> None:
    module = importlib.import_module(f"pair.commands.{name}")
    parser = argparse.ArgumentParser()

    module.add_arguments(parser)

    assert callable(module.run)


@pytest.mark.parametrize("name", ["promote", "switchover", "rejoin", "alone"])
def test_every_command_that_a_person_changes_roles_with_has_a_dry_run(name: str) -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"pair.commands.{name}").add_arguments(parser)

    assert parser.parse_args(["--dry-run"]).dry_run
    assert parser.parse_args(["--yes"]).yes


def test_a_refusal_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    assert entry.main(["status"]) == 1
    assert capsys.readouterr().err.startswith("pairctl status: pairctl changes services")


@pytest.mark.parametrize("host", ["pg-a", "pg-b"])
def test_the_document_of_the_program_is_understood(host: str) -> None:
    known = settings.parse(document(host))

    assert (known.host, known.name) == (host, host.replace("-", "_"))
    assert known.server.slot_cap > 0
    assert [repository.number for repository in known.repositories] == [1, 2]


def test_a_document_that_lacks_something_says_what(tmp_path: Path) -> None:
    content = {key: value for key, value in document("pg-a").items() if key != "primary"}
    path = tmp_path / "pair.json"
    path.write_text(json.dumps(content))

    with pytest.raises(HostError, match="'primary'"):
        settings.load(path)


@pytest.mark.parametrize(("text", "size"), [("40GB", 40 << 30), ("10GiB", 10 << 30), ("512kB", 512 << 10)])
def test_a_size_is_read_in_powers_of_two(text: str, size: int) -> None:
    assert settings.size(text) == size


@pytest.mark.parametrize("text", ["40", "GB", "40 GB", "-1GB"])
def test_anything_else_is_no_size(text: str) -> None:
    with pytest.raises(HostError):
        settings.size(text)
