"""The folders of running labs: one for each stack, root's alone, with a lock that is held while the lab lives."""

import fcntl
import logging
import os
import shutil
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from lab.errors import LabError
from lab.scratch import RUNS, alone

LOG = "lab.log"
"""In the folder of a lab: what its clouds refuse, and why."""


def socket_of(stack: str) -> Path:
    """Where a running lab listens."""
    return RUNS / stack / "socket"


@contextmanager
def claimed(stack: str) -> Generator[Path]:
    """The folder of a lab that begins; it goes when the lab ends. Raises LabError where one of this stack runs."""
    folder = RUNS / stack
    with ExitStack() as held:
        with alone(RUNS):
            folder.mkdir(mode=0o700, exist_ok=True)
            lock = held.enter_context((folder / "lock").open("a+"))
            if not _locks(lock):
                raise LabError(f"a lab of {stack} runs already. HINT: make lab-status")
            (folder / "pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
        try:
            yield folder
        finally:
            with alone(RUNS):
                shutil.rmtree(folder)


@contextmanager
def logged(file: Path) -> Generator[None]:
    """What the clouds of the lab refuse goes into its log, not between the lines of its table."""
    logger, handler = logging.getLogger("lab"), logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = True
        logger.removeHandler(handler)
        handler.close()


def _locks(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def running() -> list[str]:
    """Stacks whose lab runs, sorted; what a lab left that was killed is taken away."""
    found: list[str] = []
    with alone(RUNS):
        for folder in sorted(RUNS.glob("*")):
            with (folder / "lock").open("a+") as lock:
                if _locks(lock):
                    shutil.rmtree(folder)
                else:
                    found.append(folder.name)
    return found
