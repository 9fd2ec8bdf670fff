"""One lock for all that changes roles or restarts PostgreSQL: pairctl by hand, its services, and converge."""

import contextlib
import fcntl
import os
import time
from collections.abc import Generator
from pathlib import Path

from pair.errors import PairError

FILE = Path("/run/packyard-pair.lock")
PATIENCE = 30
"""Seconds that a command waits for another: longer than a restart, shorter than a person's patience."""
PAUSE = 0.1


@contextlib.contextmanager
def held(what: str, patience: float = PATIENCE) -> Generator[None]:
    """Holds the lock; `what` tells others who has it. Raises PairError when it does not get free in time."""
    path = FILE
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+") as file:
        end = time.monotonic() + patience
        while not _taken(file.fileno()):
            if time.monotonic() >= end:
                holder = path.read_text(encoding="utf-8").strip() or "another command"
                raise PairError(f"{holder} holds {path}", "try again when it has ended")
            time.sleep(PAUSE)
        file.truncate(0)
        file.write(f"{what} (process {os.getpid()})\n")
        file.flush()
        yield
        file.truncate(0)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
