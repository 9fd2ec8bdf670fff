"""Folders that root works in, taken back from another user with whatever was planted there."""

import os
from pathlib import Path

import pytest
from host import taken

OTHER = 65534
"""Number of nobody."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give folders away. HINT: sudo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of another, with what was there before and what was planted."""
    folder = tmp_path / "etc"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "conf.d" / "own.conf").write_text("own")
    (folder / "current").symlink_to("conf.d")
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    (folder / "conf.d" / "up").symlink_to("../../elsewhere")
    os.mkfifo(folder / "pipe")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_text("kept")
    for path in (folder, *folder.rglob("*")):
        os.lchown(path, OTHER, OTHER)
    return folder


@as_root
def test_a_folder_of_another_becomes_roots_with_all_folders_below_and_nothing_that_leads_elsewhere(
    folder: Path,
) -> None:
    found = taken.taken(folder, 0, apply=True)

    assert {Path(path).name for path in found} == {"etc", "conf.d", "up", "out", "pipe"}
    assert [(path.lstat().st_uid, path.is_dir()) for path in (folder, folder / "conf.d")] == [(0, True)] * 2
    assert {path.name for path in folder.rglob("*")} == {"conf.d", "own.conf", "current"}
    kept = folder.parent / "elsewhere"
    assert [path.name for path in kept.iterdir()] == ["kept"]
    assert taken.taken(folder, 0, apply=True) == []


@as_root
def test_without_being_told_to_apply_it_says_what_it_would_take_and_changes_nothing(folder: Path) -> None:
    before = {path: path.lstat().st_uid for path in folder.rglob("*")}

    assert taken.taken(folder, 0, apply=False) != []
    assert {path: path.lstat().st_uid for path in folder.rglob("*")} == before


@as_root
def test_a_link_in_the_place_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)

    assert taken.main([str(link)]) == 1
    assert folder.stat().st_uid == OTHER


def test_what_is_roots_already_stays_as_it_is_with_what_root_gave_away_below(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir(mode=0o777)
    (tmp_path / "given").chmod(0o777)
    tmp_path.chmod(0o755)

    assert taken.taken(tmp_path, os.getegid(), apply=True) == []
    assert taken.taken(tmp_path / "given", os.getegid(), apply=True) == [str(tmp_path / "given")]
