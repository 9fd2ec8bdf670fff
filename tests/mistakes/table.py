"""The table of `make bench-mistakes`, and what nobody saw."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.mistakes.mistake import LEGITIMATE, Mistake
from tests.mistakes.seeing import BEFORE_A_MERGE, STOPPED, Seen, Sight

MACHINES = "machines"
"""How rooms begin whose mistakes the tests are for, since a preview does not look into what runs on a machine."""


@dataclass(frozen=True)
class Row:
    """A mistake and who saw it."""

    mistake: Mistake
    sight: Sight

    @property
    def is_seen(self) -> bool:
        """Whether those saw it who are there for its room."""
        if self.mistake.room.startswith(MACHINES):
            return self.sight.seen not in (Seen.NOBODY, Seen.STALE)
        return self.sight.seen in BEFORE_A_MERGE


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Lines for each kind and each room, then what passed, then legitimate changes that were refused."""
    mistakes = [row for row in rows if row.mistake.room != LEGITIMATE]
    yield f"{'':<52}" + "".join(f"{seen:>10}" for seen in Seen)
    for room in dict.fromkeys(row.mistake.room for row in mistakes):
        of_room = [row for row in mistakes if row.mistake.room == room]
        yield _line(room, of_room)
        for kind in dict.fromkeys(row.mistake.kind for row in of_room):
            yield _line(f"  {kind}", [row for row in of_room if row.mistake.kind == kind])
    yield ""
    for room in dict.fromkeys(row.mistake.room for row in mistakes):
        yield _figure(room, [row for row in mistakes if row.mistake.room == room])
    yield from _listed("Seen by nobody", [row for row in mistakes if row.sight.seen is Seen.NOBODY])
    yield from _listed("Stale, so mend the list", [row for row in rows if row.sight.seen is Seen.STALE])
    late = [row for row in mistakes if row.sight.seen is Seen.TESTS and not row.is_seen]
    yield from _listed("Seen by tests alone, so neither by a preview nor on a fork", late)
    allowed = [row for row in rows if row.mistake.room == LEGITIMATE]
    refused = [row for row in allowed if is_refused(row)]
    if allowed:
        yield from _listed(f"Legitimate changes that are refused, of {len(allowed)}", refused)


def is_refused(row: Row) -> bool:
    """Whether something stops a legitimate change; to show it is right."""
    return row.sight.seen in STOPPED | {Seen.TESTS}


def _line(name: str, rows: Sequence[Row]) -> str:
    counts = Counter(row.sight.seen for row in rows)
    return f"{name:<52}" + "".join(f"{counts[seen] or '':>10}" for seen in Seen)


def _figure(room: str, rows: Sequence[Row]) -> str:
    seen = sum(row.is_seen for row in rows)
    by = "tests" if room.startswith(MACHINES) else "settings, policies or preview"
    return f"{room}: {seen} of {len(rows)} seen by {by}, {100 * seen / len(rows):.0f} of 100"


def _listed(title: str, rows: Sequence[Row]) -> Iterator[str]:
    yield ""
    yield f"{title}: {len(rows)}"
    for row in rows:
        said = f"  ({row.sight.line})" if row.sight.line else ""
        yield f"  {row.mistake.room}: {row.mistake.name}{said}"
