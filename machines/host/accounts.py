"""The account of a command: what is seen, what will be done, what might be lost. Nothing is done before it is read."""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from host.errors import HostError

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Account:
    """What a person reads before anything changes."""

    title: str
    """The act in one line: "promote pg-b"."""
    seen: tuple[str, ...]
    steps: tuple[str, ...]
    losses: tuple[str, ...] = ()
    """What might be lost; empty: nothing."""

    def __str__(self) -> str:
        """Three headed lists."""
        parts = (("Seen", self.seen), ("Will be done", self.steps), ("Might be lost", self.losses or ("nothing",)))
        lines = [self.title]
        for heading, entries in parts:
            lines += [f"{heading}:", *(f"  {entry}" for entry in entries)]
        return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two options of every command that changes something."""
    parser.add_argument("--dry-run", action="store_true", help="print the account and change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask; for scripts and runbooks")


def agreed(account: Account, options: argparse.Namespace) -> bool:
    """Prints the account; whether to go on. Raises HostError where nobody can be asked."""
    sys.stdout.write(f"{account}\n")
    sys.stdout.flush()
    if options.dry_run:
        return False
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise HostError("there is no terminal to ask on", "--dry-run shows the account alone, --yes agrees to it")
    sys.stdout.write(f"{account.title}? [y/N] ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    raise HostError("nothing was changed")


@contextlib.contextmanager
def agreed_on(
    lock: contextlib.AbstractContextManager[None],
    options: argparse.Namespace,
    look: Callable[[], Seen],
    refusal: Callable[[Seen], HostError | None],
    account: Callable[[Seen], Account],
) -> Generator[Seen | None]:
    """What is seen once the person has agreed, with the lock held; None where nothing is to be done.

    Nobody holds the lock while a person thinks: what must be done meanwhile by others has to go on. So what they saw is
    looked at again, and may be refused now. Raises HostError.
    """
    if options.dry_run or not options.yes:
        seen = _not_refused(look(), refusal)
        if not agreed(account(seen), options):
            yield None
            return
    with lock:
        seen = _not_refused(look(), refusal)
        if options.yes:
            agreed(account(seen), options)
        yield seen


def _not_refused(seen: Seen, refusal: Callable[[Seen], HostError | None]) -> Seen:
    refused = refusal(seen)
    if refused is not None:
        raise refused
    return seen


class Progress:
    """One line for each step, with the seconds since the first."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def __call__(self, text: str) -> None:
        """Writes a line at once: a person follows, and a drill reads it."""
        # A terminal that was closed must not end a promotion half-way.
        with contextlib.suppress(OSError):
            sys.stdout.write(f"[{time.monotonic() - self._begin:6.2f} s] {text}\n")
            sys.stdout.flush()
