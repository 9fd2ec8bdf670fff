"""What the lab costs, measured in one run: `make bench-lab`.

Everything is made anew in a cache of its own, so that "from nothing" means it: images, kept roots, all machines of
staging; then the same machines from the kept roots, then one machine alone. The cache is removed at the end.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from capture import Capture
from lab import scratch
from lab.lab import Lab
from lab.machines.packages import packages_beside_base
from lab.placement import document_of, machines_of, place_of
from lab.project import registered
from lab.registered import uploaded

STACK = "staging"
GIB = 1024**3
REPEATS = 3
"""Boots of one machine alone; the median is printed."""

SAMPLE_SECONDS = 3
"""Between two looks at the memory: each costs the cores that the machines need."""


@dataclass
class Watch:
    """What the lab takes of its host: looked at again and again while something else goes on."""

    memory: int = 0
    """Most bytes at a time: of its processes, shared pages counted once, and of its disks in memory."""
    _cores: dict[str, float] = field(default_factory=dict[str, float])
    _end: threading.Event = field(default_factory=threading.Event)
    _fault: Exception | None = None

    @property
    def core_seconds(self) -> float:
        """What its processes have computed. Other than the time on a clock, it is the same on a busy host."""
        return sum(self._cores.values())

    @contextmanager
    def watched(self) -> Generator[None]:
        """While the body runs. Raises what went wrong with a look, since a figure of half the time is none."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()
        if self._fault is not None:
            raise self._fault

    def _watch(self) -> None:
        try:
            while not self._end.wait(SAMPLE_SECONDS):
                self.memory = max(self.memory, _processes() + _disks())
                # A group that has gone keeps what it had computed.
                self._cores |= _computed()
        except Exception as fault:
            self._fault = fault


def _computed() -> dict[str, float]:
    """Seconds of one core by control group (cpu.stat of cgroup-v2 needs no controller), and those of this process."""
    found = {"this process": time.process_time()}
    for group in (each.place for each in scratch.of_this_process() if each.kind == "control group"):
        words = scratch.words_of_group(Path(group), "cpu.stat")
        if words:
            found[group] = int(words[words.index("usage_usec") + 1]) / 1e6
    return found


def _processes() -> int:
    numbers = [each.place.split()[0] for each in scratch.of_this_process() if each.kind == "process"]
    return sum(_proportional(Path(f"/proc/{number}/smaps_rollup")) for number in (*numbers, str(os.getpid())))


def _proportional(rollup: Path) -> int:
    """Bytes of a process, of shared pages its share; none where it has ended."""
    try:
        lines = rollup.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _disks() -> int:
    """Of file systems in memory alone: an overlay has its bytes in one of them."""
    places = {each.place for each in scratch.of_this_process() if each.kind == "mount"}
    found = 0
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if place in places and kind == "tmpfs":
            space = os.statvfs(place)
            found += (space.f_blocks - space.f_bfree) * space.f_frsize
    return found


def main() -> None:
    """Prints a table; ends badly where something of a lab is left."""
    with tempfile.TemporaryDirectory(prefix="packyard-bench-") as cache:
        os.environ["PACKYARD_CACHE"] = cache
        for name in ("cold", "kept", "one"):
            # Each in a process of its own, whose end is part of what is measured.
            subprocess.run([sys.executable, "-m", "lab.bench", name], check=True)
    left = scratch.of_the_dead()
    print(f"left behind: {len(left)}")
    for each in left:
        print(f"  {each}")
    if left:
        sys.exit("HINT: each of them is a fault of the lab; the next lab takes them away")


def measure(name: str) -> None:
    """One part of the table."""
    capture = registered(STACK)
    if name == "one":
        machine = _smallest(capture)
        seconds = statistics.median(_converged_after(capture, [machine]) for _ in range(REPEATS))
        print(f"{machine} alone, from a kept root: {seconds:.0f} s", flush=True)
        return
    watch = Watch()
    with watch.watched():
        seconds = _converged_after(capture, machines_of(capture))
    what = {"cold": "from nothing", "kept": "from kept roots"}[name]
    count = len(machines_of(capture))
    print(f"all {count} machines of {STACK}, {what}: {seconds:.0f} s, {watch.memory / GIB:.1f} GiB at most", flush=True)
    print(f"  of which {watch.core_seconds:.0f} s of one core were computed; load {os.getloadavg()[0]:.0f}", flush=True)


def _smallest(capture: Capture) -> str:
    """The first machine whose role installs nothing beside base; else the first whose role installs least."""
    objects = uploaded(capture)
    roles = {name: str(document_of(place_of(name, capture), objects)["role"]) for name in machines_of(capture)}
    return min(roles, key=lambda name: len(packages_beside_base(roles[name])))


def _converged_after(capture: Capture, machines: Sequence[str]) -> float:
    """Seconds until all have converged, from before anything of the lab was there."""
    begun = time.monotonic()
    with Lab(capture, machines) as lab:
        lab.wait_converged()
        return time.monotonic() - begun


if __name__ == "__main__":
    main() if len(sys.argv) == 1 else measure(sys.argv[1])
