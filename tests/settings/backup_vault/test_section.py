"""Every rule of the backup vault's section has a file that breaks it."""

import pytest

from tests.support import faults_of

SERVICE = {"name": "status-page", "googleServiceAccountId": "100000000000000000001"}
OTHER = {"name": "wiki", "googleServiceAccountId": "100000000000000000002"}


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"operatorRoleArn": "arn:aws:iam::111111111111:role/*"}, "operatorRoleArn", "wildcard"),
        ({"operatorRoleArn": "arn:aws:iam::000000000000:role/operator"}, "operatorRoleArn", "111111111111"),
        ({"s3.lockMode": "GOVERNANCE"}, "s3.lockMode", "COMPLIANCE"),
        ({"s3.lockMode": "NONE"}, "s3.lockMode", "COMPLIANCE"),
        ({"s3.lockDays": 0}, "s3.lockDays", "greater than or equal to 1"),
        ({"gcs.softDeleteDays": 6}, "gcs.softDeleteDays", "greater than or equal to 7"),
        (
            {"outsideServices": [SERVICE, {**OTHER, "name": "status-page"}]},
            "outsideServices.1.name",
            "over the other's backups",
        ),
        (
            {"outsideServices": [SERVICE, {**SERVICE, "name": "wiki"}]},
            "outsideServices.1.googleServiceAccountId",
            "could write as the other",
        ),
        ({"outsideServices": [{**SERVICE, "name": "pgbackrest"}]}, "outsideServices.0.name", "own backups"),
        ({"outsideServices": [{**SERVICE, "name": "dev-instance"}]}, "outsideServices.0.name", "own backups"),
        (
            {"outsideServices": [{**SERVICE, "googleServiceAccountId": "backup@example.com"}]},
            "outsideServices.0.googleServiceAccountId",
            "unique id",
        ),
    ],
)
def test_a_vault_that_would_not_hold_is_refused(changes: dict[str, object], place: str, words: str) -> None:
    (fault,) = faults_of("production", {f"backupVault.{key}": value for key, value in changes.items()})

    assert ".".join(map(str, fault.path)) == f"backupVault.{place}".rstrip(".")
    assert words in f"{fault.wrong} {fault.right}"


def test_staging_may_be_locked_so_that_the_operator_can_lift_it() -> None:
    assert faults_of("staging", {"backupVault.s3.lockMode": "GOVERNANCE"}) == ()


def test_services_with_names_and_accounts_of_their_own_are_accepted() -> None:
    assert faults_of("production", {"backupVault.outsideServices": [SERVICE, OTHER]}) == ()
