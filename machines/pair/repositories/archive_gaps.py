"""Whether the archive of a repository has all the WAL that its backups need. pgBackRest's verify does not tell.

What is needed is what a restore of PostgreSQL would ask for: from the beginning of a backup to the end of each
timeline that it leads to, every segment once, on the newest timeline of the way that had begun by then. Where a
timeline left its parent is in the histories, and decides where the parent's segments end and its own begin; numbers of
segments do not.

A dropped archive queue leaves a gap, and so does a promotion that lost what the old primary had not archived. Backups
before it cannot be rolled past it; once a newer backup is there, the gap is history, and is only told of.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pair.repositories.archive import Archive
from pair.repositories.info import Backup
from pair.server import wal
from pair.server.wal import Segment


@dataclass(frozen=True)
class Gaps:
    """What is missing."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    """Gaps that a newer backup has made history."""


@dataclass(frozen=True, order=True)
class Run:
    """Segments of one timeline that follow each other."""

    timeline: int
    first: int
    last: int

    def __str__(self) -> str:
        """The names of the first and the last, or of the only one."""
        first, last = (Segment(self.timeline, number) for number in (self.first, self.last))
        return str(first) if first == last else f"{first} to {last}"


def gaps(archive: Archive, backups: Sequence[Backup]) -> Gaps:
    """What restores lack; `backups` are the oldest first."""
    if not backups:
        return Gaps((), ())
    present = _present(archive.segments)
    own = {backup: tuple(_without(_own(backup), present)) for backup in backups}
    unusable = tuple(run for runs in own.values() for run in runs)
    now = tuple(_without(_joined(_needed_now(archive, backups)), (*present, *unusable)))
    earlier = _without(lacking(archive, backups), (*unusable, *now))
    reached, newest = backups[-1].last.timeline, max(_known(archive, backups))
    lost = _lost_histories(archive, backups)
    faults = [f"backup {backup.label} lacks WAL {run}" for backup, runs in own.items() for run in runs]
    faults += [f"WAL {run} is missing after the newest backup" for run in now]
    faults += [f"{wal.history_name(each)} is missing, so no restore gets there" for each in lost if each > reached]
    if not any(_leads_to(archive, backup, newest) for backup in backups):
        faults.append(f"no backup leads to timeline {newest}, so nothing of it can be restored")
    notes = [f"WAL {run} is missing before the newest backup" for run in earlier]
    notes += [f"{wal.history_name(each)} is missing before the newest backup" for each in lost if each <= reached]
    return Gaps(tuple(faults), tuple(notes))


def lacking(archive: Archive, backups: Iterable[Backup]) -> tuple[Run, ...]:
    """All segments that are not there and without which some restore of some backup to some point ends."""
    needed = [run for backup in backups for run in (*_own(backup), *_onwards(archive, backup))]
    return tuple(_without(_joined(needed), _present(archive.segments)))


def _needed_now(archive: Archive, backups: Sequence[Backup]) -> Iterator[Run]:
    """Of the newest backup, wherever it leads; and the newest timeline must be within reach of one."""
    yield from _onwards(archive, backups[-1])
    newest = max(_known(archive, backups))
    leading = [backup for backup in backups if _leads_to(archive, backup, newest)]
    if leading:
        yield from _way(archive, leading[-1], newest)


def _own(backup: Backup) -> tuple[Run, ...]:
    """Without these a backup cannot be restored at all."""
    return (Run(backup.last.timeline, backup.first.number, backup.last.number),)


def _onwards(archive: Archive, backup: Backup) -> Iterator[Run]:
    for timeline in _known(archive, [backup]):
        if _leads_to(archive, backup, timeline):
            yield from _way(archive, backup, timeline)


def _way(archive: Archive, backup: Backup, target: int) -> Iterator[Run]:
    """What a restore of a backup to the end of a timeline asks for.

    PostgreSQL takes a segment from the newest timeline that had begun by then, and a new timeline begins with a copy
    of the segment in which it left its parent. So a parent's own copy of that segment is not needed.
    """
    switches = archive.histories.get(target, ())
    begins = [0, *(wal.segment_at(target, switch.lsn).number for switch in switches)]
    timelines = [*(switch.timeline for switch in switches), target]
    newest = max((each.number for each in archive.segments if each.timeline == target), default=-1)
    ends = [*(begin - 1 for begin in begins[1:]), newest]
    for timeline, begin, end in zip(timelines, begins, ends, strict=True):
        first = max(begin, backup.first.number)
        if first <= end:
            yield Run(timeline, first, end)


def _leads_to(archive: Archive, backup: Backup, target: int) -> bool:
    """Whether a restore of a backup can follow a timeline: it must be whole before the way there leaves its own."""
    if backup.last.timeline == target:
        return True
    left = (switch.lsn for switch in archive.histories.get(target, ()) if switch.timeline == backup.last.timeline)
    return any(backup.whole_at <= lsn for lsn in left)


def _known(archive: Archive, backups: Iterable[Backup]) -> set[int]:
    """Timelines that something tells of, with one that has no segment."""
    ancestors = {switch.timeline for switches in archive.histories.values() for switch in switches}
    archived = {each.timeline for each in archive.segments}
    return {*archived, *archive.histories, *ancestors, *(backup.last.timeline for backup in backups)}


def _lost_histories(archive: Archive, backups: Sequence[Backup]) -> list[int]:
    """A restore looks for one timeline after the other, and takes the first that has no history for the end.

    pgBackRest expires the histories of timelines before that of the oldest backup.
    """
    oldest = min(backup.last.timeline for backup in backups)
    return [
        number for number in range(oldest + 1, max(_known(archive, backups)) + 1) if number not in archive.histories
    ]


def _present(segments: Iterable[Segment]) -> tuple[Run, ...]:
    return _joined(Run(each.timeline, each.number, each.number) for each in segments)


def _joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """In order, each segment in one run alone, and the runs as long as they can be."""
    joined: list[Run] = []
    for run in sorted(runs):
        last = joined[-1] if joined else None
        if last is not None and run.timeline == last.timeline and run.first <= last.last + 1:
            joined[-1] = Run(last.timeline, last.first, max(last.last, run.last))
        else:
            joined.append(run)
    return tuple(joined)


def _without(runs: Iterable[Run], taken: Iterable[Run]) -> Iterator[Run]:
    """What of the runs is in none of those that are taken."""
    holes = _joined(taken)
    for run in runs:
        first = run.first
        for hole in holes:
            if hole.timeline != run.timeline or hole.last < first or hole.first > run.last:
                continue
            if hole.first > first:
                yield Run(run.timeline, first, hole.first - 1)
            first = hole.last + 1
        if first <= run.last:
            yield Run(run.timeline, first, run.last)
