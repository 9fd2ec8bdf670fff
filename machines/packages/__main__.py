"""`packagectl`: repositories as the stack file says, and what they are like now."""

import sys
from collections.abc import Sequence

from host import command_line

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
    """Entry point."""
    command = command_line.chosen("packagectl", "Repositories of the package server.", "packages", COMMANDS, arguments)
    return command_line.status_of(command, lambda: int(command.module.run(command.options, documents.load())))


if __name__ == "__main__":
    sys.exit(main())
