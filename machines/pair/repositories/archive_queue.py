"""WAL that waits for a repository, as the files tell it.

PostgreSQL's own count of failures stays 0 while a repository is away, because the asynchronous push tries again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEGMENT_SIZE = 16 << 20
"""Bytes; the pair is made without another size."""

READY = re.compile(r"[0-9A-F]{24}\.ready")


@dataclass(frozen=True)
class Waiting:
    """The queue."""

    size: int
    """Bytes."""
    oldest: float | None
    """Since when the first of it waits; None for nothing."""


def look(data: Path, spool: Path, stanza: str) -> Waiting:
    """The queue of a cluster and the complaints of its asynchronous push. Raises OSError."""
    ready = [path for path in (data / "pg_wal" / "archive_status").iterdir() if READY.fullmatch(path.name)]
    errors = (spool / "archive" / stanza / "out").glob("*.error")
    times = sorted((*_times(iter(ready)), *_times(errors)))
    return Waiting(len(ready) * SEGMENT_SIZE, times[0] if times else None)


def _times(paths: Iterator[Path]) -> Iterator[float]:
    """A file may be gone before it is looked at."""
    for path in paths:
        try:
            yield path.stat().st_mtime
        except FileNotFoundError:
            continue
