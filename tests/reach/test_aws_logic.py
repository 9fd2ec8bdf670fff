"""May on AWS: every answer was written by hand from the page beside it."""

import pytest

from reach.aws.conditions import ALL_ELSE
from reach.aws.decide import Decisions
from reach.aws.index import Index
from reach.model import Kind, Principal, Target
from tests.reach.aws_logic_cases import CASES, OTHER_ACCOUNT, ROLE, Case
from tests.reach.building import ACCOUNT, Building, allow


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_aws_decides_as_its_page_says(case: Case) -> None:
    assert _answer(case) is case.allowed, case.page


def test_what_allows_and_what_denies_are_named() -> None:
    case = next(case for case in CASES if case.name == "a denial of the bucket wins over one's own grant")
    building, decisions = _built(case)

    answer = decisions.may(ASKER, case.action, _target(case))

    assert [step.by.rpartition("::")[2] for step in answer.grants] == ["asker-own"]
    assert [step.by.rpartition("::")[2] for step in answer.denials] == ["store"]
    assert building.registrations


def test_a_question_about_any_object_is_answered_by_a_grant_on_some_and_a_denial_on_all() -> None:
    building = Building()
    building.role("asker", allow(resource="arn:aws:s3:::store/reports/*"))
    building.bucket("store")
    decisions = Decisions(Index(building.capture()))
    anything = Target("objects", "aws", "arn:aws:s3:::store/*", account=ACCOUNT)

    assert decisions.may(ASKER, "s3:GetObject", anything)
    assert not decisions.may(ASKER, "s3:GetObject", Target("logs", "aws", "arn:aws:s3:::store/logs/*", account=ACCOUNT))


ASKER = Principal(Kind.ROLE, "asker", ROLE)


def _answer(case: Case) -> bool:
    _, decisions = _built(case)
    return decisions.may(ASKER, case.action, _target(case), lacks=ALL_ELSE).allowed


def _built(case: Case) -> tuple[Building, Decisions]:
    building = Building()
    boundary = "" if case.boundary is None else building.policy("boundary", *case.boundary)
    building.role("asker", *case.own, boundary=boundary)
    building.bucket("store", *case.bucket)
    return building, Decisions(Index(building.capture()))


def _target(case: Case) -> Target:
    return Target("it", "aws", case.resource, account=OTHER_ACCOUNT if case.elsewhere else ACCOUNT)
