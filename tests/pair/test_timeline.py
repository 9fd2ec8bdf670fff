"""Positions in the WAL and histories of timelines."""

import pytest
from host.errors import HostError
from hypothesis import given
from hypothesis import strategies as st
from pair.server import timeline
from pair.server.timeline import Switch

HISTORY = """1\t0/6046338\tno recovery target specified

2\t0/C1241D8\tno recovery target specified
3\t1/12009210\tno recovery target specified
"""

positions = st.integers(0, (1 << 64) - 1)


@given(positions)
def test_a_position_is_read_as_it_is_written(position: int) -> None:
    assert timeline.position(timeline.lsn_text(position)) == position


@pytest.mark.parametrize("text", ["", "0", "0/", "/0", "0/G", "0/123456789", "0/1 "])
def test_anything_else_is_no_position(text: str) -> None:
    with pytest.raises(HostError, match="position"):
        timeline.position(text)


def test_a_history_is_read_as_postgresql_writes_it() -> None:
    assert timeline.history(HISTORY) == (
        Switch(1, 0x6046338),
        Switch(2, 0xC1241D8),
        Switch(3, 0x1_1200_9210),
    )


@pytest.mark.parametrize("text", ["1", "one 0/1", "1 here"])
def test_a_damaged_history_is_refused(text: str) -> None:
    with pytest.raises(HostError):
        timeline.history(text)


def test_the_fork_is_where_the_peer_left_the_own_timeline() -> None:
    switches = timeline.history(HISTORY)

    assert timeline.fork(2, 4, switches) == 0xC1241D8
    assert timeline.fork(4, 4, switches) is None


def test_a_timeline_that_the_peer_never_was_on_is_no_branch_of_its_own() -> None:
    with pytest.raises(HostError, match="no ancestor"):
        timeline.fork(5, 4, timeline.history(HISTORY))


@given(positions, positions)
def test_what_only_this_host_has_begins_at_the_fork(end: int, fork: int) -> None:
    assert timeline.diverged_bytes(end, fork) == max(end - fork, 0)
    assert timeline.diverged_bytes(end, None) == 0


@given(st.integers(1, 0xFFFF), st.integers(0, (1 << 56) - 1), st.integers(0, 1 << 30))
def test_the_segments_that_are_kept_hold_the_fork_and_the_end(own: int, fork: int, more: int) -> None:
    end = fork + more % (4 * timeline.SEGMENT_SIZE)
    inside = [timeline.segment_name(own, position) for position in (fork, end)]
    outside = [
        timeline.segment_name(own, end + timeline.SEGMENT_SIZE),
        timeline.segment_name(own + 1, fork),
        f"{own + 1:08X}.history",
        "archive_status",
    ]

    kept = timeline.diverged_segments([*inside, *outside, f"{own:08X}.history"], own, fork, end)

    assert set(kept) == {*inside, f"{own:08X}.history"}


def test_an_unknown_end_keeps_all_from_the_fork_on() -> None:
    names = [timeline.segment_name(2, number * timeline.SEGMENT_SIZE) for number in range(6)]

    assert timeline.diverged_segments(names, 2, 3 * timeline.SEGMENT_SIZE, None) == tuple(names[3:])


def test_a_segment_is_named_as_postgresql_names_it() -> None:
    assert timeline.segment_name(2, timeline.position("0/C1241D8")) == "00000002000000000000000C"
    assert timeline.segment_name(7, timeline.position("1/FF000000")) == "0000000700000001000000FF"
