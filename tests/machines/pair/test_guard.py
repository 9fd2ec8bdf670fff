"""pairctl guard: every case of who may start, as a table and over generated conditions."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair.commands import guard
from pair.server.postgresql import Role
from pair.succession import fence
from pair.succession.admission import StartConditions, decide
from pair.succession.fence import Kind, Reading

from tests.machines.pair.sights import UNREADABLE, A, B, both, reading

OLD_PRIMARY = StartConditions(host=A, epoch=2, readings=both(3, B))
HOLDER = StartConditions(host=A, epoch=3, readings=both(3, A))
BLIND = StartConditions(host=A, epoch=3, readings=UNREADABLE)


@pytest.mark.parametrize(
    ("conditions", "allowed"),
    [
        (HOLDER, True),
        (OLD_PRIMARY, False),
        (replace(OLD_PRIMARY, is_standby=True), True),
        (replace(OLD_PRIMARY, is_empty=True), True),
        (replace(OLD_PRIMARY, override="I know better"), False),
        (replace(OLD_PRIMARY, peer=Role.STANDBY), False),
        (replace(OLD_PRIMARY, readings=(reading(3, B), UNREADABLE[1])), False),
        (replace(OLD_PRIMARY, readings=(reading(2, A), reading(3, B, repository=2))), False),
        (replace(OLD_PRIMARY, epoch=3), False),
        (replace(OLD_PRIMARY, epoch=4, readings=both(3, B)), True),
        (replace(HOLDER, readings=(reading(3, A), UNREADABLE[1])), True),
        (replace(HOLDER, readings=(Reading(1), Reading(2))), True),
        (replace(HOLDER, epoch=1, readings=both(3, A, Kind.SWITCHOVER)), True),
        (BLIND, False),
        (replace(BLIND, peer=Role.STANDBY), True),
        (replace(BLIND, peer=Role.PRIMARY), False),
        (replace(BLIND, peer=Role.PRIMARY, override="I know better"), False),
        (replace(BLIND, peer=Role.STARTING), False),
        (replace(BLIND, peer=Role.RECOVERING), False),
        (replace(BLIND, override="the peer's disk is in my hand"), True),
        (replace(BLIND, readings=()), False),
    ],
)
def test_who_may_start(conditions: StartConditions, allowed: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert decide(conditions).allowed is allowed


cases = st.builds(
    StartConditions,
    host=st.just(A),
    epoch=st.integers(0, 4),
    is_empty=st.booleans(),
    is_standby=st.booleans(),
    readings=st.tuples(
        *[
            st.one_of(
                st.builds(reading, st.integers(1, 4), st.sampled_from((A, B)), repository=st.just(number)),
                st.just(Reading(number)),
                st.just(UNREADABLE[number - 1]),
            )
            for number in (1, 2)
        ]
    ),
    peer=st.sampled_from(Role),
    override=st.sampled_from(("", "a reason")),
)


@given(cases)
def test_no_outranked_primary_starts_whatever_else_is_so(conditions: StartConditions) -> None:
    if fence.standing(conditions.host, conditions.epoch, conditions.readings) is fence.Standing.OUTRANKED:
        assert decide(conditions).allowed == (conditions.is_empty or conditions.is_standby)


@given(cases)
def test_a_refusal_says_what_helps(conditions: StartConditions) -> None:
    verdict = decide(conditions)

    assert verdict.reason
    assert verdict.allowed or verdict.hint


@given(cases)
def test_a_persons_word_is_used_only_where_nobody_else_answers(conditions: StartConditions) -> None:
    verdict = decide(conditions)

    if verdict.uses_override:
        assert not any(each.is_readable for each in conditions.readings)
        assert conditions.peer in (Role.AWAY, Role.STARTING, Role.RECOVERING)
        assert not decide(replace(conditions, override="")).allowed


@given(cases)
def test_only_a_start_that_nobody_could_judge_is_tried_again(conditions: StartConditions) -> None:
    verdict = decide(conditions)

    assert not (verdict.nobody_answered and verdict.allowed)
    if verdict.nobody_answered:
        assert decide(replace(conditions, readings=both(conditions.epoch, A))).allowed


def test_the_guard_ends_within_half_a_minute() -> None:
    """Its repositories are read at once; each attempt at the peer is bounded by its probe, connection and pause."""
    assert guard.READ_TIMEOUT + guard.PEER_ATTEMPTS * (1.0 + 3 + 1) < 30
