"""WAL that waits for a repository, as the files tell it.

PostgreSQL's own count of failures stays 0 while a repository is away, because the asynchronous push tries again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pair.server import wal

READY = ".ready"


@dataclass(frozen=True)
class Waiting:
    """The queue."""

    size: int
    """Bytes."""
    oldest: float | None
    """Since when the first of it waits; None for nothing."""


def look(data: Path, spool: Path, stanza: str) -> Waiting:
    """The queue of a cluster and the complaints of its asynchronous push. Raises OSError."""
    ready = [path for path in (data / "pg_wal" / "archive_status").iterdir() if _is_ready(path.name)]
    errors = (spool / "archive" / stanza / "out").glob("*.error")
    times = sorted((*_times(iter(ready)), *_times(errors)))
    return Waiting(len(ready) * wal.SEGMENT_SIZE, times[0] if times else None)


def _is_ready(name: str) -> bool:
    """Whether a file of archive_status says that a segment waits; history files are too small to count."""
    return name.endswith(READY) and wal.segment_or_none(name.removesuffix(READY)) is not None


def _times(paths: Iterator[Path]) -> Iterator[float]:
    """A file may be gone before it is looked at."""
    for path in paths:
        try:
            yield path.stat().st_mtime
        except FileNotFoundError:
            continue
