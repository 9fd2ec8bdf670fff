"""Whether the archive of a repository has all the WAL that its backups need. pgBackRest's verify does not tell.

A dropped archive queue leaves a gap. Backups before it cannot be rolled past it; once a newer backup is there, the gap
is history, and is only told of.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from host.errors import HostError

SEGMENT = re.compile(r"(?:.*/)?([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})-[0-9a-f]{40}(?:\.\w+)?")
"""A whole segment with the checksum of its content; a `.partial` one is what a promotion cut off."""

PER_LOG = 256
"""Segments of 16 MiB in 4 GiB of WAL, which a name counts in its middle part."""


@dataclass(frozen=True, order=True)
class Segment:
    """A segment of WAL."""

    timeline: int
    number: int

    def __str__(self) -> str:
        """The name of its file."""
        return f"{self.timeline:08X}{self.number // PER_LOG:08X}{self.number % PER_LOG:08X}"


@dataclass(frozen=True)
class Need:
    """A backup, with the WAL without which it cannot be restored at all."""

    label: str
    first: Segment
    last: Segment


@dataclass(frozen=True)
class Gaps:
    """What is missing."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    """Gaps that a newer backup has made history."""


def segment(name: str) -> Segment:
    """The segment of a name of 24 digits. Raises HostError."""
    if not re.fullmatch(r"[0-9A-F]{24}", name):
        raise HostError(f"{name!r} is no name of a WAL segment")
    return Segment(int(name[:8], 16), int(name[8:16], 16) * PER_LOG + int(name[16:], 16))


def listed(text: str) -> frozenset[Segment]:
    """The whole segments in the text of `repo-ls --recurse --output=json`. Raises HostError."""
    try:
        content: Any = json.loads(text)
    except ValueError as error:
        raise HostError(f"pgbackrest repo-ls cannot be understood: {error}") from None
    names = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    matches = (SEGMENT.fullmatch(name) for name in names)
    return frozenset(segment(match[1] + match[2] + match[3]) for match in matches if match is not None)


def needs(info: str, repository: int) -> tuple[Need, ...]:
    """The backups of a repository in the text of `info --output=json`, oldest first. Raises HostError."""
    try:
        stanzas: list[dict[str, Any]] = json.loads(info)
        backups = [each for stanza in stanzas for each in stanza["backup"] if _repository(each) == repository]
        backups.sort(key=lambda each: int(each["timestamp"]["stop"]))
        return tuple(
            Need(str(each["label"]), segment(each["archive"]["start"]), segment(each["archive"]["stop"]))
            for each in backups
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"pgbackrest info cannot be understood: {type(error).__name__} {error}") from None


def archive_id(info: str, repository: int) -> str:
    """The archive of the present database version; empty for none. Raises HostError."""
    try:
        stanzas: list[dict[str, Any]] = json.loads(info)
        found = [each for stanza in stanzas for each in stanza["archive"] if _repository(each) == repository]
        return str(found[-1]["id"]) if found else ""
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"pgbackrest info cannot be understood: {type(error).__name__} {error}") from None


def _repository(entry: Mapping[str, Any]) -> int:
    return int(entry["database"]["repo-key"])


def gaps(present: frozenset[Segment], backups: Sequence[Need]) -> Gaps:
    """What is missing between the first backup and the newest segment of each timeline."""
    faults = [
        f"backup {need.label} lacks WAL {missing}"
        for need in backups
        for missing in _runs(_missing(present, need.first, need.last))
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
