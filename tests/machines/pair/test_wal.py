"""Positions in the WAL and histories of timelines."""

import pytest
from host.errors import HostError
from hypothesis import given
from hypothesis import strategies as st
from pair.server import wal
from pair.server.wal import Segment, Switch

HISTORY = """1\t0/6046338\tno recovery target specified

2\t0/C1241D8\tno recovery target specified
3\t1/12009210\tno recovery target specified
"""

positions = st.integers(0, (1 << 64) - 1)


@given(positions)
def test_a_position_is_read_as_it_is_written(position: int) -> None:
    assert wal.position(wal.lsn_text(position)) == position


@pytest.mark.parametrize("text", ["", "0", "0/", "/0", "0/G", "0/123456789", "0/1 "])
def test_anything_else_is_no_position(text: str) -> None:
    with pytest.raises(HostError, match="position"):
        wal.position(text)


def test_a_history_is_read_as_postgresql_writes_it() -> None:
    assert wal.history(HISTORY) == (
        Switch(1, 0x6046338),
        Switch(2, 0xC1241D8),
        Switch(3, 0x1_1200_9210),
    )


@pytest.mark.parametrize("text", ["1", "one 0/1", "1 here"])
def test_a_damaged_history_is_refused(text: str) -> None:
    with pytest.raises(HostError):
        wal.history(text)


def test_the_fork_is_where_the_peer_left_the_own_timeline() -> None:
    switches = wal.history(HISTORY)

    assert wal.fork(2, 4, switches) == 0xC1241D8
    assert wal.fork(4, 4, switches) is None


def test_a_timeline_that_the_peer_never_was_on_is_no_branch_of_its_own() -> None:
    with pytest.raises(HostError, match="no ancestor"):
        wal.fork(5, 4, wal.history(HISTORY))


@given(positions, positions)
def test_what_only_this_host_has_begins_at_the_fork(end: int, fork: int) -> None:
    assert wal.diverged_bytes(end, fork) == max(end - fork, 0)
    assert wal.diverged_bytes(end, None) == 0


@given(st.integers(1, 0xFFFF), st.integers(0, (1 << 56) - 1), st.integers(0, 1 << 30))
def test_the_segments_that_are_kept_hold_the_fork_and_the_end(own: int, fork: int, more: int) -> None:
    end = fork + more % (4 * wal.SEGMENT_SIZE)
    inside = [str(wal.segment_at(own, position)) for position in (fork, end)]
    outside = [
        str(wal.segment_at(own, end + wal.SEGMENT_SIZE)),
        str(wal.segment_at(own + 1, fork)),
        wal.history_name(own + 1),
        "archive_status",
    ]

    kept = wal.diverged_segments([*inside, *outside, wal.history_name(own)], own, fork, end)

    assert set(kept) == {*inside, wal.history_name(own)}


def test_an_unknown_end_keeps_all_from_the_fork_on() -> None:
    names = [str(wal.segment_at(2, number * wal.SEGMENT_SIZE)) for number in range(6)]

    assert wal.diverged_segments(names, 2, 3 * wal.SEGMENT_SIZE, None) == tuple(names[3:])


def test_a_segment_is_named_as_postgresql_names_it() -> None:
    assert str(wal.segment_at(2, wal.position("0/C1241D8"))) == "00000002000000000000000C"
    assert str(wal.segment_at(7, wal.position("1/FF000000"))) == "0000000700000001000000FF"


@given(st.integers(0, (1 << 40) - 1), st.integers(1, 0xFFFFFFFF))
def test_names_of_segments_are_read_as_they_are_written(number: int, timeline: int) -> None:
    known = Segment(timeline, number)

    assert wal.segment(str(known)) == known


def test_the_last_segment_of_a_file_of_4_gib_is_followed_by_the_next_file() -> None:
    assert wal.segment("000000010000000000000100").number - 1 == wal.segment("0000000100000000000000FF").number


def test_what_is_in_an_archive_and_is_no_whole_segment_is_none() -> None:
    name, digest = "000000010000000000000007", "0" * 40

    assert wal.archived_segment(f"17-1/0000000100000000/{name}-{digest}.zst") == Segment(1, 7)
    for other in (f"{name}.partial-{digest}.zst", f"{name}.00000028.backup", "00000002.history", name):
        assert wal.archived_segment(other) is None
