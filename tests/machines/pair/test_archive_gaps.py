"""What restores need of an archive: as pgBackRest 2.55.1 really wrote one, and as PostgreSQL would ask for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from host.errors import HostError
from hypothesis import given
from hypothesis import strategies as st
from pair.repositories import archive, archive_gaps, info
from pair.repositories.archive import Archive
from pair.repositories.archive_gaps import Gaps, Run
from pair.repositories.info import Backup
from pair.server import wal
from pair.server.wal import SEGMENT_SIZE, Segment, Switch

from tests.machines.pair.backups import ONCE, backup

TEXTS = Path(__file__).parent / "texts"


def text(name: str) -> str:
    return (TEXTS / name).read_text()


def segments(*numbers: int, timeline: int = 1) -> frozenset[Segment]:
    return frozenset(Segment(timeline, number) for number in numbers)


def forked(*at: float) -> tuple[Switch, ...]:
    """The way along timelines 1, 2 and so on, each left in the segment of a number."""
    return tuple(Switch(timeline, int(number * SEGMENT_SIZE)) for timeline, number in enumerate(at, 1))


LISTED = archive.listed(text("archive.json"))
WHOLE = Archive(LISTED.segments)
BACKUPS = next(each.backups for each in info.parse(text("info.json")) if each.number == 1)
FORK = 0x12
"""Of the second timeline, in the example of a lost stretch."""


def test_an_archive_without_gaps_is_whole() -> None:
    assert archive_gaps.gaps(WHOLE, BACKUPS) == Gaps((), ())


def test_each_lost_segment_from_the_oldest_backup_on_is_noticed() -> None:
    assert WHOLE.segments == segments(*range(1, 8))

    for number in range(3, 8):
        found = archive_gaps.gaps(Archive(WHOLE.segments - segments(number)), BACKUPS)
        assert found.faults or found.notes, f"segment {number}"
    assert archive_gaps.gaps(Archive(WHOLE.segments - segments(2)), BACKUPS) == Gaps((), ())


def test_a_backup_without_its_own_wal_cannot_be_restored_at_all() -> None:
    found = archive_gaps.gaps(Archive(WHOLE.segments - segments(3)), BACKUPS)

    assert found.faults == ("backup 20261121-163212F lacks WAL 000000010000000000000003",)
    assert found.notes == ()


def test_a_gap_is_a_fault_until_a_newer_backup_makes_it_history() -> None:
    before = [backup("first", 3)]
    after = [*before, backup("second", 20)]
    present = Archive(segments(*range(3, 10), *range(15, 25)))

    assert archive_gaps.gaps(present, before).faults == (
        "WAL 00000001000000000000000A to 00000001000000000000000E is missing after the newest backup",
    )
    assert archive_gaps.gaps(present, after).faults == ()
    assert len(archive_gaps.gaps(present, after).notes) == 1


def test_the_beginning_of_a_timeline_is_where_its_parent_was_left_and_not_where_its_segments_begin() -> None:
    present = segments(*range(0x01, 0x21)) | segments(*range(0x18, 0x30), timeline=2)

    found = archive_gaps.gaps(Archive(present, {2: forked(FORK + 0.5)}), [backup("first", 3)])

    assert found.faults == (
        "WAL 000000020000000000000012 to 000000020000000000000017 is missing after the newest backup",
    )


def test_what_the_old_primary_never_archived_before_the_fork_is_missing_though_the_new_one_has_no_segment() -> None:
    found = archive_gaps.gaps(Archive(segments(*range(3, 10)), {2: forked(FORK + 0.5)}), [backup("first", 3)])

    assert found.faults == (
        "WAL 00000001000000000000000A to 000000010000000000000011 is missing after the newest backup",
    )


def test_a_timeline_that_was_left_in_the_segment_in_which_it_began_needs_none() -> None:
    present = segments(*range(3, 18)) | segments(*range(FORK, 0x20), timeline=3)
    histories = {2: forked(FORK + 0.25), 3: forked(FORK + 0.25, FORK + 0.75)}

    assert archive_gaps.gaps(Archive(present, histories), [backup("first", 3)]) == Gaps((), ())


def test_a_fork_between_two_segments_needs_the_one_before_it_of_the_parent() -> None:
    present = segments(*range(3, FORK)) | segments(*range(FORK, 0x20), timeline=2)
    histories = {2: forked(FORK)}

    assert archive_gaps.gaps(Archive(present, histories), [backup("first", 3)]) == Gaps((), ())
    assert archive_gaps.gaps(Archive(present - segments(FORK - 1), histories), [backup("first", 3)]).faults


def test_a_backup_that_became_whole_after_the_fork_does_not_lead_past_it() -> None:
    present = Archive(segments(*range(3, 0x20)) | segments(*range(FORK, 0x20), timeline=2), {2: forked(FORK + 0.5)})

    assert archive_gaps.gaps(present, [backup("late", FORK, whole_at=int((FORK + 0.75) * SEGMENT_SIZE))]).faults == (
        "no backup leads to timeline 2, so nothing of it can be restored",
    )
    assert archive_gaps.gaps(present, [backup("early", FORK, whole_at=int((FORK + 0.25) * SEGMENT_SIZE))]).faults == ()


def test_a_lost_history_ends_a_restore_until_a_newer_backup_lies_past_it() -> None:
    present = segments(*range(3, 18)) | segments(*range(FORK, 0x20), timeline=3)
    lost = Archive(present, {3: forked(FORK + 0.25, FORK + 0.75)})
    before = [backup("first", 3)]
    after = [*before, backup("second", 0x15, timeline=3)]

    assert archive_gaps.gaps(lost, before).faults == ("00000002.history is missing, so no restore gets there",)
    assert archive_gaps.gaps(lost, after) == Gaps((), ("00000002.history is missing before the newest backup",))
    assert archive_gaps.gaps(lost, after[1:]) == Gaps((), ()), "pgBackRest expires it with the backups that need it"


def test_a_repository_that_pgbackrest_wrote_through_two_promotions_is_whole_and_misses_each_segment() -> None:
    """Without the `.partial` ones, which no restore asks for."""
    found = archive.listed(text("archive_promoted.json"))
    (repository,) = info.parse(text("info_promoted.json"))
    histories = {each: archive.history(each, text(wal.history_name(each))) for each in found.histories}
    needed = [each for each in found.segments if each != Segment(1, 1)]
    last = max(found.segments)

    assert archive_gaps.gaps(Archive(found.segments, histories), repository.backups) == Gaps((), ())
    for each in needed:
        less = archive_gaps.gaps(Archive(found.segments - {each}, histories), repository.backups)
        assert (less == Gaps((), ())) == (each == last), f"{each}: what nothing follows may simply not be there yet"


def test_what_is_no_listing_is_refused() -> None:
    for wrong in ("", "[", "not found"):
        with pytest.raises(HostError):
            archive.listed(wrong)
        with pytest.raises(HostError):
            info.parse(wrong)


@dataclass
class Model:
    """A pair that writes, makes backups and is promoted, with an archive that has all of it."""

    histories: dict[int, tuple[Switch, ...]] = field(default_factory=lambda: {1: ()})
    begins: dict[int, int] = field(default_factory=lambda: {1: SEGMENT_SIZE})
    ends: dict[int, int] = field(default_factory=lambda: {1: SEGMENT_SIZE})
    backups: list[Backup] = field(default_factory=list[Backup])
    timeline: int = 1

    def write(self, length: int) -> None:
        self.ends[self.timeline] += length

    def back_up(self, length: int) -> None:
        start = self.ends[self.timeline]
        whole_at = start + length
        first, last = (wal.segment_at(self.timeline, position) for position in (start, whole_at - 1))
        stop = ONCE + timedelta(hours=len(self.backups))
        self.backups.append(Backup(f"{len(self.backups)}", "full", stop, 0, first=first, last=last, whole_at=whole_at))
        self.ends[self.timeline] = (last.number + 1) * SEGMENT_SIZE

    def promote(self, parent: int, back: int) -> None:
        fork = max(self.begins[parent], self.ends[parent] - back)
        self.timeline = max(self.histories) + 1
        self.histories[self.timeline] = (*self.histories[parent], Switch(parent, fork))
        self.begins[self.timeline] = self.ends[self.timeline] = fork

    def archived(self) -> frozenset[Segment]:
        """Segments are archived once they are full."""
        return frozenset(
            Segment(timeline, number)
            for timeline, end in self.ends.items()
            for number in range(self.begins[timeline] // SEGMENT_SIZE, end // SEGMENT_SIZE)
        )

    def archive(self, lost: Iterable[Segment] = ()) -> Archive:
        histories = {timeline: switches for timeline, switches in self.histories.items() if switches}
        return Archive(self.archived() - set(lost), histories)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Lengths are in quarters of a segment, so that forks fall on borders and into one segment."""
    made = Model()
    lengths = st.integers(1, 14).map(lambda quarters: quarters * SEGMENT_SIZE // 4)
    for _ in range(draw(st.integers(3, 14))):
        known = st.sampled_from(sorted(made.histories))
        match draw(st.sampled_from(["write", "write", "back up", "promote", "promote", "go on"])):
            case "back up":
                made.back_up(draw(lengths))
            case "promote":
                made.promote(draw(known), draw(st.one_of(st.just(0), lengths)))
            case "go on":
                made.timeline = draw(known)
            case _:
                made.write(draw(lengths))
    return made


def chosen(history: Sequence[Switch], target: int, number: int) -> Segment:
    """What PostgreSQL takes for a segment: that of the newest timeline that had begun by it (XLogFileReadAnyTLI)."""
    begins = [(1, 0)] if not history else [(history[0].timeline, 0)]
    followers = [*(switch.timeline for switch in history[1:]), target]
    begins += [(follower, switch.lsn) for follower, switch in zip(followers, history, strict=False)]
    return next(Segment(timeline, number) for timeline, lsn in reversed(begins) if lsn // SEGMENT_SIZE <= number)


def owner(history: Sequence[Switch], target: int, position: int) -> int:
    """The timeline to which a position belongs on the way to another (tliOfPointInHistory)."""
    return next((switch.timeline for switch in history if position <= switch.lsn), target)


def asked_for(made: Backup, histories: Mapping[int, tuple[Switch, ...]], present: frozenset[Segment]) -> set[Segment]:
    """Whatever PostgreSQL asks for in any restore of a backup, to as far as the archive tells of."""
    needed = {Segment(made.last.timeline, number) for number in range(made.first.number, made.last.number + 1)}
    for target, history in histories.items():
        if owner(history, target, made.whole_at) != made.last.timeline:
            continue
        before_fork = history[-1].lsn // SEGMENT_SIZE - 1 if history else 0
        end = max([before_fork, *(each.number for each in present if each.timeline == target)])
        needed |= {chosen(history, target, number) for number in range(made.first.number, end + 1)}
    return needed


def expanded(runs: Iterable[Run]) -> set[Segment]:
    return {Segment(run.timeline, number) for run in runs for number in range(run.first, run.last + 1)}


@given(models())
def test_an_archive_that_lost_nothing_is_whole_however_often_hosts_were_promoted(model: Model) -> None:
    found = archive_gaps.gaps(model.archive(), model.backups)

    assert found.notes == ()
    assert [fault for fault in found.faults if not fault.startswith("no backup leads")] == []


@given(models(), st.data())
def test_what_is_missing_is_exactly_what_some_restore_asks_for_in_vain(model: Model, data: st.DataObject) -> None:
    whole = sorted(model.archived())
    lost = data.draw(st.sets(st.sampled_from(whole), max_size=8)) if whole else set[Segment]()
    damaged = model.archive(lost)
    present = damaged.segments
    wanted = {each for made in model.backups for each in asked_for(made, model.histories, present)}

    missing = archive_gaps.lacking(damaged, model.backups)
    told = archive_gaps.gaps(damaged, model.backups)

    assert expanded(missing) == wanted - present
    assert bool(missing) == any("WAL" in line for line in (*told.faults, *told.notes))


@given(models(), st.data())
def test_an_archive_is_clean_only_if_the_newest_backup_goes_on_to_the_end_of_every_way(
    model: Model, data: st.DataObject
) -> None:
    model.back_up(SEGMENT_SIZE)
    lost = data.draw(st.sets(st.sampled_from(sorted(model.archived())), max_size=8))
    damaged = model.archive(lost)

    if not archive_gaps.gaps(damaged, model.backups).faults:
        assert asked_for(model.backups[-1], model.histories, damaged.segments) <= damaged.segments
