"""One lock for all that changes roles or restarts PostgreSQL: pairctl by hand, its services, and converge."""

from contextlib import AbstractContextManager
from pathlib import Path

from host import locks

from pair import memory

FILE = memory.LOCK.below(Path("/run"))
PATIENCE = 30
"""Seconds that a command waits for another: longer than a restart, shorter than a person's patience."""
CONVERGE_PATIENCE = 600
"""Seconds; converge waits for a promotion or a rejoin rather than breaking into it."""


def held(what: str, patience: float = PATIENCE) -> AbstractContextManager[None]:
    """Holds the lock; `what` tells others who has it. Raises HostError when it does not get free in time."""
    return locks.held(FILE, what, patience)
