"""Whether pgBackRest may be exchanged: a job that runs would fail, and a proof would be lost for a day or a week.

Jobs share this lock, since they bear each other. The upgrade of the role `database` takes it for itself, and passes
until its next run where it cannot.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from host import locks

from pair import memory

FILE = memory.IN_USE_LOCK.below(Path("/run"))
PATIENCE = 1800
"""Seconds that a job waits for an upgrade."""


def held(what: str) -> AbstractContextManager[None]:
    """Keeps pgBackRest as it is. Raises HostError when an upgrade does not end in time."""
    return locks.held(FILE, what, PATIENCE, hint="journalctl -u packyard-converge -e", shared=True)
