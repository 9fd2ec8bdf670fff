"""`pairctl backup`: a backup into one repository, where this host is the primary.

On a standby it ends well without one. pgBackRest itself makes a full backup where a differential one has no base, and
expires what is no longer kept.
"""

import argparse
import sys

from pair.repositories import backups, turn
from pair.server.postgresql import Role
from pair.settings import PairSettings

LAST_LINES = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Kind and place."""
    parser.add_argument(
        "--type", choices=("full", "diff"), required=True, help="diff: what changed since the last full"
    )
    parser.add_argument("--repository", type=int, required=True, metavar="N", help="the N of repoN")


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    repository = turn.repository_of(settings, options.repository)
    if turn.role(settings) is not Role.PRIMARY:
        sys.stdout.write(f"{settings.host} is the standby: the primary makes the backups\n")
        return 0
    output = backups.make(settings, repository, options.type)
    for line in output.strip().splitlines()[-LAST_LINES:]:
        sys.stdout.write(f"{line}\n")
    return 0
