"""The command: python -m preview STACK."""

import os
import sys

from preview.cli import main
from preview.report import EXIT_FINE


def run() -> int:
    """The command for a shell: also where the reader of its output goes away early, as `head` does."""
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FINE
    return code


if __name__ == "__main__":
    sys.exit(run())
