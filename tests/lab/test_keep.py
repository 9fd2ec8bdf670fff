"""KEEP=1 leaves the machines of a failed test as they are, and says how to enter them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

CONFTEST = """
import pytest
from tests import booted

class Machine:
    name = "pg-a"
    def entrance(self):
        return ["nsenter", "--target=1"]

@pytest.fixture(scope="session")
def machine():
    booted.keep(lambda: [Machine()])
    yield
    print("taken away", flush=True)

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    booted.stand_still_after(report, item.config)
    return report
"""

TESTS = """
def test_that_fails(machine):
    assert False, "the reason"

def test_after_it(machine):
    print("another one ran")
"""


def test_a_failure_stands_still_until_it_is_interrupted_and_then_takes_everything_away(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-u", "-m", "pytest", "-s", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**os.environ, "KEEP": "1", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as run:
        assert run.stdout
        shown: list[str] = []
        while "nsenter" not in "".join(shown[-1:]):
            line = run.stdout.readline()
            assert line, "".join(shown)
            shown.append(line)
        run.send_signal(signal.SIGINT)
        rest = run.stdout.read()

    assert "the reason" in "".join(shown)
    assert shown[-1].strip() == "pg-a: nsenter --target=1 bash"
    assert "taken away" in rest
    assert "another one ran" not in rest
    assert run.returncode == 1


def test_without_it_a_failure_holds_nobody_up_and_says_how_to_come_there(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-s", "-c", os.devnull, "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**{name: value for name, value in os.environ.items() if name != "KEEP"}, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)

    assert "another one ran" in done.stdout
    assert "stay until" not in done.stdout
    assert "KEEP=1 make test-machines ARGS='-k test_that_fails'" in done.stdout
