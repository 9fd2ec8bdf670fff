"""host.install: a program is what the bundle has of it, to the byte, and nobody but root can change it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from host.install import differences, install, main

from tests.machines.support.programs import MACHINES

Folders = tuple[Path, Path]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A program in the bundle, and where it goes."""
    source = tmp_path / "bundle" / "pair"
    (source / "commands").mkdir(parents=True)
    for name in ("__init__.py", "settings.py", "commands/__init__.py", "commands/promote.py"):
        (source / name).write_text(f"PATIENCE = 30  # {name}\n")
    target = tmp_path / "lib" / "pair"
    target.parent.mkdir()
    return source, target


def everything(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_what_is_installed_is_what_the_bundle_has_and_a_second_run_changes_nothing(folders: Folders) -> None:
    source, target = folders

    assert install(source, target)
    first = target.stat().st_ino

    assert everything(target) == everything(source)
    assert install(source, target) == []
    assert target.stat().st_ino == first
    assert [path.name for path in target.parent.iterdir()] == ["pair"]


def test_a_change_that_keeps_size_and_time_arrives(folders: Folders) -> None:
    """All files of a bundle have one time, and Ansible's own copy of a folder compares size and time."""
    source, target = folders
    install(source, target)
    for folder in folders:
        path = folder / "commands" / "promote.py"
        if folder == source:
            path.write_text(path.read_text().replace("30", "60"))
        os.utime(path, (0, 0))

    assert install(source, target) == ["commands/promote.py"]
    assert everything(target) == everything(source)


def test_files_and_folders_that_the_bundle_no_longer_has_go(folders: Folders) -> None:
    source, target = folders
    install(source, target)
    (target / "old").mkdir()
    (target / "old" / "gone.py").touch()
    (target / "empty").mkdir()
    (target / "gone.py").touch()

    assert install(source, target) == ["empty", "gone.py", "old", "old/gone.py"]
    assert everything(target) == everything(source)
    assert not (target / "old").exists()
    assert not (target / "empty").exists()


def test_a_module_may_become_a_folder(folders: Folders) -> None:
    source, target = folders
    (source / "settings.py").rename(source / "settings")
    install(source, target)
    (source / "settings").unlink()
    (source / "settings").mkdir()
    (source / "settings" / "__init__.py").touch()

    install(source, target)

    assert everything(target) == everything(source)


def test_what_python_keeps_beside_the_files_is_no_change(folders: Folders) -> None:
    source, target = folders
    install(source, target)
    (target / "commands" / "__pycache__").mkdir()
    (target / "commands" / "__pycache__" / "promote.cpython-313.pyc").touch()

    assert differences(source, target) == []


@pytest.mark.parametrize("place", [".", "commands", "commands/promote.py"])
def test_nobody_else_can_write_what_root_runs(place: str, folders: Folders) -> None:
    source, target = folders
    previous = os.umask(0)
    try:
        install(source, target)
        assert differences(source, target) == []
        assert not any(path.stat().st_mode & 0o022 for path in (target, *target.rglob("*")))
        (target / place).chmod(0o777)

        assert install(source, target) == [place]
    finally:
        os.umask(previous)

    assert not stat.S_IMODE((target / place).stat().st_mode) & 0o022


def test_a_run_that_was_cut_off_is_made_good(folders: Folders) -> None:
    source, target = folders
    (target.parent / ".pair.half" / "commands").mkdir(parents=True)
    (target.parent / ".pair.old").mkdir()

    assert install(source, target)

    assert [path.name for path in target.parent.iterdir()] == ["pair"]


def test_it_says_what_it_would_do_and_refuses_what_is_no_program(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = folders

    assert main([str(source), str(target)]) == 0
    assert "commands/promote.py" in json.loads(capsys.readouterr().out)
    assert not target.exists()
    assert main([str(source.parent), str(target), "--apply"]) == 1
    assert "is no Python package" in capsys.readouterr().err


def test_it_runs_from_a_bundle_before_anything_is_installed(folders: Folders) -> None:
    source, target = folders
    command = [sys.executable, "-S", "-B", "-P", "-m", "host.install", str(source), str(target), "--apply"]

    subprocess.run(command, check=True, env={"PYTHONPATH": str(MACHINES)}, capture_output=True)

    assert everything(target) == everything(source)
