"""Every rule of the audit trail's section has a file that breaks it."""

import pytest

from tests.support import faults_of, stack_file_text


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"lockMode": "GOVERNANCE"}, "lockMode", "COMPLIANCE"),
        ({"lockDays": 0}, "lockDays", "greater than or equal to 1"),
        ({"keepDays": 30}, "keepDays", "below lockDays"),
        ({"operatorRoleArn": "arn:aws:iam::000000000000:role/operator"}, "operatorRoleArn", "the role is of account"),
        ({"gcpLogBucket": "packyard"}, "gcpLogBucket", "full name of a log bucket"),
        (
            {"gcpLogBucket": "projects/example-testground-prd/locations/us-east1/buckets/packyard"},
            "gcpLogBucket",
            "in which pipelines have rights",
        ),
        (
            {"gcpLogBucket": "projects/example-pipelines-prd/locations/us-east1/buckets/packyard"},
            "gcpLogBucket",
            "the project of the state",
        ),
    ],
)
def test_a_trail_that_would_not_hold_is_refused(changes: dict[str, object], place: str, words: str) -> None:
    (fault,) = faults_of("production", {f"audit.{key}": value for key, value in changes.items()})

    assert ".".join(map(str, fault.path)) == f"audit.{place}"
    assert words in f"{fault.wrong} {fault.right}"


def test_the_projects_in_the_list_above_are_those_of_the_stack_file() -> None:
    assert "testground: example-testground-prd" in stack_file_text("production")
    assert "projects/example-pipelines-prd/locations" in stack_file_text("production")
