"""The accounts of promote, switchover, rejoin and alone: what they refuse, and what a person reads before they act."""

from dataclasses import replace

import pytest
from host.errors import HostError
from pair.commands import alone, create, promote, rejoin, status, switchover, watch
from pair.commands.promote import Decision
from pair.commands.rejoin import Way
from pair.repositories import pgbackrest
from pair.server.postgresql import Role
from pair.succession import fence

from tests.machines.pair.sights import AWAY, FORK, PRIMARY, STANDBY, UNREADABLE, A, B, Pair, both, relation

UNDECIDED = Decision("", "")
FENCED = Decision("instance stopped", "")
LOST = Pair(there=AWAY)
OLD = Pair(here=replace(PRIMARY, streaming=False), there=PRIMARY, epoch=2)


def refused(error: HostError | None) -> str:
    return str(error) if error is not None else ""


@pytest.mark.parametrize(
    ("pair", "decision", "words"),
    [
        (LOST, UNDECIDED, ""),
        (LOST, FENCED, ""),
        (Pair(), UNDECIDED, "switchover"),
        (Pair(), FENCED, "switchover"),
        (Pair(here=replace(STANDBY, streaming=False)), UNDECIDED, ""),
        (Pair(here=replace(STANDBY, streaming=False)), FENCED, "answers as primary"),
        (Pair(here=PRIMARY, there=STANDBY), UNDECIDED, "already"),
        (Pair(here=AWAY, there=AWAY), FENCED, "no running standby"),
        (Pair(here=replace(STANDBY, role=Role.RECOVERING), there=AWAY), FENCED, "no running standby"),
        (replace(LOST, readings=UNREADABLE), FENCED, "--without-token"),
        (replace(LOST, readings=UNREADABLE), Decision("instance stopped", "both stores are down"), ""),
        (replace(LOST, readings=(both(3, A)[0], UNREADABLE[1])), FENCED, ""),
    ],
)
def test_whom_promote_refuses(pair: Pair, decision: Decision, words: str) -> None:
    error = promote.refusal(pair.state(), decision)

    assert (error is None) == (not words)
    assert words in refused(error)


def test_promote_takes_an_epoch_above_everything_that_is_known() -> None:
    assert LOST.state().next_epoch == 4
    assert replace(LOST, epoch=9).state().next_epoch == 10
    assert replace(LOST, readings=UNREADABLE).state().next_epoch == STANDBY.heartbeat_epoch + 1


def test_promote_says_what_might_be_lost() -> None:
    here = replace(STANDBY, lsn="0/5000000", received="0/5000100", heartbeat_age=7.4)

    text = str(promote.account(replace(LOST, here=here).state(), FENCED))

    assert "commits of the last 7 s" in text
    assert "256 bytes of it wait for replay" in text


def test_promote_trusts_a_person_or_waits() -> None:
    trusting = promote.account(LOST.state(), FENCED).steps
    waiting = promote.account(LOST.state(), UNDECIDED).steps

    assert any("instance stopped" in step for step in trusting)
    assert any(f"wait {promote.YIELD_SECONDS} s" in step for step in waiting)


def test_promote_waits_longer_than_a_watch_needs_to_yield() -> None:
    assert watch.FENCE_SECONDS + pgbackrest.SHORT < promote.YIELD_SECONDS


def test_commits_go_on_before_the_promotion_ends() -> None:
    steps = promote.account(LOST.state(), FENCED).steps
    order = [
        next(i for i, step in enumerate(steps) if word in step) for word in ("token", "go on without", "pg_promote")
    ]

    assert order == sorted(order)


def ready(pair: Pair, *, watch_runs: bool = True, behind: int = 0) -> switchover.Ready:
    return switchover.Ready(pair.state(), watch_runs, behind)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (ready(Pair()), ""),
        (ready(Pair(here=PRIMARY, there=STANDBY)), "pairctl switchover on pg-a"),
        (ready(Pair(here=replace(STANDBY, streaming=False))), "no streaming standby"),
        (ready(LOST), "pairctl promote"),
        (ready(Pair(), watch_runs=False), "watch"),
        (ready(Pair(), behind=1 << 30), "behind"),
        (ready(Pair(readings=UNREADABLE)), "no repository"),
    ],
)
def test_whom_switchover_refuses(seen: switchover.Ready, words: str) -> None:
    error = switchover.refusal(seen)

    assert (error is None) == (not words)
    assert words in refused(error)


def test_switchover_says_that_nothing_is_lost_and_when_nobody_can_write() -> None:
    text = str(switchover.account(ready(Pair())))

    assert "nothing; clients" in text
    assert text.index("no write is accepted") < text.index("writes are accepted")


REWIND = rejoin.Ready(replace(OLD, here=AWAY).state(), relation=relation(FORK + 100))


