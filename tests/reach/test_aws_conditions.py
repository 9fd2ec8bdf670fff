"""Conditions on AWS: every answer was written by hand from the page beside it; and what is not understood is told."""

import json

import pytest

from reach.aws.conditions import ALL_ELSE, Context, hold
from reach.aws.decide import Decisions
from reach.aws.document import Condition, statements_of
from reach.aws.index import Index
from reach.model import Answer, Kind, Principal, Target
from reach.truth import Doubt, counts
from tests.reach.aws_condition_cases import CASES, Case
from tests.reach.building import ACCOUNT, Building, Statement, allow, deny


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_condition_holds_as_its_page_says(case: Case) -> None:
    facts = {key.lower(): (value,) if isinstance(value, str) else value for key, value in case.request.items()}

    assert hold(_conditions(case), Context(facts, lacks=ALL_ELSE)) is case.holds, case.page


@pytest.mark.parametrize(
    "block",
    [
        {"StringAlmostEquals": {"aws:username": "may"}},
        {"ForMostValues:StringEquals": {"aws:TagKeys": "cost"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringLike": {"aws:PrincipalArn": "*/${saml:sub}"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
    ],
)
def test_a_condition_that_is_not_understood_allows_perhaps_denies_nothing_and_is_told(block: Statement) -> None:
    granted = _decided(allow(Condition=block))
    denied = _decided(allow(), deny(Condition=block))

    assert granted.allowed
    assert granted.doubt == granted.grants[0].perhaps != ""
    assert denied.allowed
    assert denied.denials == ()


@pytest.mark.parametrize("key", ["aws:RequestedRegion", "s3:prefix", "aws:SecureTransport", "iam:PassedToService"])
def test_what_whoever_asks_sets_himself_is_no_doubt(key: str) -> None:
    answer = _decided(allow(Condition={"StringEquals": {key: "anything"}}))

    assert answer.allowed
    assert answer.doubt == ""


def test_a_tag_of_a_registered_resource_is_known_and_a_missing_one_is_absent() -> None:
    conditions = (Condition("StringEquals", "aws:resourcetag/team", ("blue",)),)

    assert hold(conditions, Context({"aws:resourcetag/team": ("blue",)}, knows_tags=True)) is True
    assert hold(conditions, Context({}, knows_tags=True)) is False
    assert isinstance(hold(conditions, Context({})), Doubt)


def test_a_value_that_cannot_be_read_is_a_doubt_and_no_traceback() -> None:
    conditions = (Condition("IpAddress", "aws:sourceip", ("nowhere",)),)

    assert counts(hold(conditions, Context({"aws:sourceip": ("203.0.113.7",)}, lacks=ALL_ELSE)))


def _conditions(case: Case) -> tuple[Condition, ...]:
    document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": case.block}}
    return statements_of(json.dumps(document))[0].conditions


def _decided(*own: Statement) -> Answer:
    building = Building()
    asker = Principal(Kind.ROLE, "asker", building.role("asker", *own))
    return Decisions(Index(building.capture())).may(
        asker, "s3:GetObject", Target("it", "aws", "arn:aws:s3:::store/it", account=ACCOUNT)
    )
