"""How a backup is made: after whatever holds the repository, and with nothing changed under it."""

import sys
import time

from host.errors import HostError

from pair.repositories import in_use, pgbackrest, turn
from pair.settings import PairSettings, Repository

TIMEOUT = 24 * 3600
PATIENCE = TIMEOUT
"""Seconds that a backup waits for another of the same repository: as long as that one may take."""
PAUSE = 60
LOCKED = 50
"""Exit status of pgBackRest when another one works on the repository; it waits for nothing itself."""


def make(settings: PairSettings, repository: Repository, kind: str) -> str:
    """Makes a backup; what pgBackRest said.

    After a downtime the persistent timers start all that was missed at once, and pgBackRest ends the second job of a
    repository. So it is tried again until the first has ended. Raises HostError.
    """
    with in_use.held("a backup"):
        end = time.monotonic() + PATIENCE
        while True:
            # A token that was fresh before the wait may have ended with it.
            turn.refresh(settings, repository)
            finished = pgbackrest.run(
                settings,
                "backup",
                f"--type={kind}",
                repository=repository.number,
                timeout=TIMEOUT,
                accepted=(0, LOCKED),
            )
            if finished.status != LOCKED:
                return finished.output
            if time.monotonic() >= end:
                raise HostError(
                    f"repository {repository.number} was in use for {PATIENCE / 3600:.0f} hours",
                    "systemctl list-units 'pair-*'",
                )
            sys.stdout.write(f"repository {repository.number} is in use: the {kind} backup waits\n")
            sys.stdout.flush()
            time.sleep(PAUSE)
