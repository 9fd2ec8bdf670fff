"""Whether the archive of a repository has all the WAL that its backups need. pgBackRest's verify does not tell.

A dropped archive queue leaves a gap. Backups before it cannot be rolled past it; once a newer backup is there, the gap
is history, and is only told of.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from host.errors import HostError

from pair.repositories.info import Backup
from pair.server import wal
from pair.server.wal import Segment


@dataclass(frozen=True)
class Gaps:
    """What is missing."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    """Gaps that a newer backup has made history."""


def listed(text: str) -> frozenset[Segment]:
    """The whole segments in the text of `repo-ls --recurse --output=json`. Raises HostError."""
    try:
        content: Any = json.loads(text)
    except ValueError as error:
        raise HostError(f"pgbackrest repo-ls cannot be understood: {error}") from None
    names = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    segments = (wal.archived_segment(name) for name in names)
    return frozenset(found for found in segments if found is not None)


def gaps(present: frozenset[Segment], backups: Sequence[Backup]) -> Gaps:
    """What is missing between the first backup and the newest segment of each timeline."""
    faults = [
        f"backup {backup.label} lacks WAL {missing}"
        for backup in backups
        for missing in _runs(_missing(present, backup.first, backup.last))
    ]
    newest = backups[-1].last if backups else Segment(0, 0)
    notes: list[str] = []
    for timeline in sorted({each.timeline for each in present}):
        numbers = [each.number for each in present if each.timeline == timeline]
        missing = _missing(present, Segment(timeline, min(numbers)), Segment(timeline, max(numbers)))
        later = [each for each in missing if each > newest]
        faults += [f"WAL {run} is missing after the newest backup" for run in _runs(later)]
        notes += [
            f"WAL {run} is missing before the newest backup"
            for run in _runs(each for each in missing if each not in later)
        ]
    return Gaps((*faults, *_torn(present, newest)), tuple(notes))


def _torn(present: frozenset[Segment], newest: Segment) -> Iterator[str]:
    """A timeline begins at the segment in which the one before it ended; what lies between can be lost as well."""
    timelines = sorted({each.timeline for each in present if each.timeline >= newest.timeline})
    for before, after in itertools.pairwise(timelines):
        last = max(each.number for each in present if each.timeline == before)
        first = min(each.number for each in present if each.timeline == after)
        if first > last + 1:
            yield f"WAL between {Segment(before, last)} and {Segment(after, first)} is missing"


def _missing(present: frozenset[Segment], first: Segment, last: Segment) -> list[Segment]:
    numbers = range(first.number, last.number + 1)
    return [each for number in numbers if (each := Segment(first.timeline, number)) not in present]


def _runs(missing: Iterator[Segment] | list[Segment]) -> Iterator[str]:
    """Names, where many follow each other the first and the last."""
    run: list[Segment] = []
    for each in [*missing, None]:
        if run and (each is None or each.timeline != run[-1].timeline or each.number != run[-1].number + 1):
            yield str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}"
            run = []
        if each is not None:
            run.append(each)
