"""A difference is told so that a reviewer sees what it widens."""

import json

import pytest

from capture import Value
from preview.difference import PropertyChange, differences
from preview.text import change_text

PREFIX = "arn:aws:s3:::acme-production-backup-vault-with-a-long-name"


def statement(sid: str, *resources: str, effect: str = "Allow", action: str = "s3:GetObject") -> dict[str, Value]:
    return {"Sid": sid, "Effect": effect, "Action": (action,), "Resource": resources}


def document(*statements: dict[str, Value]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def told(old: Value, new: Value, width: int = 80) -> list[str]:
    return [change_text(change, width) for change in differences(old, new, "policy")]


def test_a_widened_resource_shows_both_ends_and_its_statement() -> None:
    (line,) = told(
        document(statement("ReadsBackups", f"{PREFIX}/pg/*", f"{PREFIX}/other")),
        document(statement("ReadsBackups", f"{PREFIX}/*", f"{PREFIX}/other")),
    )

    assert line.startswith("policy.Statement[ReadsBackups, Allow].Resource[]: ")
    assert "/pg/*" in line
    assert line.endswith("/*")


def test_statements_are_paired_by_their_names_wherever_they_stand() -> None:
    one, two, three = statement("One", "a"), statement("Two", "b"), statement("Three", "c")
    changed = statement("Two", "*")

    assert told(document(one, two), document(three, one, changed)) == [
        "policy.Statement[Two, Allow].Resource[]: - b",
        "policy.Statement[Two, Allow].Resource[]: + *",
        f"policy.Statement[Three, Allow]: + {json.dumps(three)}",
    ]


def test_another_effect_is_another_statement() -> None:
    changes = list(
        differences(document(statement("Lock", "*", effect="Deny")), document(statement("Lock", "*")), "policy")
    )

    assert [(change.path, change.old is None, change.new is None) for change in changes] == [
        ("policy.Statement[Lock, Deny]", False, True),
        ("policy.Statement[Lock, Allow]", True, False),
    ]


def test_the_order_of_named_entries_is_told_as_their_names() -> None:
    old, new = ({"name": "a", "x": 1}, {"name": "b", "x": 2}), ({"name": "b", "x": 2}, {"name": "a", "x": 1})

    assert list(differences(old, new, "rules")) == [PropertyChange("rules", ("a", "b"), ("b", "a"))]


@pytest.mark.parametrize(
    "deciding", ["Deny", "s3:DeleteObjectVersion", "s3:*", "0.0.0.0/0", "allUsers", "roles/owner", "*"]
)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_word_that_decides_is_never_cut_away(deciding: str, width: int) -> None:
    long = ["s3:GetObject and many more words that say little"] * 12
    text = json.dumps([*long, deciding])

    assert deciding in change_text(PropertyChange("policy", None, text), width)
    assert deciding in change_text(PropertyChange("policy", text, None), width)
    assert deciding in change_text(PropertyChange("policy", json.dumps(long), text), width)


def test_entries_that_are_not_alike_are_not_paired() -> None:
    assert told(("s3:GetObject",), ("kms:Decrypt",)) == ["policy[]: - s3:GetObject", "policy[]: + kms:Decrypt"]
