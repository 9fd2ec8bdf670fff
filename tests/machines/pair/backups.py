"""A backup as `pgbackrest info` tells of it; a test names what matters to it."""

from datetime import UTC, datetime

from pair.repositories.info import Backup
from pair.server.wal import Segment

ONCE = datetime(2026, 11, 21, tzinfo=UTC)


def backup(label: str, number: int = 3, stop: datetime = ONCE) -> Backup:
    """A full backup that needs one segment of the first timeline, by its number."""
    return Backup(label, "full", stop, 30 << 20, first=Segment(1, number), last=Segment(1, number))
