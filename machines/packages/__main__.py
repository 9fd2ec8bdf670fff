"""`packagectl`: repositories as the stack file says, and what they are like now."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from host.errors import HostError

from packages import settings as documents

COMMANDS = {
    "status": "show Pulp, its workers and every repository",
    "apply": "make Pulp's repositories as the stack file says",
    "release": "release what a pre-release holds, with the same bytes",
    "rollback": "make the packages of an older generation the present ones again",
    "days": "give every day its state, where one is missing",
    "verify": "read every file that a generation or a day names, and hold it against its digest",
    "keys": "fetch the key that signs metadata, into memory (for its unit)",
    "secrets": "fetch what Pulp encrypts with, into memory (for its unit)",
    "admin": "give Pulp's admin the password of the secret store",
    "tokens": "hand Pulp's processes tokens for the bucket of pre-releases, for ever (for its unit)",
}
"""Name of a command, which is also the name of its module, and its help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point. A module is imported only when it is asked for, so that one cannot break the others."""
    parser = argparse.ArgumentParser(prog="packagectl", description="Repositories of the package server.")
    parser.add_argument("command", choices=COMMANDS, metavar="command", help=", ".join(COMMANDS))
    parser.epilog = "; ".join(f"{name}: {text}" for name, text in COMMANDS.items())
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen: str = parser.parse_args(words[:1]).command
    module = importlib.import_module(f"packages.commands.{chosen}")
    own = argparse.ArgumentParser(prog=f"packagectl {chosen}", description=COMMANDS[chosen])
    module.add_arguments(own)
    options = own.parse_args(words[1:])
    try:
        return int(module.run(options, documents.load()))
    except HostError as error:
        sys.stderr.write(f"packagectl {chosen}: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"packagectl {chosen}: interrupted. HINT: packagectl status shows what was done\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
