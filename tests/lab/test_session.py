"""The session of docs/lab.md: its commands are run, and what they print is compared but for numbers."""

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.session.run_folder import running
from tests.copies import copy_project
from tests.needed import FOR_CONTAINERS, skip_without
from tests.support import ROOT

pytestmark = pytest.mark.machine

PAGE = ROOT / "docs" / "lab.md"
READY = "Ctrl-C takes everything away."
SECONDS = 900


@dataclass(frozen=True)
class Step:
    """A command of the page, with what stands below it."""

    command: str
    shown: list[str]


def steps() -> list[Step]:
    (block,) = re.findall(r"<!-- session -->\n```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found: list[Step] = []
    for line in block.splitlines():
        if line.startswith("# "):
            found.append(Step(line.removeprefix("# "), []))
        else:
            found[-1].shown.append(line)
    return found


def plain(text: str) -> str:
    """Without numbers, and with single spaces."""
    return " ".join(re.sub(r"\d+", "N", text).split())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy that may be edited. Nobody else's lab of this stack may run."""
    skip_without(FOR_CONTAINERS)
    assert "staging" not in running(), "a lab of staging runs: end it first"
    return copy_project(tmp_path)


def compared(step: Step, printed: str) -> None:
    missing = [line for line in step.shown if plain(line) not in plain(printed)]
    assert missing == [], f"{step.command} printed:\n{printed}"


def test_the_session_of_the_page_is_what_happens(project: Path) -> None:
    first, *others = steps()
    log = project / "lab.log"
    with log.open("wb") as file:
        lab = subprocess.Popen(
            ["bash", "-c", f"exec {first.command}"], cwd=project, stdout=file, stderr=file, start_new_session=True
        )
    try:
        until = time.monotonic() + SECONDS
        while READY not in log.read_text(encoding="utf-8"):
            assert lab.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(1)
        compared(first, log.read_text(encoding="utf-8"))
        for step in others:
            done = subprocess.run(
                ["bash", "-c", step.command], cwd=project, check=False, capture_output=True, text=True, timeout=SECONDS
            )
            assert done.returncode == 0, f"{step.command}: {done.stdout}{done.stderr}"
            compared(step, done.stdout)
        second = subprocess.run(["bash", "-c", first.command], cwd=project, check=False, capture_output=True, text=True)
    finally:
        # As a terminal does it: to make and to the lab.
        os.killpg(lab.pid, signal.SIGINT)
        lab.wait(120)

    assert "a lab of staging runs already" in second.stderr
    assert second.returncode != 0
    assert "\n0 left over\n" in log.read_text(encoding="utf-8")
    assert running() == []
