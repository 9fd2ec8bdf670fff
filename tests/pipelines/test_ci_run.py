"""`.ci/run` runs every tier, ends badly where one does, and says what it did not run."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT

RUN = ROOT / ".ci/run"
TIERS = re.findall(r"^(\d+) +(\S.*)$", RUN.read_text(encoding="utf-8"), re.MULTILINE)
"""Minutes and command of each."""


def run(tmp_path: Path, failing: str = "") -> tuple[int, list[str], str]:
    """Status, what was made, and what was said, with a `make` that fails for one target alone."""
    made, make = tmp_path / "made", tmp_path / "make"
    made.touch()
    make.write_text(f'#!/bin/sh\necho "$1" >> {made}\ncat > /dev/null\ntest "$1" != "{failing}"\n')
    make.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([RUN], check=False, capture_output=True, text=True, env=environment, input="")
    return done.returncode, made.read_text().split(), done.stdout + done.stderr


def target(command: str) -> str:
    found = re.search(r"\bmake ([a-z-]+)", command)
    assert found is not None, command
    return found[1]


def test_every_tier_is_run_once_and_the_table_names_each(tmp_path: Path) -> None:
    status, made, said = run(tmp_path)

    assert status == 0
    assert made == [target(command) for _, command in TIERS]
    table = said.partition("measured")[2]
    assert all(
        re.search(rf"^ *{minutes}  [\d.]+ +{re.escape(target_words(command))}", table, re.MULTILINE)
        for minutes, command in TIERS
    )


@pytest.mark.parametrize("failing", sorted({target(command) for _, command in TIERS}))
def test_a_tier_that_fails_fails_the_run_and_those_after_it_are_named(failing: str, tmp_path: Path) -> None:
    status, made, said = run(tmp_path, failing)

    assert status == 1
    assert made[-1] == failing
    assert said.count("not run") == len(TIERS) - len(made)
    assert re.search(rf"FAILED: .*make {failing}", said)


def test_its_targets_exist_and_their_minutes_are_within_the_hour() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert {target(command) for _, command in TIERS} <= targets
    assert sum(int(minutes) for minutes, _ in TIERS) <= 60


def target_words(command: str) -> str:
    """The command as the shell has read it from the table."""
    return command.replace('\\"', '"')
