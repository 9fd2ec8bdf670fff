"""A control group of its own for each machine.

systemd in a container takes the group that it starts in for the root of all. Two that start in the same one share the
groups of their units by name, and the end of a unit on one machine kills the unit of that name on the other.
"""

import os
import re
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path


class ControlGroup:
    """An empty group at the root of the unified hierarchy."""

    def __init__(self, name: str) -> None:
        self.folder = _hierarchy() / name
        self.folder.mkdir()

    def enter(self, command: Sequence[str]) -> list[str]:
        """The command line that runs a command in it."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *command]

    def remove(self) -> None:
        """With all groups below it, as soon as the last process is gone."""
        until = time.monotonic() + 10
        while "populated 1" in (self.folder / "cgroup.events").read_text() and time.monotonic() < until:
            time.sleep(0.05)
        for folder, _, _ in os.walk(self.folder, topdown=False):
            Path(folder).rmdir()


@cache
def _hierarchy() -> Path:
    """Where the unified hierarchy is mounted, beside the old one or in its place."""
    mounts = Path("/proc/self/mounts").read_text()
    found = re.search(r"^\S+ (/sys/fs/cgroup\S*) cgroup2 ", mounts, re.MULTILINE)
    if found is None:
        raise RuntimeError("there is no cgroup2. HINT: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified")
    return Path(found[1])
