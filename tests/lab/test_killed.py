"""What a killed lab leaves behind is taken away by the next one; what a living one has is let alone."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab.control_group import ControlGroup
from lab.scratch import everything, sweep
from lab.session import up as session
from tests.needed import FOR_CONTAINERS, skip_without
from tests.support import ROOT

pytestmark = pytest.mark.machine

LAB = """
import subprocess, time
from lab.control_group import ControlGroup
from lab.scratch import own_name, scratch_folder
folder = scratch_folder("disk")
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
group = ControlGroup("machine")
below = group.folder / "system.slice"
command = group.enter(["sh", "-c", "trap '' TERM; sleep 1000 & wait"])
subprocess.Popen(command, start_new_session=True)
while not (group.folder / "cgroup.procs").read_text():
    time.sleep(0.01)
below.mkdir()
print(own_name(), flush=True)
time.sleep(1000)
"""


@pytest.fixture
def lab() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process with a folder, a mount and a control group in which something hangs; and the name of them all."""
    skip_without(FOR_CONTAINERS)
    with subprocess.Popen([sys.executable, "-c", LAB], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip()
        process.kill()
    sweep()


def present(name: str) -> set[str]:
    """Kinds of things of this name."""
    return {found.kind for found in everything() if name in found.place}


def test_a_killed_lab_is_taken_away_and_a_living_one_is_not(lab: tuple[subprocess.Popen[str], str]) -> None:
    process, name = lab
    whole = {"process", "mount", "control group", "folder"}
    assert present(name) == whole

    sweep()
    assert present(name) == whole, "it lives"

    process.kill()
    process.wait()
    assert present(name) == whole, "nothing of it goes by itself"
    sweep()
    assert present(name) == set()


def test_what_anybody_has_planted_in_the_temporary_folder_is_let_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without(FOR_CONTAINERS)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "target").mkdir()
    link, file, somebodys, own = (tmp_path / f"packyard-lab-999999999.1-{name}" for name in "abcd")
    link.symlink_to(tmp_path / "target")
    file.touch()
    somebodys.mkdir()
    os.chown(somebodys, 1000, 1000)
    own.mkdir()

    sweep()

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in (link, file, somebodys, tmp_path / "target")
    )


def test_a_group_goes_with_what_outlived_the_program_that_it_was_started_by() -> None:
    skip_without(FOR_CONTAINERS)
    group = ControlGroup("orphan")
    orphan = subprocess.Popen(group.enter(["sh", "-c", "trap '' TERM; sleep 1000"]), start_new_session=True)
    while not (group.folder / "cgroup.procs").read_text():
        time.sleep(0.01)

    group.remove()

    assert orphan.wait(5) == -signal.SIGKILL
    assert not group.folder.exists()


def test_labs_that_begin_at_once_take_a_dead_one_away_together(
    lab: tuple[subprocess.Popen[str], str],
) -> None:
    process, name = lab
    process.kill()
    process.wait()

    code = "from lab.scratch import sweep; sweep()"
    begun = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]

    assert [each.communicate()[1] for each in begun] == [b""] * 4
    assert present(name) == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_lab_whose_terminal_is_gone_still_takes_everything_away(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    closed: list[bool] = []

    class Stub:
        def __init__(self, *_: object) -> None:
            self.faults = SimpleNamespace(open_roads=lambda: os.kill(os.getpid(), number))

        def close(self) -> None:
            closed.append(True)

    @contextmanager
    def claimed(_: str) -> Generator[Path]:
        yield tmp_path

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "no terminal")

    def chosen(*_: object) -> list[str]:
        return ["pg-a"]

    monkeypatch.setattr(session, "Lab", Stub)
    monkeypatch.setattr(session, "claimed", claimed)
    for name in ("running", "image_folder", "sweep", "of_this_process"):
        monkeypatch.setattr(session, name, list)
    monkeypatch.setattr(session, "chosen", chosen)
    try:
        with monkeypatch.context() as patched:
            patched.setattr("builtins.print", fail)
            assert session.up(cast("Any", SimpleNamespace(stack="x")), None) == 0
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

    assert closed == [True]
