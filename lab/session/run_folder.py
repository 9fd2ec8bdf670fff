"""The folders of running labs: one for each stack, root's alone, with a lock that is held while the lab lives."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError

RUNS = Path("/run/packyard-lab")


def socket_of(stack: str) -> Path:
    """Where a running lab listens."""
    return RUNS / stack / "socket"


@contextmanager
def claimed(stack: str) -> Generator[Path]:
    """The folder of a lab that begins; it goes when the lab ends. Raises LabError where one of this stack runs."""
    folder = RUNS / stack
    for each in (RUNS, folder):
        each.mkdir(mode=0o700, exist_ok=True)
        each.chmod(0o700)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"a lab of {stack} runs already. HINT: make lab-status") from None
        (folder / "pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def running() -> list[str]:
    """Stacks whose lab runs, sorted; what a lab left that was killed is taken away."""
    found: list[str] = []
    for folder in sorted(RUNS.glob("*")):
        with (folder / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                found.append(folder.name)
            else:
                shutil.rmtree(folder)
    return found
