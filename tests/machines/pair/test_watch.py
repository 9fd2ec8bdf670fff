"""pairctl watch: what follows from the tokens, and when the standby counts as back."""

from dataclasses import replace

import pytest
from host.metrics import Known, Sample
from hypothesis import given
from hypothesis import strategies as st
from pair.commands import watch
from pair.succession import watch_fence
from pair.succession.fence import Kind, Reading
from pair.succession.watch_fence import Act, HostState, decide, lacking

from tests.machines.pair.sights import UNREADABLE, A, B, both, reading

HOLDER = HostState(host=A, is_primary=True, is_running=True, epoch=3, readings=both(3, A))
OUTRANKED = replace(HOLDER, readings=both(4, B))
YIELDED = replace(HOLDER, is_running=False, readings=both(4, B, Kind.SWITCHOVER), yielded_to=4)
NEW_PRIMARY_IS_THERE = replace(YIELDED, peer_is_primary=True, has_diverged=False)
TAKEN_BACK = replace(YIELDED, readings=both(5, A, Kind.SWITCHOVER))


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (HOLDER, Act.NOTHING),
        (OUTRANKED, Act.STOP),
        (replace(OUTRANKED, readings=(UNREADABLE[0], reading(4, B, repository=2))), Act.STOP),
        (replace(OUTRANKED, readings=both(4, B, Kind.SWITCHOVER)), Act.STOP),
        (replace(OUTRANKED, is_primary=False), Act.NOTHING),
        (replace(OUTRANKED, is_running=False), Act.NOTHING),
        (replace(HOLDER, readings=UNREADABLE), Act.NOTHING),
        (YIELDED, Act.NOTHING),
        (NEW_PRIMARY_IS_THERE, Act.FOLLOW),
        (replace(NEW_PRIMARY_IS_THERE, has_diverged=True), Act.NOTHING),
        (replace(NEW_PRIMARY_IS_THERE, readings=both(4, B, Kind.PROMOTION)), Act.NOTHING),
        (TAKEN_BACK, Act.RESUME),
        (replace(TAKEN_BACK, is_running=True), Act.NOTHING),
        (replace(TAKEN_BACK, yielded_to=None), Act.NOTHING),
        (replace(HOLDER, is_running=False), Act.NOTHING),
        (replace(HOLDER, is_running=False, waits=True), Act.RESUME),
        (replace(HOLDER, is_running=False, waits=True, readings=UNREADABLE), Act.NOTHING),
        (replace(OUTRANKED, is_running=False, waits=True), Act.NOTHING),
    ],
)
def test_what_follows_from_the_tokens(state: HostState, act: Act) -> None:
    assert decide(state) is act


def test_a_repository_that_was_away_is_brought_the_token() -> None:
    known = (reading(3, A), reading(2, B, repository=2))

    assert lacking(replace(HOLDER, readings=known)) == (2,)
    assert lacking(replace(HOLDER, readings=(reading(3, A), Reading(2)))) == (2,)


@pytest.mark.parametrize(
    "state",
    [
        HOLDER,
        replace(HOLDER, readings=(reading(3, A), UNREADABLE[1])),
        replace(HOLDER, readings=(reading(2, A), reading(4, B, repository=2))),
        replace(HOLDER, is_primary=False, readings=(Reading(1), Reading(2))),
        replace(HOLDER, is_running=False, readings=(Reading(1), Reading(2))),
        replace(HOLDER, epoch=0, readings=(Reading(1), Reading(2))),
    ],
    ids=["all know", "one is away", "outranked", "a standby", "stopped", "never was the primary"],
)
def test_nobody_else_writes_a_token(state: HostState) -> None:
    assert lacking(state) == ()


def test_an_outranked_host_shows_in_its_metrics_until_it_is_a_standby() -> None:
    for state, outranked in (
        (OUTRANKED, 1),
        (replace(OUTRANKED, is_running=False), 1),
        (replace(OUTRANKED, is_primary=False), 0),
    ):
        assert Sample("database_outranked", outranked) in watch_fence.samples(state, {}, 1000)


def test_the_age_of_the_last_reading_grows_while_no_repository_answers() -> None:
    before: Known = {(sample.name, sample.label): sample.value for sample in watch_fence.samples(HOLDER, {}, 1000)}

    after = watch_fence.samples(replace(HOLDER, readings=UNREADABLE), before, 2000)

    assert Sample("database_fence_timestamp_seconds", 1000) in after


def test_a_standby_that_answers_every_second_is_back() -> None:
    replies = watch.Replies()

    flowing = [replies.are_flowing(f"03:00:{second:02}", float(second)) for second in range(6)]

    assert flowing[-1]
    assert not flowing[0]


@given(st.integers(1, 60), st.floats(0.5, 2.0))
def test_the_row_of_a_cut_link_is_no_standby(rounds: int, pause: float) -> None:
    """A primary goes on showing a standby that streams; only its answers have stopped."""
    replies = watch.Replies()

    assert not any(replies.are_flowing("03:00:00", number * pause) for number in range(rounds))


def test_a_standby_that_falls_silent_must_prove_itself_again() -> None:
    replies = watch.Replies()
    for second in range(6):
        replies.are_flowing(f"03:00:{second:02}", float(second))

    assert not replies.are_flowing("03:00:05", 30.0)
    assert not replies.are_flowing("03:00:31", 31.0)
    assert not replies.are_flowing("", 32.0)


def test_a_line_is_logged_once_while_it_stays_true(capsys: pytest.CaptureFixture[str]) -> None:
    log = watch.Log()

    for text in ("away", "away", "back", "away"):
        log(text)

    assert capsys.readouterr().out.splitlines() == ["away", "back", "away"]


def test_a_loop_outlives_what_nobody_has_thought_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[str] = []

    def no_sleep(_: float) -> None:
        """The test does not wait."""

    def breaks(_: watch.Log) -> None:
        rounds.append("")
        raise ZeroDivisionError("of a kind that nobody has thought of")

    monkeypatch.setattr("time.sleep", no_sleep)
    watch.for_ever(breaks, lambda: len(rounds) < 3)

    assert len(rounds) == 3
    assert "ZeroDivisionError" in capsys.readouterr().out
