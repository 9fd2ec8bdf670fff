"""Machines of a test that failed, in that very state: `KEEP=1 make test-machines ARGS="-k name"`.

A conftest that boots machines names them with `keep`, and shows every report to this module. After the first failure
the run stands still, says how to enter each machine, and takes all away on Ctrl-C.
"""

import os
import shlex
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from lab.machines.container import Container

_KEPT: list[Callable[[], Iterable[Container]]] = []


def keep(machines: Callable[[], Iterable[Container]]) -> None:
    """Machines that a failed test may leave to be looked at; asked for when it has failed."""
    _KEPT.append(machines)


def stand_still_after(report: pytest.TestReport, config: pytest.Config) -> None:
    """After a failure and with KEEP set, waits for Ctrl-C and ends the run; without it, says how to come here."""
    if not report.failed:
        return
    if not os.environ.get("KEEP"):
        target = "test-drills" if "drill" in report.keywords else "test-machines"
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        words = f"KEEP=1 make {target} ARGS='-k {name}' stops here, with the machines up, and says how to enter them"
        report.sections.append(("a shell in this state", words))
        return
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            print(f"\n{report.longreprtext}\n\n{report.nodeid} failed. Its machines stay until Ctrl-C:")
            print("\n".join(entrances()), flush=True)
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            pytest.exit("the machines are taken away", returncode=1)


def entrances() -> list[str]:
    """A command line for each machine that opens a shell on it."""
    lines: list[str] = []
    for container in (container for machines in _KEPT for container in machines()):
        name = str(getattr(container, "name", "machine"))
        try:
            lines.append(f"  {name}: {shlex.join([*container.entrance(), 'bash'])}")
        except LookupError:
            lines.append(f"  {name} is down; its disk is {container.disk.root}")
    return lines
