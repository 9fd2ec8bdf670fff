"""A backup as `pgbackrest info` tells of it; a test names what matters to it."""

from datetime import UTC, datetime

from pair.repositories.info import Backup
from pair.server.wal import SEGMENT_SIZE, Segment

ONCE = datetime(2026, 11, 21, tzinfo=UTC)


def backup(
    label: str, number: int = 3, stop: datetime = ONCE, *, kind: str = "full", timeline: int = 1, whole_at: int = 0
) -> Backup:
    """A full backup that needs one segment of the first timeline, by its number."""
    segment = Segment(timeline, number)
    return Backup(
        label, kind, stop, 30 << 20, first=segment, last=segment, whole_at=whole_at or number * SEGMENT_SIZE + 0x120
    )
