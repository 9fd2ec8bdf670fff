"""The WAL: positions, names of its segments and of history files, and where two hosts parted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from host.errors import HostError

SEGMENT_SIZE = 16 << 20
"""Bytes; what initdb makes without --wal-segsize."""
SEGMENTS_PER_LOG = (1 << 32) // SEGMENT_SIZE
"""Segments in 4 GiB of WAL, which a name counts in its middle part."""
NAME = r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})"
ARCHIVED = re.compile(rf"(?:.*/)?{NAME}-[0-9a-f]{{40}}(?:\.\w+)?")
"""A whole segment in an archive, with the checksum of its content; a `.partial` one is what a promotion cut off."""


@dataclass(frozen=True, order=True)
class Segment:
    """A segment of WAL."""

    timeline: int
    number: int

    def __str__(self) -> str:
        """The name of its file."""
        return f"{self.timeline:08X}{self.number // SEGMENTS_PER_LOG:08X}{self.number % SEGMENTS_PER_LOG:08X}"


def segment(name: str) -> Segment:
    """The segment of a file's name. Raises HostError."""
    found = segment_or_none(name)
    if found is None:
        raise HostError(f"{name!r} is no name of a WAL segment")
    return found


def segment_or_none(name: str) -> Segment | None:
    """The segment of a file's name; None for a history file, and for whatever else is in pg_wal."""
    return _segment(re.fullmatch(NAME, name))


def archived_segment(path: str) -> Segment | None:
    """The whole segment that a file of an archive holds; None for any other file."""
    return _segment(ARCHIVED.fullmatch(path))


def segment_at(timeline: int, bytes_from_start: int) -> Segment:
    """The segment that holds a position."""
    return Segment(timeline, bytes_from_start // SEGMENT_SIZE)


def history_name(timeline: int) -> str:
    """File that tells where a timeline began; the first has none."""
    return f"{timeline:08X}.history"


def history_timeline(name: str) -> int | None:
    """The timeline of a history file's name; None for any other file."""
    match = re.fullmatch(r"([0-9A-F]{8})\.history", name)
    return None if match is None else int(match[1], 16)


def _segment(match: re.Match[str] | None) -> Segment | None:
    if match is None:
        return None
    return Segment(int(match[1], 16), int(match[2], 16) * SEGMENTS_PER_LOG + int(match[3], 16))


@dataclass(frozen=True)
class Switch:
    """A line of a history file: a timeline, and the position at which its successor began."""

    timeline: int
    lsn: int


def position(lsn: str) -> int:
    """Bytes from the beginning of the WAL, of a position as PostgreSQL writes it. Raises HostError."""
    match = re.fullmatch(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})", lsn)
    if match is None:
        raise HostError(f"{lsn!r} is no position in the WAL such as 0/3000148")
    return (int(match[1], 16) << 32) + int(match[2], 16)


def lsn_text(bytes_from_start: int) -> str:
    """A position as PostgreSQL writes it."""
    return f"{bytes_from_start >> 32:X}/{bytes_from_start & 0xFFFFFFFF:X}"


def history(text: str) -> tuple[Switch, ...]:
    """The lines of a history file, oldest first; empty for timeline 1, which has none. Raises HostError."""
    switches: list[Switch] = []
    for line in text.splitlines():
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        if len(fields) < 2 or not fields[0].isdecimal():
            raise HostError(f"{line!r} is no line of a timeline history")
        switches.append(Switch(int(fields[0]), position(fields[1])))
    return tuple(switches)


def fork(own_timeline: int, peer_timeline: int, switches: Sequence[Switch]) -> int | None:
    """Where the peer left this host's timeline; None where it is on it still. Raises HostError if they never met."""
    if own_timeline == peer_timeline:
        return None
    for switch in switches:
        if switch.timeline == own_timeline:
            return switch.lsn
    raise HostError(
        f"timeline {own_timeline} of this host is no ancestor of timeline {peer_timeline} of the peer",
        "pairctl rejoin --from-repository makes this host anew",
    )


def diverged_bytes(own_end: int, fork_at: int | None) -> int:
    """Bytes of WAL that this host has and the peer has not."""
    return 0 if fork_at is None else max(own_end - fork_at, 0)


def diverged_segments(names: Sequence[str], own_timeline: int, fork_at: int, end: int | None) -> tuple[str, ...]:
    """Of the files in pg_wal, those of the own timeline that hold anything from the fork to the end, and its history.

    PostgreSQL makes segments ready by renaming old ones: past the end there is nothing. An unknown end keeps all.
    """
    first = segment_at(own_timeline, fork_at)
    last = None if end is None else segment_at(own_timeline, end)
    return tuple(sorted(name for name in names if _is_between(name, first, last)))


def _is_between(name: str, first: Segment, last: Segment | None) -> bool:
    """Whether a file of pg_wal belongs to the timeline of `first`, and lies between the two; also what was cut off."""
    if name == history_name(first.timeline):
        return True
    found = segment_or_none(name.removesuffix(".partial"))
    return found is not None and found.timeline == first.timeline and first <= found and (last is None or found <= last)
