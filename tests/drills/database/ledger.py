"""What the database has promised, kept outside it: every acknowledged commit, held against what is there afterwards."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Acknowledgement:
    """A commit that the client was told of."""

    number: int
    at: float
    """Seconds since the epoch, on the client's clock."""
    host: str
    """Who acknowledged it."""


@dataclass(frozen=True)
class Loss:
    """Acknowledged commits that are gone."""

    numbers: tuple[int, ...] = ()
    seconds: float = 0.0
    """From the first to the last acknowledgement that was broken."""

    def __str__(self) -> str:
        """As the table says it."""
        if not self.numbers:
            return "nothing"
        return f"{len(self.numbers)} commits ({self.seconds:.1f} s)"


@dataclass(frozen=True)
class Ledger:
    """All acknowledgements of one writer, in the order in which they came."""

    entries: tuple[Acknowledgement, ...] = field(default=())

    @classmethod
    def read(cls, path: Path) -> "Ledger":
        """From the writer's file. The last line may be half written and then says nothing."""
        lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
        return cls(tuple(Acknowledgement(**json.loads(line)) for line in lines))

    def loss(self, present: Iterable[int]) -> Loss:
        """What was acknowledged and is not there."""
        there = set(present)
        lost = [entry for entry in self.entries if entry.number not in there]
        if not lost:
            return Loss()
        return Loss(tuple(entry.number for entry in lost), lost[-1].at - lost[0].at)

    def first_after(self, moment: float, host: str | None = None) -> Acknowledgement | None:
        """The first commit that was accepted after a moment, by any host or by one."""
        found = (entry for entry in self.entries if entry.at > moment and host in (None, entry.host))
        return next(found, None)

    def between(self, start: float, end: float) -> "Ledger":
        """Acknowledgements of a span."""
        return Ledger(tuple(entry for entry in self.entries if start <= entry.at <= end))

    def longest_gap(self) -> float:
        """Longest time without an acknowledgement, in seconds; 0 for fewer than two."""
        return max((later.at - earlier.at for earlier, later in pairwise(self.entries)), default=0.0)
