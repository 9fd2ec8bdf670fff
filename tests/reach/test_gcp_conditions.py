"""Conditions on GCP: every answer was written by hand from the page beside it; and what is not understood is told."""

import pytest

from reach.gcp.conditions import Context, holds
from reach.gcp.decide import context_of
from reach.model import Target
from reach.truth import CHOICE, Doubt
from tests.reach.gcp_condition_cases import BUCKET, CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_condition_holds_as_its_page_says(case: Case) -> None:
    seen = {
        "resource.name": case.name,
        "resource.type": case.type,
        "resource.service": case.type.partition("/")[0],
    }
    context = Context({**seen, **case.values}, case.attributes, "storage.objects.get", whole=("assertion",))

    assert holds(case.expression, context) is case.holds, case.page


@pytest.mark.parametrize(
    "expression",
    [
        'request.time < timestamp("2027-01-01T00:00:00Z")',
        'resource.matchTag("1/env", "prod")',
        "resource.name.lowerAscii()",
        'api.getAttribute("x.googleapis.com/y", "") == "z"',
        '"level" in request.auth.access_levels',
        "resource.name == ",
        'resource.name = "x"',
        "resource.name",
    ],
)
def test_a_condition_that_is_not_understood_is_a_doubt_that_says_why(expression: str) -> None:
    found = holds(expression, Context({"resource.name": "name"}))

    assert isinstance(found, Doubt)
    assert found.reason


def test_a_doubt_leaves_what_is_sure() -> None:
    context = Context({"resource.name": "name"})

    assert holds('resource.name == "name" || request.time < timestamp("x")', context) is True
    assert holds('resource.name == "other" && request.time < timestamp("x")', context) is False


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        (f'resource.name.startsWith("{BUCKET}/objects/")', True),
        (f'resource.name.startsWith("{BUCKET}/objects/logs/")', CHOICE),
        (f'resource.name == "{BUCKET}/objects/logs/may"', CHOICE),
        ('resource.name.startsWith("projects/_/buckets/other/")', False),
        ('resource.name == "projects/_/buckets/other/objects/x"', False),
        ('resource.name.extract("/objects/{name}").startsWith("logs/")', CHOICE),
        ('resource.name.extract("buckets/{name}/") == "acme-orders-aaa"', True),
    ],
)
def test_a_question_about_any_object_holds_where_some_object_is_meant(expression: str, answer: object) -> None:
    objects = Target("objects", "gcp", f"{BUCKET}/objects/*", type="storage.googleapis.com/Object")

    assert holds(expression, context_of(objects, "storage.objects.get", {})) == answer


def test_nobody_knows_the_number_of_a_project_and_a_secret_is_found_all_the_same() -> None:
    secret = Target("secret", "gcp", "projects/testground/secrets/key", type="secretmanager.googleapis.com/Secret")
    context = context_of(secret, "secretmanager.versions.access", {})

    assert holds('resource.name == "projects/123456/secrets/key"', context) is True
    assert holds('resource.name == "projects/123456/secrets/other"', context) is False


def test_what_conditions_see_nothing_of_equals_nothing() -> None:
    context = context_of(Target("account", "gcp", "a@b"), "iam.serviceAccounts.actAs", {})

    assert holds('resource.type != "compute.googleapis.com/Instance"', context) is True
    assert holds('resource.name.startsWith("projects/")', context) is False
