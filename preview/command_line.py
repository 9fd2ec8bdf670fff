"""How every command of the project refuses: one line on standard error, and the exit status of a fault."""

import argparse
import sys
from typing import NoReturn

from preview.report import EXIT_FAULT


class Parser(argparse.ArgumentParser):
    """A parser whose refusals end as other faults do."""

    def error(self, message: str) -> NoReturn:
        """A wrong command line ends as other faults do; argparse's own 2 has another meaning here."""
        self.exit(EXIT_FAULT, f"{self.prog}: {message}. HINT: --help\n")


def failed(message: str) -> int:
    """Tells of a fault; its exit status."""
    sys.stderr.write(f"{message}\n")
    return EXIT_FAULT
