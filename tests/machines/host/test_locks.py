"""Locks between programs."""

import multiprocessing
import subprocess
import time
from pathlib import Path

import pytest
from host import locks
from host.errors import HostError


def _hold(path: Path, seconds: float) -> None:
    with locks.held(path, "pairctl promote"):
        time.sleep(seconds)


def test_two_commands_take_turns_and_the_second_knows_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = multiprocessing.get_context("fork").Process(target=_hold, args=(path, 1.0))
    first.start()
    while not (path.is_file() and "promote" in path.read_text()):
        time.sleep(0.01)

    with pytest.raises(HostError, match="pairctl promote"), locks.held(path, "pairctl rejoin"):
        pass
    with locks.held(path, "pairctl rejoin", 10):
        assert "pairctl rejoin" in path.read_text()

    first.join()


def test_a_wait_that_takes_long_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(locks, "QUIET", 0.2)
    path = tmp_path / "lock"

    with locks.held(path, "pairctl promote"), pytest.raises(HostError), locks.held(path, "pairctl rejoin", 0.6):
        pass

    assert capsys.readouterr().err.count("pairctl rejoin waits for pairctl promote") == 1


def test_those_who_share_a_lock_bear_each_other_and_nobody_who_wants_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with locks.held(path, "pairctl verify", shared=True):
        with locks.held(path, "pairctl drill", shared=True):
            assert _upgrade(path) == BUSY
        assert _upgrade(path) == BUSY
    assert _upgrade(path) == 0

    with locks.held(path, "an upgrade"), pytest.raises(HostError), locks.held(path, "pairctl drill", shared=True):
        pass


BUSY = 75


def _upgrade(path: Path) -> int:
    """What the role does: another program, that takes the lock for itself or passes."""
    words = ["flock", "--nonblock", "--conflict-exit-code", str(BUSY), str(path), "true"]
    return subprocess.run(words, check=False).returncode
