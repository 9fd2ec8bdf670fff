"""Locks between programs: whoever waits is told who holds it."""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

from host.errors import HostError

PAUSE = 0.1
QUIET = 5
"""Seconds that nobody is told of a wait."""


@contextlib.contextmanager
def held(
    path: Path,
    what: str,
    patience: float = 0,
    hint: str = "try again when it has ended",
    *,
    shared: bool = False,
) -> Generator[None]:
    """Holds a lock; `what` tells others who has it. A shared one keeps only those out who want it for themselves.

    Raises HostError with the hint when it does not get free within `patience` seconds.
    """
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+") as file:
        begin = time.monotonic()
        end, told = begin + patience, False
        while not _taken(file.fileno(), fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            now = time.monotonic()
            holder = path.read_text(encoding="utf-8").strip() or "another command"
            if now >= end:
                raise HostError(f"{holder} holds {path}", hint)
            if not told and now >= begin + QUIET:
                sys.stderr.write(f"{what} waits for {holder}\n")
                told = True
            time.sleep(PAUSE)
        file.truncate(0)
        file.write(f"{what} (process {os.getpid()})\n")
        file.flush()
        yield
        file.truncate(0)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
