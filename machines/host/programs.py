"""Runs other programs: with a time limit always, and with nothing of the caller's environment."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from host.errors import HostError

BASE = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
"""The whole environment of a program but for what is named below: texts that are parsed stay English."""
LAST_WORDS = 3
"""Lines of a failed program that are shown."""


class CommandError(HostError):
    """A program that failed or did not end in time, with its own last words."""


@dataclass(frozen=True)
class Finished:
    """A program that ended with an accepted status."""

    status: int
    output: str
    errors: str


def run(
    arguments: Sequence[str],
    *,
    timeout: float,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
    accepted: Sequence[int] = (0,),
    shown: bool = False,
) -> Finished:
    """Runs a program to its end; it and its children are killed after `timeout` seconds. Raises CommandError.

    With `shown` a person follows its output, and the record holds none.
    """
    with (
        contextlib.suppress(FileNotFoundError),
        subprocess.Popen(  # noqa: S603 -- no shell, programs of Debian
            arguments,
            stdin=subprocess.PIPE,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
            env={**BASE, **(environment or {})},
            cwd="/",
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            start_new_session=True,
        ) as process,
    ):
        try:
            output, errors = process.communicate(given, timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            raise
        else:
            finished = Finished(process.returncode, _text(output), _text(errors))
            if finished.status not in accepted:
                raise CommandError(f"{_name(arguments)} ended with {finished.status}: {_last_words(finished)}")
            return finished
        raise CommandError(f"{_name(arguments)} did not end within {timeout:.0f} s")
    raise CommandError(f"{arguments[0]} is not installed", "journalctl -u packyard-converge -e")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace")


def _name(arguments: Sequence[str]) -> str:
    """The program and its command; options may be long, and paths say nothing."""
    words = [word for word in arguments[1:] if re.fullmatch(r"[a-z][a-z-]*", word)]
    return " ".join([arguments[0].rpartition("/")[2], *words[:1]])


def _last_words(finished: Finished) -> str:
    lines = (finished.errors.strip() or finished.output.strip()).splitlines()
    return " / ".join(line.strip() for line in lines[-LAST_WORDS:]) or "it said nothing"
