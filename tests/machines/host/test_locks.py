"""Locks between programs."""

import multiprocessing
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
