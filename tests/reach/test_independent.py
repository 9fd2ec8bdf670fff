"""Policies by chance are decided as another evaluator decides them."""

import json
from pathlib import Path

from reach.aws.conditions import ALL_ELSE
from reach.aws.decide import Decisions
from reach.aws.index import Index
from reach.model import Kind, Principal, Target
from tests.reach.building import ACCOUNT, OTHER_ACCOUNT, Building
from tests.reach.random_policies import ROLE, Question, questions

ANSWERS = Path(__file__).with_name("independent.json")
"""From the package @cloud-copilot/iam-simulate 0.1.173, 28 November 2026, in the order of the questions."""


def test_policies_by_chance_are_decided_as_another_evaluator_decides_them() -> None:
    recorded = json.loads(ANSWERS.read_text(encoding="utf-8"))
    asked = questions()

    assert len(recorded) == len(asked)
    assert set(recorded) == {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}
    assert [number for number, question in enumerate(asked) if _answer(question) != recorded[number]] == []


def _answer(question: Question) -> str:
    building = Building()
    boundary = "" if question.boundary is None else building.policy("boundary", *question.boundary)
    building.role("asker", *question.own, boundary=boundary)
    building.bucket("store", *question.bucket)
    target = Target(
        "it", "aws", "arn:aws:s3:::store/reports/may.csv", account=OTHER_ACCOUNT if question.elsewhere else ACCOUNT
    )
    facts = {key.lower(): (value,) for key, value in question.context.items()}
    asker = Principal(Kind.ROLE, "asker", ROLE)
    answer = Decisions(Index(building.capture())).may(asker, "s3:GetObject", target, facts, lacks=ALL_ELSE)
    if answer.denials:
        return "ExplicitlyDenied"
    return "Allowed" if answer.allowed else "ImplicitlyDenied"
