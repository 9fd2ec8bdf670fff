"""Positions in the WAL and the history of timelines: where two hosts parted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from host.errors import HostError

SEGMENT_SIZE = 16 << 20
"""Bytes; what initdb makes without --wal-segsize."""
SEGMENTS_PER_FILE_ID = (1 << 32) // SEGMENT_SIZE


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


def segment_name(timeline: int, bytes_from_start: int) -> str:
    """File of the WAL that holds a position."""
    number = bytes_from_start // SEGMENT_SIZE
    return f"{timeline:08X}{number // SEGMENTS_PER_FILE_ID:08X}{number % SEGMENTS_PER_FILE_ID:08X}"


def diverged_segments(names: Sequence[str], own_timeline: int, fork_at: int, end: int | None) -> tuple[str, ...]:
    """Of the files in pg_wal, those of the own timeline that hold anything from the fork to the end, and its history.

    PostgreSQL makes segments ready by renaming old ones: past the end there is nothing. An unknown end keeps all.
    """
    first = segment_name(own_timeline, fork_at)
    last = segment_name(own_timeline, end) if end is not None else f"{own_timeline:08X}{'F' * 16}"
    history_file = f"{own_timeline:08X}.history"
    own = re.compile(rf"{own_timeline:08X}[0-9A-F]{{16}}(\.partial)?")
    return tuple(
        sorted(name for name in names if name == history_file or (own.fullmatch(name) and first <= name[:24] <= last))
    )
