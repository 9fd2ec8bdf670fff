"""What a killed lab leaves behind is taken away by the next one; what a living one has is let alone."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.scratch import everything, sweep
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