@pytest.mark.parametrize(
    ("seen", "from_repository", "way"),
    [
        (REWIND, False, Way.REWIND),
        (replace(REWIND, relation=relation(None)), False, Way.REWIND),
        (REWIND, True, Way.RESTORE),
        (replace(REWIND, is_half_rewound=True), False, Way.RESTORE),
        (replace(REWIND, is_empty=True, relation=None), False, Way.RESTORE),
        (replace(REWIND, relation=relation(FORK)), False, Way.FOLLOW),
        (replace(REWIND, relation=relation(FORK + 100, None)), False, Way.FOLLOW),
        (rejoin.Ready(Pair().state(), relation=relation(fork=None)), False, Way.NOTHING),
        (
            rejoin.Ready(Pair(here=replace(STANDBY, streaming=False)).state(), relation=relation(fork=None)),
            False,
            Way.SLOT,
        ),
        (
            rejoin.Ready(Pair(here=replace(STANDBY, streaming=False)).state(), relation=relation(FORK + 1)),
            False,
            Way.REWIND,
        ),
    ],
)
def test_rejoin_takes_the_cheapest_sound_way(
    seen: rejoin.Ready,
    from_repository: bool,  # noqa: FBT001 -- a parameter of the test
    way: Way,
) -> None:
    assert rejoin.refusal(seen, from_repository=from_repository) is None
    assert rejoin.way(seen, from_repository=from_repository) is way


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(REWIND, state=LOST.state()), "no primary that could be followed"),
        (replace(REWIND, state=Pair(here=STANDBY, there=STANDBY).state()), "no primary that could be followed"),
        (replace(REWIND, state=replace(OLD, epoch=4).state()), "no token outranks it"),
        (replace(REWIND, relation=relation(same_system=False)), "another initdb"),
        (replace(REWIND, relation=None, cannot_rewind="no ancestor"), "no ancestor"),
    ],
)
def test_whom_rejoin_refuses(seen: rejoin.Ready, words: str) -> None:
    assert words in refused(rejoin.refusal(seen, from_repository=False))


def test_an_outranked_primary_that_runs_may_rejoin() -> None:
    assert rejoin.refusal(replace(REWIND, state=OLD.state()), from_repository=False) is None


def test_rejoin_keeps_what_only_this_host_has_before_it_is_overwritten() -> None:
    text = str(rejoin.account(REWIND, Way.REWIND))

    assert "100 bytes of WAL that pg-b has and pg-a has not" in text
    assert text.index("diverged-") < text.index("pg_rewind")


def test_rejoin_does_nothing_to_a_standby_that_streams() -> None:
    seen = rejoin.Ready(Pair().state(), relation=relation(fork=None))

    assert rejoin.account(seen, Way.NOTHING).steps == ("nothing: it streams already",)


ALONE = Pair(here=replace(PRIMARY, streaming=False), there=AWAY, epoch=3, readings=both(3, B))


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (ALONE, ""),
        (replace(ALONE, here=PRIMARY), ""),
        (replace(ALONE, here=PRIMARY, there=STANDBY), "streams"),
        (replace(ALONE, is_alone=True), "already"),
        (Pair(), "no primary"),
    ],
    ids=["standby away", "link just cut", "standby there", "twice", "on a standby"],
)
def test_whom_alone_refuses(pair: Pair, words: str) -> None:
    error = alone.refusal(pair.state())

    assert (error is None) == (not words)
    assert words in refused(error)


def test_alone_says_what_it_costs() -> None:
    assert "every commit from now on" in str(alone.account(ALONE.state()))


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (Pair(here=PRIMARY, there=PRIMARY, epoch=4), "two primaries"),
        (OLD, "outranked"),
        (Pair(here=AWAY), "does not run"),
        (Pair(here=replace(STANDBY, streaming=False)), "does not stream"),
        (Pair(here=replace(STANDBY, heartbeat_age=120.0)), "120 s old"),
        (ALONE, "no standby streams"),
        (Pair(readings=UNREADABLE), "cannot be read"),
        (LOST, "does not answer over the link"),
    ],
)
def test_status_names_what_is_wrong(pair: Pair, words: str) -> None:
    assert any(words in fault for fault in status.faults(pair.state(), 10))


def test_status_finds_nothing_wrong_with_a_healthy_pair() -> None:
    assert list(status.faults(Pair().state(), 10)) == []


def test_no_pair_is_made_where_there_was_one_or_may_have_been() -> None:
    nothing = tuple(fence.Reading(number) for number in (1, 2))
    half = both(1, A, fence.Kind.CREATION)

    assert create.refusal(A, nothing, is_creating=False) is None
    assert create.refusal(A, half, is_creating=True) is None
    assert "there was a pair" in refused(create.refusal(A, half, is_creating=False))
    assert "there was a pair" in refused(create.refusal(A, both(4, A), is_creating=True))
    assert "there was a pair" in refused(create.refusal(B, half, is_creating=True))
    assert "cannot be read" in refused(create.refusal(A, (nothing[0], UNREADABLE[1]), is_creating=False))
