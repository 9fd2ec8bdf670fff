"""`pairctl verify`: whether everything in a repository is there and sound, on either host.

A repository counts as clean only when pgBackRest's text says nothing but that, every backup of `info` was found valid,
and no WAL is missing. Whatever cannot be read or understood is not clean.
"""

import argparse
import sys
import time

from host.errors import HostError

from pair.repositories import archive, archive_gaps, in_use, pgbackrest, proofs, turn, verify_text
from pair.repositories.pgbackrest import QUIET
from pair.repositories.proofs import Proof
from pair.settings import PairSettings

TIMEOUT = 24 * 3600
LIST_TIMEOUT = 600
SETTLES = 20
"""Seconds; segments are pushed side by side, so the newest ones may come out of order."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which one."""
    parser.add_argument("--repository", type=int, required=True, metavar="N", help="the N of repoN")


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """1 for a repository that is not clean, and for one that cannot be read."""
    repository = turn.repository_of(settings, options.repository)
    faults: tuple[str, ...]
    with in_use.held("pairctl verify"):
        turn.refresh(settings, repository)
        try:
            faults = faults_of(settings, repository.number)
        except HostError as error:
            faults = (str(error),)
    for fault in faults:
        sys.stderr.write(f"repository {repository.number}: {fault}\n")
    if not faults:
        sys.stdout.write(f"repository {repository.number} is clean\n")
    proofs.note(Proof.VERIFY, repository.number, good=not faults, now=time.time())
    return 1 if faults else 0


def faults_of(settings: PairSettings, number: int) -> tuple[str, ...]:
    """The faults of a repository. Raises HostError."""
    before = pgbackrest.info_of(settings, number, LIST_TIMEOUT)
    finished = pgbackrest.run(
        settings, "verify", "--output=text", "--verbose", *QUIET, repository=number, timeout=TIMEOUT
    )
    after = pgbackrest.info_of(settings, number, LIST_TIMEOUT)
    # Backups that were made or expired meanwhile were not there for all of it.
    labels = {backup.label for backup in before.backups} & {backup.label for backup in after.backups}
    found = archive_gaps.gaps(archive.read(settings, after), after.backups)
    if found.faults:
        time.sleep(SETTLES)
        found = archive_gaps.gaps(archive.read(settings, after), after.backups)
    for note in found.notes:
        sys.stdout.write(f"repository {number}: {note}\n")
    faults = (*verify_text.faults(finished.output, labels), *found.faults, *finished.errors.split("\n"))
    nothing = () if labels else ("there is no backup in it",)
    return tuple(fault.strip() for fault in (*nothing, *faults) if fault.strip())
