"""The commands of pairctl. Each is a module with `add_arguments(parser)` and `run(options, settings) -> int`."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

import psycopg
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
    """Entry point. A module is imported only when it is asked for, so that one cannot break the others."""
    parser = argparse.ArgumentParser(prog="pairctl", description="Roles, fencing and repair of the database pair.")
    parser.add_argument("command", choices=COMMANDS, metavar="command", help=", ".join(COMMANDS))
    parser.epilog = "; ".join(f"{name}: {text}" for name, text in COMMANDS.items())
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen: str = parser.parse_args(words[:1]).command
    module = importlib.import_module(f"pair.commands.{chosen}")
    own = argparse.ArgumentParser(prog=f"pairctl {chosen}", description=COMMANDS[chosen])
    module.add_arguments(own)
    options = own.parse_args(words[1:])
    # A connection that drops takes its terminal with it; what was begun goes on.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        if os.geteuid() != 0:
            raise HostError("pairctl changes services and files of other users, so it runs as root", "sudo pairctl …")
        return int(module.run(options, documents.load()))
    except HostError as error:
        sys.stderr.write(f"pairctl {chosen}: {error}\n")
        return 1
    except psycopg.Error as error:
        text = " ".join(str(error).split())
        sys.stderr.write(f"pairctl {chosen}: PostgreSQL: {text}. HINT: pairctl status shows what was done\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"pairctl {chosen}: interrupted. HINT: pairctl status shows what was done\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
