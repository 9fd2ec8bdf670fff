"""What a lab has on its host while it lives: folders, mounts, control groups.

One that was killed leaves them behind, and the next one takes them away.
All their names begin with the number and the start of their process, so that another process of that number is not
taken for it.
"""

import errno
import fcntl
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PREFIX = "packyard-lab"
_NAME = re.compile(rf"{_PREFIX}-(\d+)\.(\d+)-([^/]*)")

RUNS = Path("/run/packyard-lab")
"""Root's alone: the folders of running labs."""

PROPAGATED = Path("/run/systemd/nspawn/propagate")
"""Where systemd-nspawn has a folder for each machine, and leaves it when it is killed."""


@cache
def own_name() -> str:
    """Begins the names of everything of this process."""
    return f"{_PREFIX}-{os.getpid()}.{_started(os.getpid())}"


def scratch_folder(kind: str) -> Path:
    """An empty folder for mounts and files of the lab."""
    _sweep_once()
    return Path(tempfile.mkdtemp(prefix=f"{own_name()}-{kind}-"))


@dataclass(frozen=True)
class Leftover:
    """Something with the name of a lab."""

    kind: str
    """Process, mount, control group, old control group or folder; they are taken away in this order."""
    place: str

    def __str__(self) -> str:
        """For whoever has to look."""
        return f"{self.kind} {self.place}"


def of_this_process() -> list[Leftover]:
    """What this process has made and not taken away."""
    return [found for found in everything() if own_name() in found.place]


def of_the_dead() -> list[Leftover]:
    """What processes have left that are no more."""
    return [found for found in everything() if (name := _NAME.search(found.place)) and not _lives(name[1], name[2])]


def words_of_group(group: Path, file: str) -> list[str]:
    """What a file of a control group says; nothing where the group has gone, since machines end while one looks."""
    try:
        return (group / file).read_text().split()
    except FileNotFoundError:
        return []
    except OSError as error:
        # What the kernel says of a group that went between the opening and the reading of its file.
        if error.errno == errno.ENODEV:
            return []
        raise


def sweep() -> int:
    """Takes away what the dead have left; how many things that were."""
    with alone():
        return _take_away(of_the_dead)


def sweep_own() -> int:
    """Takes away what this process was making when it was told to end; how many things that were."""
    return _take_away(of_this_process)


@contextmanager
def alone(folder: Path = RUNS) -> Generator[None]:
    """Nobody else begins, ends or takes away a lab meanwhile."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _take_away(find: Callable[[], list[Leftover]]) -> int:
    found = find()
    for group in (each for each in found if each.kind == "control group"):
        empty_group(Path(group.place))
    for each in find():
        if each.kind == "mount":
            subprocess.run(["umount", "--lazy", each.place], check=True)
        elif each.kind in ("control group", "old control group"):
            remove_group(Path(each.place))
        elif each.kind == "folder":
            shutil.rmtree(each.place)
    return len(found)


@cache
def _sweep_once() -> None:
    sweep()


def everything() -> list[Leftover]:
    """All that has the name of a lab, in the order in which it can be taken away."""
    return [*_processes(), *_mounts(), *_groups(), *_old_groups(), *_folders()]


def _processes() -> Iterator[Leftover]:
    for group in _groups():
        for folder, _, _ in os.walk(group.place):
            for number in words_of_group(Path(folder), "cgroup.procs"):
                yield Leftover("process", f"{number} of {group.place}")


def _mounts() -> Iterator[Leftover]:
    for mount in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        if _NAME.search(mount.split()[1]):
            yield Leftover("mount", mount.split()[1])


def _groups() -> Iterator[Leftover]:
    try:
        hierarchy = unified_hierarchy()
    except RuntimeError:
        return
    for group in sorted(hierarchy.glob(f"{_PREFIX}-*")):
        yield Leftover("control group", str(group))


def _old_groups() -> Iterator[Leftover]:
    for hierarchy in _old_hierarchies():
        for group in sorted(hierarchy.glob(f"{_PREFIX}-*")):
            yield Leftover("old control group", str(group))


def _folders() -> Iterator[Leftover]:
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}-*")):
        # Everybody may make something of that name there.
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
            yield Leftover("folder", str(folder))


def _lives(number: str, started: str) -> bool:
    return _started(int(number)) == started


def _started(number: int) -> str:
    """When a process began, in ticks since the host did; empty for none (proc(5), field 22 of stat)."""
    try:
        text = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return text.rpartition(")")[2].split()[19]


@cache
def unified_hierarchy() -> Path:
    """Where the control groups are mounted, beside the old ones or in their place."""
    mounts = Path("/proc/self/mounts").read_text()
    found = re.search(r"^\S+ (/sys/fs/cgroup\S*) cgroup2 ", mounts, re.MULTILINE)
    if found is None:
        raise RuntimeError("there is no cgroup2. HINT: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified")
    return Path(found[1])


@cache
def _old_hierarchies() -> tuple[Path, ...]:
    """Where systemd-nspawn makes each group once more, beside the unified hierarchy."""
    mounts = Path("/proc/self/mounts").read_text()
    return tuple(map(Path, re.findall(r"^\S+ (/sys/fs/cgroup\S*) cgroup \S*\bname=systemd\b", mounts, re.MULTILINE)))


def empty_group(group: Path) -> None:
    """Ends every process in it, also a machine that hangs in the middle of its reboot."""
    (group / "cgroup.kill").write_text("1")
    wait_until_empty(group)


def wait_until_empty(group: Path, seconds: float = 10) -> None:
    """Waits for the last process of a control group."""
    until = time.monotonic() + seconds
    while "populated 1" in (group / "cgroup.events").read_text() and time.monotonic() < until:
        time.sleep(0.05)


def remove_group(group: Path) -> None:
    """A control group with all below it, in every hierarchy that has it."""
    if name := _NAME.fullmatch(group.name):
        shutil.rmtree(PROPAGATED / name[3], ignore_errors=True)
    for hierarchy in (group.parent, *_old_hierarchies()):
        for folder, _, _ in os.walk(hierarchy / group.name, topdown=False):
            _remove_folder(Path(folder))


def _remove_folder(group: Path, seconds: float = 10) -> None:
    """An old hierarchy lets go of a process a moment after the unified one has told of its end."""
    until = time.monotonic() + seconds
    while True:
        try:
            group.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
