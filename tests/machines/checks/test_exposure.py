"""What systemd itself says of the services: each stays below a score, and why one does not."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.machines.checks.machines import SYSTEMD, Machines
from tests.machines.checks.units import NEEDS_MORE

PROGRAM = "systemd-analyze"

HIGHEST = 3.5
"""Of ten; what systemd calls OK ends at 4.9. A network, a user to become and files of others cost three."""

OVERALL = re.compile(r"Overall exposure level for (\S+): ([0-9.]+)")


@cache
def texts() -> Mapping[str, str]:
    """Services and drop-ins by their path."""
    found = {**Machines().texts(".service"), **Machines().texts(".conf")}
    return {path: text for path, text in found.items() if path.startswith(SYSTEMD)}


def scores(folder: Path, units: Mapping[str, str]) -> dict[str, float]:
    """What systemd says of the services when they lie below a folder, by their names."""
    for path, text in units.items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    names = [path.removeprefix(SYSTEMD) for path in units if path.endswith(".service")]
    words = [PROGRAM, "security", "--offline=true", f"--root={folder}", "--no-pager", *names]
    said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120).stdout
    return {name: float(score) for name, score in OVERALL.findall(said)}


needs_program = pytest.mark.skipif(
    shutil.which(PROGRAM) is None,
    reason=f"there is no {PROGRAM}; units.hardening holds the keys all the same. HINT: apt-get install systemd",
)


@needs_program
def test_no_service_is_more_exposed_than_its_score_allows(tmp_path: Path) -> None:
    found = scores(tmp_path, texts())

    held = {name for name in found if not name.startswith(tuple(NEEDS_MORE))}
    assert {name for name in held if found[name] > HIGHEST} == set()
    assert {"packyard-report.service", "pair-watch.service", "pair-full-repo1.service"} <= held
    assert len(found) == len([path for path in texts() if path.endswith(".service")])


@needs_program
def test_a_service_without_what_it_gives_up_is_above_its_score(tmp_path: Path) -> None:
    bare = {path: text for path, text in texts().items() if path.endswith(".service")}

    assert scores(tmp_path, bare)["pair-watch.service"] > HIGHEST


def test_each_service_that_gives_up_less_says_why() -> None:
    assert all(reason for _, reason in NEEDS_MORE.values())
