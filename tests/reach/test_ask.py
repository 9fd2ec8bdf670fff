"""Asking by hand: questions in words, answers with paths, and the nearest names for misspelt ones."""

import json
from functools import cache

import pytest

from reach.answers import Reach
from reach.ask import QuestionError, as_json, lines, main, what_can, who_can
from reach.data import is_action, permissions
from reach.verbs import VERBS
from tests.reach.building import ACCOUNT, Building, allow

SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:signing-key-1"


@cache
def _reach() -> Reach:
    building = Building()
    building.role("reader", allow("secretsmanager:GetSecretValue", SECRET))
    ask = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"}}
    building.role("prize", allow("s3:GetObject"), trust=(ask,))
    building.add("aws:secretsmanager/secret:Secret", "signing-key", outputs={"arn": SECRET})
    building.bucket("store")
    building.add("aws:ec2/instance:Instance", "pg-b", outputs={"arn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i"})
    return Reach(building.capture())


def test_an_answer_is_a_list_of_principals_with_numbered_steps() -> None:
    said = list(lines(who_can(_reach(), "read  secret signing-key")))

    assert said[0] == "read secret signing-key: 2"
    assert "role reader" in said
    assert "  1. role reader may secretsmanager:GetSecretValue on secret signing-key (by reader-own)" in said


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ("become prize", "role reader"),
        ("read bucket store", "role prize"),
        ("s3:GetObject bucket store", "role reader"),
        ("become root on pg-b", f"administrator of {ACCOUNT}"),
    ],
)
def test_a_question_names_a_secret_a_bucket_a_principal_or_a_machine(question: str, who: str) -> None:
    assert who in [str(way.principal) for way in who_can(_reach(), question).ways]


def test_what_somebody_can_is_whom_he_becomes_and_what_he_reads() -> None:
    said = [str(way.principal) for way in what_can(_reach(), "reader").ways]

    assert said[0] == "role prize"
    assert "secret signing-key to read" in said[1]


def test_json_has_each_step_with_its_urn() -> None:
    found = json.loads(as_json(who_can(_reach(), "become prize")))
    way = next(entry for entry in found["ways"] if entry["principal"] == "role reader")

    assert way["sure"] is True
    assert way["path"][0]["by"].endswith("::prize")


@pytest.mark.parametrize(
    ("question", "near"),
    [
        ("read secret sining-key", "secret signing-key"),
        ("become root on pg-a", "pg-b"),
        ("become prise", "prize"),
        ("raed secret signing-key", "read secret"),
        ("nothing", "read secret NAME"),
    ],
)
def test_a_misspelt_question_is_told_with_what_is_near(question: str, near: str) -> None:
    with pytest.raises(QuestionError, match=near):
        who_can(_reach(), question)


def test_every_verb_names_actions_that_exist() -> None:

    for action in (action for actions in VERBS.values() for action in actions):
        assert is_action(action) if ":" in action else action in permissions(), action


def test_a_wrong_stack_is_one_line_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere", "--can", "become root on pg-b"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
