"""What holds of any valid stack: answers have steps that exist, tiers are apart, and what is denied is denied."""

import itertools
import time
from functools import cache

import pytest

from reach.answers import Reach
from reach.model import Kind, Principal
from tests.support import STACKS, estate


@cache
def _reach(stack: str) -> Reach:
    return Reach(estate(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_every_step_names_a_registration_that_is_there(stack: str) -> None:
    reach = _reach(stack)
    ways = [way for machine in reach.machines for way in reach.roots(machine)]

    assert ways
    assert {step.by for way in ways for step in way.path} <= {"", *reach.capture.by_urn}


@pytest.mark.parametrize("stack", STACKS)
def test_every_machine_has_the_identity_that_it_is_registered_with(stack: str) -> None:
    reach = _reach(stack)

    for machine in reach.machines:
        if machine.identity:
            assert any(len(path) == 1 for path in reach.becomes(machine.principal).values()), str(machine.principal)


@pytest.mark.parametrize("stack", STACKS)
def test_no_machine_becomes_root_on_another_but_a_manager_on_its_own_workers(stack: str) -> None:
    reach = _reach(stack)
    workers = {machine.principal for machine in reach.machines if machine.is_worker}

    for one, other in itertools.permutations(reach.machines, 2):
        if other.principal not in workers:
            assert other.principal not in reach.becomes(one.principal)


@pytest.mark.parametrize("stack", STACKS)
def test_workers_turn_into_nobody_but_their_own_identity(stack: str) -> None:
    reach = _reach(stack)

    for machine in reach.machines:
        if machine.is_worker and not machine.identity:
            assert reach.becomes(machine.principal) == {}


@pytest.mark.parametrize("stack", STACKS)
def test_every_secret_that_is_registered_is_read_by_somebody_who_is_no_administrator(stack: str) -> None:
    reach = _reach(stack)
    read = ("secretmanager.versions.access", "secretsmanager:GetSecretValue")

    for target in reach.targets:
        if target.words.startswith("secret "):
            ways = reach.who_may(read, [target])
            assert any(way.principal.kind is not Kind.ADMINISTRATOR for way in ways), target.words


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_outside_is_anybody_but_by_a_token_of_a_trusted_issuer(stack: str) -> None:
    reach = _reach(stack)
    everyone = next(principal for principal in reach.principals if principal.kind is Kind.EVERYONE)

    assert reach.becomes(everyone) == {}


def test_the_same_question_has_the_same_answer_twice_and_in_time() -> None:
    first, second = Reach(estate("production")), Reach(estate("production"))
    start = time.process_time()
    answers = [{machine.principal: reach.roots(machine) for machine in reach.machines} for reach in (first, second)]

    assert answers[0] == answers[1]
    # A table of all of production is to be there in 3 s of one core; its graph is nearly all of it.
    assert (time.process_time() - start) / 2 < 3


def test_an_unknown_principal_turns_into_nobody() -> None:
    nobody = Principal(Kind.ROLE, "nobody", "arn:aws:iam::111111111111:role/nobody")

    assert _reach("staging").becomes(nobody) == {}
