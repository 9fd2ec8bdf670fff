"""The writer as the drills see it: started, watched, ended, and held against what the database has."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from lab.network.network import Process
from tests.drills.database.ledger import Acknowledgement, Ledger

RATE = 200
"""Commits a second that the writer asks for: enough to see a gap of a tenth of a second."""


class Application:
    """One run of writer.py. It goes on committing until the block ends."""

    def __init__(self, start: Callable[[], Process], ledger: Path) -> None:
        """`start` begins the program; `ledger` is its file as this process sees it."""
        self._start = start
        self._path = ledger
        self._process: Process | None = None

    def __enter__(self) -> "Application":
        """Begins, and waits for the first second of load."""
        self._process = self._start()
        self.wait_for_more(RATE // 2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the program."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def ledger(self) -> Ledger:
        """Everything that was acknowledged until now."""
        return Ledger.read(self._path)

    def wait_for_more(self, number: int, seconds: float = 15) -> None:
        """Waits for this many further acknowledgements."""
        before = len(self.ledger.entries)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if len(self.ledger.entries) >= before + number:
                return
            time.sleep(0.05)
        got = len(self.ledger.entries) - before
        raise AssertionError(f"{got} of {number} commits were accepted within {seconds:.0f} s: {self._last_words()}")

    def first_after(self, moment: float, host: str, seconds: float = 30) -> Acknowledgement:
        """Waits for the first commit that a host accepted after a moment."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.ledger.first_after(moment, host)
            if found is not None:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{host} accepted no write within {seconds:.0f} s: {self._last_words()}")

    def _last_words(self) -> str:
        words = self._path.with_suffix(".log")
        return " ".join(words.read_text(encoding="utf-8").splitlines()[-2:]) if words.is_file() else "it said nothing"
