"""The one writer of the programs on a machine."""

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from host import files
from host.errors import HostError


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


ACTS: dict[str, Callable[[Path], object]] = {
    "write": lambda folder: files.write(folder / "new" / "file", "text"),
    "replace": lambda folder: files.replace(folder / "file", "text"),
    "make_folder": lambda folder: files.make_folder(folder / "new"),
    "link": lambda folder: files.link(folder / "link", Path("file")),
    "remove": lambda folder: files.remove(folder / "file"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("above", ["", "below"], ids=["in it", "below it"])
def test_nothing_is_done_in_a_folder_that_others_may_write_nor_below_one(act: str, above: str, tmp_path: Path) -> None:
    folder = tmp_path / "open" / above
    folder.mkdir(parents=True)
    (folder / "file").write_text("as it was")
    (tmp_path / "open").chmod(0o777)

    with pytest.raises(HostError, match="others may write"):
        ACTS[act](folder)

    assert [path.name for path in folder.iterdir() if path.is_file()] == ["file"]
    assert (folder / "file").read_text() == "as it was"


def test_a_link_to_a_folder_that_others_may_write_is_no_way_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.chown", nobody)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to("open")

    with pytest.raises(HostError, match="others may write"):
        files.write(tmp_path / "link" / "file", "text")


def test_run_as_a_program_it_writes_as_whoever_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("text"))

    assert files.main([str(tmp_path / "file"), "640"]) == 0
    assert (tmp_path / "file").read_text() == "text"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_folder_has_its_mode_whatever_the_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.chown", nobody)
    before = os.umask(0o077)
    try:
        files.make_folder(tmp_path / "group", mode=0o750)
        files.write(tmp_path / "all" / "file", "text")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "group").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "all").stat().st_mode) == 0o755
