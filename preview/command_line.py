"""How every command of the project refuses: one line on standard error, and the exit status of a fault."""

import argparse
import sys
from typing import NoReturn

from preview.report import EXIT_FAULT


class Parser(argparse.ArgumentParser):
    """A parser whose refusals end as other faults do, and whose help tells the exit codes as they are written."""

    def __init__(self, prog: str, description: str, exit_codes: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=exit_codes,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def add_stack(self, against: str) -> None:
        """The arguments of every command that looks at one stack, or at what a change does to it."""
        self.add_argument("stack", help="name of a stack, for example staging")
        self.add_argument("--against", metavar="REVISION", help=against)

    def error(self, message: str) -> NoReturn:
        """A wrong command line ends as other faults do; argparse's own 2 has another meaning here."""
        self.exit(EXIT_FAULT, f"{self.prog}: {message}. HINT: --help\n")


def failed(message: str) -> int:
    """Tells of a fault; its exit status."""
    sys.stderr.write(f"{message}\n")
    return EXIT_FAULT
