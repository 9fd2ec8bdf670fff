"""Ctrl-C ends every command of the project in one line and with exit code 130."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from interrupt import EXIT_INTERRUPTED
from tests.support import ROOT

ON_OTHER_MACHINES = ("machines/", "tests/machines/", "tests/drills/")
"""Programs of machines and of what plays their part, which nobody has at a terminal."""


WAITING = "import colorsys, time\nwhile True:\n    time.sleep(0.1)\n"
"""A program that says when it waits, and whose sleep cannot begin after the signal has come."""


def _rooms_with_commands() -> list[str]:
    """Top packages of all modules that are run as `python -m`."""
    files = [path.relative_to(ROOT) for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    own = [path for path in files if not str(path).startswith((".", *ON_OTHER_MACHINES)) and len(path.parts) > 1]
    runs = re.compile(r"^if __name__ == \"__main__\":", re.MULTILINE)
    return sorted({path.parts[0] for path in own if runs.search((ROOT / path).read_text(encoding="utf-8"))} | {"lab"})


@pytest.mark.parametrize("room", _rooms_with_commands())
def test_ctrl_c_is_one_line_from_the_first_import_of_a_room_on(room: str) -> None:
    status, said = _interrupted(["-c", f"import {room}\n{WAITING}"], when="colorsys")

    assert (status, said) == (EXIT_INTERRUPTED, ["interrupted"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "preview", "staging"],
        ["-m", "preview", "staging", "--json"],
        ["-m", "preview", "staging", "--against", "HEAD"],
        ["-m", "preview.leaving", "staging", "devInstance"],
        ["-m", "tests.estate.record_urns"],
    ],
    ids=" ".join,
)
def test_ctrl_c_ends_a_command_in_one_line_while_it_captures(arguments: list[str]) -> None:
    status, said = _interrupted(arguments, when="components.alerts")

    assert (status, said) == (EXIT_INTERRUPTED, ["interrupted"])


def test_a_command_that_nothing_prepares_shows_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(WAITING, encoding="utf-8")

    status, said = _interrupted([str(tmp_path / "plain.py")], when="colorsys")

    assert status != EXIT_INTERRUPTED
    assert "KeyboardInterrupt" in said


def _interrupted(arguments: list[str], *, when: str) -> tuple[int, list[str]]:
    """Exit code and lines of a command to whose group Ctrl-C is sent as soon as it has imported a module."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if re.match(rf"import time:.*\| +{re.escape(when)}$", line):
                os.killpg(process.pid, signal.SIGINT)
                break
        rest = process.stderr.read().splitlines()
    return process.returncode, [line for line in rest if line and not line.startswith("import time:")]
