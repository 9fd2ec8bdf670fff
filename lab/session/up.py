"""`make lab`: boots machines, shows how far they are, and stays until it is told to end."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from types import FrameType
from typing import TextIO

from capture import Capture
from lab.errors import LabError
from lab.lab import Lab
from lab.machines.image import image_folder
from lab.placement import chosen
from lab.scratch import of_this_process, sweep, sweep_own
from lab.session.run_folder import claimed, running, socket_of
from lab.session.server import Session
from lab.session.table import Progress, is_terminal, table
from lab.session.talk import Door

POLL_SECONDS = 2


class EndError(Exception):
    """Somebody wants the lab to end."""


def up(capture: Capture, names: Sequence[str] | None) -> int:
    """Raises LabError; the result is the exit code."""
    wanted = chosen(capture, names)
    _on_signals(_end)
    running()
    swept = sweep()
    with claimed(capture.stack):
        if swept:
            print(f"Took away {swept} things that a lab had left which was killed.")
        status = 0
        try:
            _run(capture, wanted)
        except EndError:
            pass
        except (LabError, LookupError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            _say(str(error), sys.stderr)
            status = 1
        finally:
            # Whoever presses Ctrl-C twice must not leave half of it behind.
            _on_signals(signal.SIG_IGN)
    return _left_over() or status


def _on_signals(act: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """Of whoever ends a lab: Ctrl-C, `kill`, and a terminal that is closed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, act)


def _say(text: str, file: TextIO) -> None:
    # The terminal may be gone, which is no reason to stop in the middle of an end.
    with suppress(OSError):
        print(text, file=file, flush=True)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise EndError


def _run(capture: Capture, names: Sequence[str]) -> None:
    _say(f"Boots {len(names)} machines of {capture.stack}: {', '.join(names)}", sys.stdout)
    image_folder()
    begun = time.monotonic()
    try:
        lab = Lab(capture, names)
    except BaseException:
        # What was just being made is in nobody's hands yet.
        _on_signals(signal.SIG_IGN)
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
        # From here on nobody ends anything but this.
        _on_signals(signal.SIG_IGN)
        _say("\nTakes everything away", sys.stdout)
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
    print("\n".join(table(session.states(), stack, coloured=is_terminal(sys.stdout))))
    print(f"\n{time.monotonic() - begun:.0f} s. `make lab-apply` applies the stack file as it is then.", end=" ")
    print("Ctrl-C takes everything away.", flush=True)
    while True:
        session.tend()
        time.sleep(POLL_SECONDS)


def _left_over() -> int:
    left = of_this_process()
    _say("\n".join([f"{len(left)} left over", *(f"  {each}" for each in left)]), sys.stdout)
    return 1 if left else 0
