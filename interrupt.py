"""Ctrl-C ends every command of the project in one line.

A command spends much of its time where no `try` of its own reaches, in imports of the clouds' SDKs. So each room with
commands calls `end_in_one_line` in its `__init__`, which is imported before anything else of it.
"""

import sys
from types import TracebackType

EXIT_INTERRUPTED = 130
"""What a shell reports of a program that SIGINT has ended: 128 and the signal's number."""


def end_in_one_line() -> None:
    """From now on an interrupt that nothing catches is told without a traceback."""
    sys.excepthook = _told


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write("interrupted\n")
    sys.exit(EXIT_INTERRUPTED)
