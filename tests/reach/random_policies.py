"""Policies by chance, the same for the same number: for comparing our answers with those of another evaluator.

python -m tests.reach.random_policies prints the questions; tests/reach/independent.mjs answers them.
"""

import json
import random
import sys
from dataclasses import asdict, dataclass
from typing import Any

from tests.reach.building import ACCOUNT, OTHER_ACCOUNT, Statement

QUESTIONS = 600
ROLE = f"arn:aws:iam::{ACCOUNT}:role/asker"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/asker/session"

ACTIONS = ("s3:GetObject", "s3:Get*", "s3:*", "*", "s3:PutObject", "s3:Put*", "S3:getobject", "s3:GetObjec?")
RESOURCES = (
    *("*", "arn:aws:s3:::store/*", "arn:aws:s3:::store/reports/*", "arn:aws:s3:::store/reports/may.csv"),
    *("arn:aws:s3:::other/*", "arn:aws:s3:::st?re/*", "arn:aws:s3:::store/*/may.csv"),
)
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": ROLE},
    {"AWS": SESSION},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"},
    {"AWS": [f"arn:aws:iam::{OTHER_ACCOUNT}:root", ROLE]},
)
CONDITIONS: tuple[Any, ...] = (
    {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": ["blue", "red"]}},
    {"StringLike": {"aws:PrincipalTag/team": "b*"}},
    {"StringEqualsIfExists": {"aws:PrincipalTag/team": "red"}},
    {"Null": {"aws:PrincipalTag/team": "true"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"BoolIfExists": {"aws:SecureTransport": "true"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/25", "198.51.100.0/24"]}},
    {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/ask*"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}},
    {"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "StringLike": {"aws:PrincipalTag/team": "*"}},
)


@dataclass(frozen=True)
class Question:
    """A request, and everything that is written about it."""

    own: tuple[Statement, ...]
    boundary: tuple[Statement, ...] | None
    bucket: tuple[Statement, ...]
    elsewhere: bool
    """Whether the bucket is of another account."""
    context: dict[str, str]


def questions() -> list[Question]:
    """All questions, in their order."""
    chance = random.Random(13)  # noqa: S311 -- the same every time
    return [_question(chance) for _ in range(QUESTIONS)]


def _question(chance: random.Random) -> Question:
    context = {"aws:SecureTransport": chance.choice(("true", "false")), "aws:RequestedRegion": "us-east-1"}
    if chance.random() < 0.7:
        context["aws:PrincipalTag/team"] = chance.choice(("blue", "red", "green"))
    context["aws:SourceIp"] = chance.choice(("203.0.113.7", "203.0.113.200", "198.51.100.9", "192.0.2.1"))
    bounded = chance.random() < 0.4
    return Question(
        own=_statements(chance, 3),
        boundary=_statements(chance, 2) if bounded else None,
        bucket=_statements(chance, 2, of_bucket=True),
        elsewhere=chance.random() < 0.3,
        context=context,
    )


def _statements(chance: random.Random, most: int, *, of_bucket: bool = False) -> tuple[Statement, ...]:
    return tuple(_statement(chance, of_bucket=of_bucket) for _ in range(chance.randint(0 if of_bucket else 1, most)))


def _statement(chance: random.Random, *, of_bucket: bool) -> Statement:
    entry: dict[str, Any] = {"Effect": "Allow" if chance.random() < 0.8 else "Deny"}
    entry["NotAction" if chance.random() < 0.1 else "Action"] = chance.choice(ACTIONS)
    entry["NotResource" if chance.random() < 0.1 else "Resource"] = chance.choice(RESOURCES)
    if of_bucket:
        entry["Principal"] = chance.choice(PRINCIPALS)
        entry["Action" if "Action" in entry else "NotAction"] = chance.choice([name for name in ACTIONS if name != "*"])
    if chance.random() < 0.4:
        entry["Condition"] = chance.choice(CONDITIONS)
    return entry


if __name__ == "__main__":
    json.dump([asdict(question) for question in questions()], sys.stdout)
