"""The one writer of the programs on a machine."""

import os
import stat
from pathlib import Path

import pytest
from host import files


def nobody(*_: object) -> None:
    """Files belong to whoever runs the test."""


def test_a_file_with_a_secret_is_never_readable_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []

    def seen(path: Path, *owners: str) -> None:
        del owners
        modes.append(stat.S_IMODE(path.stat().st_mode))

    monkeypatch.setattr("shutil.chown", seen)

    files.write(tmp_path / "repo1.conf", "secret", 0o640)

    assert modes == [0o600]


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    path = tmp_path / "repo1.conf"
    path.write_text("before")
    monkeypatch.setattr("shutil.chown", full)

    with pytest.raises(OSError, match="no space"):
        files.write(path, "after")

    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_written_only_where_its_content_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.chown", nobody)
    path = tmp_path / "new" / "repo1.conf"

    assert [files.write(path, text) for text in ("one", "one", "two")] == [True, False, True]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_is_there_and_whole_after_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its content goes to the disk before its name does, and the name before anybody relies on it."""
    synced: list[tuple[bool, bool]] = []
    path = tmp_path / "epoch"

    def seen(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), path.exists()))

    monkeypatch.setattr("shutil.chown", nobody)
    monkeypatch.setattr(os, "fsync", seen)

    files.write(path, "3")

    assert synced == [(False, False), (True, True)]
