"""The commands of pairctl, each a module of `pair.commands` (host/command_line.py)."""

import os
import signal
import sys
from collections.abc import Sequence

import psycopg
from host import command_line
from host.command_line import Command
from host.errors import HostError

from pair import settings as documents

COMMANDS = {
    "status": "show both hosts, the repositories and who holds the epoch",
    "promote": "make this standby the primary, because the primary is lost",
    "switchover": "make this standby the primary, with the primary's consent and without loss",
    "rejoin": "make this host the standby of the primary again, or anew",
    "alone": "let commits of this primary go on while its standby is away",
    "create": "make an empty pair, or the standby of one",
    "settle": "what follows a promotion: check the archive, back up to each repository",
    "restart": "restart PostgreSQL, not while another command changes it",
    "reload": "let PostgreSQL read its configuration, not while another command changes it",
    "guard": "refuse the start of an outranked primary (for the unit of PostgreSQL)",
    "watch": "heartbeat and fence, for ever (for its unit)",
    "exchange": "lay out keys and certificate requests, take in the peer's",
    "trust": "show keys and authorities that nobody agreed to, and agree to one",
    "secrets": "fetch passphrases and tokens of the repositories",
    "backup": "back up to a repository, where this host is the primary",
    "verify": "check everything in a repository",
    "drill": "restore into a scratch place and prove the age of what comes back",
    "metrics": "write the metrics of the pair",
}
"""Name of a command, which is also the name of its module, and its help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point."""
    command = command_line.chosen(
        "pairctl", "Roles, fencing and repair of the database pair.", "pair", COMMANDS, arguments
    )
    # A connection that drops takes its terminal with it; what was begun goes on.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return command_line.status_of(command, lambda: _run(command))


def _run(command: Command) -> int:
    if os.geteuid() != 0:
        raise HostError("pairctl changes services and files of other users, so it runs as root", "sudo pairctl …")
    try:
        return int(command.module.run(command.options, documents.load()))
    except psycopg.Error as error:
        raise HostError(f"PostgreSQL: {' '.join(str(error).split())}", "pairctl status shows what was done") from None


if __name__ == "__main__":
    sys.exit(main())
