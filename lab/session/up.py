"""`make lab`: boots machines, shows how far they are, and stays until it is told to end."""

import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from types import FrameType

from capture import Capture
from lab.errors import LabError
from lab.lab import Lab
from lab.machines.image import image_folder
from lab.placement import chosen
from lab.scratch import of_this_process, sweep, sweep_own
from lab.session.run_folder import LOG, claimed, logged, running, socket_of
from lab.session.server import Session
from lab.session.table import Progress, is_terminal, table, terminal_width
from lab.session.talk import Door
from lab.session.words import counted, say, swept_words

POLL_SECONDS = 2

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

TROUBLES = (LabError, LookupError, RuntimeError, OSError, subprocess.CalledProcessError)
"""What machines, and the programs of the host that make them, may fail with."""


class EndError(Exception):
    """Somebody wants the lab to end."""


def up(capture: Capture, names: Sequence[str] | None) -> int:
    """Raises LabError; the result is the exit code."""
    wanted = chosen(capture, names)
    status = 0
    try:
        with _ends_when_told():
            running()
            swept = sweep()
            with claimed(capture.stack) as folder, logged(folder / LOG):
                if swept:
                    say(swept_words(swept))
                _run(capture, wanted)
    except EndError:
        pass
    except BrokenPipeError:
        # Nobody reads any more: the lab ends as if it had been told to.
        status = 1
    except TROUBLES as error:
        print(error, file=sys.stderr)
        status = 1
    return _left_over() or status


@contextmanager
def _ends_when_told() -> Generator[None]:
    """EndError for Ctrl-C, for a request to end, and for a terminal that goes away; nothing ends the end."""
    for number in ENDINGS:
        # Under nohup a lab outlives its terminal.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    try:
        yield
    finally:
        _end_no_more()


def _end_no_more() -> None:
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise EndError


def _run(capture: Capture, names: Sequence[str]) -> None:
    say(f"Boots {counted(len(names), 'machine')} of {capture.stack}: {', '.join(names)}")
    image_folder()
    begun = time.monotonic()
    try:
        lab = Lab(capture, names)
    except BaseException:
        # What was just being made is in nobody's hands yet.
        _end_no_more()
        sweep_own()
        raise
    try:
        lab.faults.open_roads()
        session = Session(lab)
        with closing(session), closing(Door(socket_of(capture.stack), session.answer)):
            session.boot()
            _watch(session, begun)
            _stay(session, capture.stack, begun)
    finally:
        # From here on nobody ends anything but this: whoever presses Ctrl-C twice must not leave half of it behind.
        _end_no_more()
        say("\nTakes everything away")
        lab.close()


def _watch(session: Session, begun: float) -> None:
    """Until every machine has converged, or has failed to."""
    progress = Progress()
    while True:
        states = session.states()
        progress.show(states, time.monotonic() - begun)
        if all(state.is_settled for state in states):
            progress.clear()
            return
        session.tend()
        time.sleep(POLL_SECONDS)


def _stay(session: Session, stack: str, begun: float) -> None:
    coloured, width = is_terminal(sys.stdout), terminal_width(sys.stdout)
    print("\n".join(table(session.states(), stack, coloured=coloured, width=width)))
    print(f"\n{time.monotonic() - begun:.0f} s. `make lab-apply` applies the stack file as it is then.", end=" ")
    print("Ctrl-C takes everything away.", flush=True)
    while True:
        session.tend()
        time.sleep(POLL_SECONDS)


def _left_over() -> int:
    left = of_this_process()
    say("\n".join([f"{len(left)} left over", *(f"  {each}" for each in left)]))
    return 1 if left else 0
