"""What lies in the archive of a repository: whole segments, and the histories of its timelines.

pgBackRest keeps both below one folder, and lists and reads S3 and GCS in the same words.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from host.errors import HostError

from pair.repositories import pgbackrest
from pair.repositories.info import RepositoryInfo
from pair.server import wal
from pair.server.wal import Segment, Switch
from pair.settings import PairSettings

LIST_TIMEOUT = 600
READ_TIMEOUT = 30
"""Seconds for one history file, of a few hundred bytes."""


@dataclass(frozen=True)
class Listing:
    """The names."""

    segments: frozenset[Segment]
    histories: frozenset[int] = frozenset()
    """Timelines whose history file is there."""


@dataclass(frozen=True)
class Archive:
    """The archive of one database version."""

    segments: frozenset[Segment]
    histories: Mapping[int, tuple[Switch, ...]] = field(default_factory=dict[int, tuple[Switch, ...]])
    """Of each timeline but the first, the way there: the oldest timeline first, the parent last."""


def read(settings: PairSettings, info: RepositoryInfo) -> Archive:
    """The archive that a repository's newest backups use.

    Raises HostError: without every history nobody can tell what is needed.
    """
    folder = f"archive/{settings.stanza}/{info.archive}"
    found = listed(pgbackrest.repo_list(settings, info.number, folder, LIST_TIMEOUT))
    histories: dict[int, tuple[Switch, ...]] = {}
    for timeline in sorted(found.histories):
        path = f"{folder}/{wal.history_name(timeline)}"
        content = pgbackrest.repo_get(settings, info.number, path, READ_TIMEOUT, raw=False)
        # None is one that expired since it was listed, or is lost: whether it matters is seen with the others.
        if content is not None:
            histories[timeline] = history(timeline, content.decode())
    return Archive(found.segments, histories)


def listed(text: str) -> Listing:
    """What the text of `repo-ls --recurse --output=json` names. Raises HostError."""
    try:
        content: Any = json.loads(text)
    except ValueError as error:
        raise HostError(f"pgbackrest repo-ls cannot be understood: {error}") from None
    names = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    segments = (wal.archived_segment(name) for name in names)
    histories = (wal.history_timeline(name) for name in names)
    return Listing(
        frozenset(each for each in segments if each is not None),
        frozenset(each for each in histories if each is not None),
    )


def history(timeline: int, text: str) -> tuple[Switch, ...]:
    """The history of a timeline, which must lead to it. Raises HostError."""
    switches = wal.history(text)
    timelines = [*(switch.timeline for switch in switches), timeline]
    positions = [switch.lsn for switch in switches]
    if not switches or timelines != sorted(set(timelines)) or positions != sorted(positions):
        raise HostError(f"{wal.history_name(timeline)} in the archive leads to no timeline {timeline}: {text!r}")
    return switches
