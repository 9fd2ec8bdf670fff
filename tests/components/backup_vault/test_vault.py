"""The backup vault: what nobody can delete, and who may write where."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from capture import Capture, Registration
from components.backup_vault import DATABASE_PREFIX
from settings.backup_vault.retention import RETENTION_ACTIONS
from settings.backup_vault.rules import OWN_PREFIXES
from tests.registrations import one, statements, trust_of
from tests.rights import TLS, allows, denies
from tests.support import STACKS, estate, variant

RETENTION_CHANGES = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
VERSION_LOSSES = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteObjectVersion",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)
"""Every action of S3 that ends the life of a version early, read once more from the service authorization reference of
S3: a list that is held against itself would prove nothing."""

OPERATOR = {"staging": "arn:aws:iam::000000000000:role/example-backup-operator"}
OPERATOR["production"] = OPERATOR["staging"].replace("000000000000", "111111111111")

OUTSIDE_ID = "100000000000000000001"
LONG_LOCK_DAYS = 90


@pytest.fixture(scope="module")
def with_outside_service() -> Capture:
    return variant(
        "staging",
        {
            "backupVault.outsideServices": [{"name": "status-page", "googleServiceAccountId": OUTSIDE_ID}],
            "backupVault.s3.lockDays": LONG_LOCK_DAYS,
        },
    )


def vault_part(capture: Capture, resource_type: str) -> Registration:
    (found,) = (entry for entry in capture.of_type(resource_type) if entry.name.startswith("backup-vault"))
    return found


def bucket_name(capture: Capture) -> str:
    return str(vault_part(capture, "aws:s3/bucket:Bucket").inputs["bucket"])


def bucket_policy(capture: Capture) -> Any:
    return vault_part(capture, "aws:s3/bucketPolicy:BucketPolicy").inputs["policy"]


def service_policies(capture: Capture) -> dict[str, Any]:
    """The rights of each service that sends backups, by its prefix."""
    return {
        entry.name.removeprefix("backup-vault-offsite-"): entry.inputs["policy"]
        for entry in capture.of_type("aws:iam/rolePolicy:RolePolicy")
        if entry.name.startswith("backup-vault-offsite-")
    }


def test_the_list_that_everybody_takes_names_every_such_action() -> None:
    assert {*RETENTION_CHANGES, *VERSION_LOSSES} <= set(RETENTION_ACTIONS)


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_but_the_operator_may_shorten_retention(stack: str) -> None:
    capture = estate(stack)
    bucket = f"arn:aws:s3:::{bucket_name(capture)}"
    account = OPERATOR[stack].split(":")[4]
    roles = [str(entry.outputs.get("arn", "")) for entry in capture.of_type("aws:iam/role:Role")]
    others = [f"arn:aws:iam::{account}:root", f"arn:aws:iam::{account}:role/deployer", OPERATOR[stack] + "-2", *roles]
    for action, resource in [(action, bucket) for action in RETENTION_CHANGES] + [
        (action, f"{bucket}/pgbackrest/backup.info") for action in VERSION_LOSSES
    ]:
        for principal in others:
            assert denies(bucket_policy(capture), action, resource, {**TLS, "aws:PrincipalArn": principal}), action
        assert not denies(bucket_policy(capture), action, resource, {**TLS, "aws:PrincipalArn": OPERATOR[stack]})


def test_the_bucket_speaks_tls_alone_even_to_the_operator() -> None:
    capture = estate("production")
    thing = f"arn:aws:s3:::{bucket_name(capture)}/anything"
    request = {"aws:SecureTransport": "false", "aws:PrincipalArn": OPERATOR["production"]}

    assert denies(bucket_policy(capture), "s3:GetObject", thing, request)
    assert not denies(bucket_policy(capture), "s3:GetObject", thing, {**request, **TLS})


def test_the_bucket_policy_grants_nothing() -> None:
    assert {entry["Effect"] for entry in statements(bucket_policy(estate("production")))} == {"Deny"}


def test_the_policy_comes_after_everything_that_it_then_forbids_to_change() -> None:
    capture = estate("production")
    policy = vault_part(capture, "aws:s3/bucketPolicy:BucketPolicy")
    before = {capture.by_urn[urn].kind for urn in policy.dependencies}

    assert before >= {
        "BucketLifecycleConfiguration",
        "BucketObjectLockConfiguration",
        "BucketPublicAccessBlock",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
    }


def test_production_is_locked_in_compliance_mode() -> None:
    capture = estate("production")
    lock: Any = vault_part(capture, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration").inputs

    assert vault_part(capture, "aws:s3/bucket:Bucket").inputs["objectLockEnabled"] is True
    assert lock["rule"]["defaultRetention"]["mode"] == "COMPLIANCE"
    assert lock["rule"]["defaultRetention"]["days"] >= 35


def test_old_versions_go_when_their_lock_is_over_and_no_current_one_ever(with_outside_service: Capture) -> None:
    for capture in (with_outside_service, estate("production")):
        lock: Any = vault_part(capture, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration").inputs
        lifecycle: Any = vault_part(capture, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs
        days = lock["rule"]["defaultRetention"]["days"]
        removed = [rule["noncurrentVersionExpiration"]["noncurrentDays"] for rule in lifecycle["rules"]]

        assert removed
        assert all(days <= removal <= 2 * days for removal in removed)
        assert all(set(rule["expiration"]) == {"expiredObjectDeleteMarker"} for rule in lifecycle["rules"])


def test_the_near_copy_has_soft_delete_and_is_never_locked() -> None:
    bucket: Any = vault_part(estate("production"), "gcp:storage/bucket:Bucket").inputs

    assert bucket["softDeletePolicy"]["retentionDurationSeconds"] >= 7 * 86400
    assert bucket["versioning"]["enabled"] is True
    assert bucket["uniformBucketLevelAccess"] is True
    assert bucket["publicAccessPrevention"] == "enforced"
    assert "retentionPolicy" not in bucket, "pgBackRest replaces its manifests (pgbackrest#1439)"
    assert "enableObjectRetention" not in bucket


def test_each_service_writes_below_its_own_prefix_alone(with_outside_service: Capture) -> None:
    bucket = f"arn:aws:s3:::{bucket_name(with_outside_service)}"
    policies = service_policies(with_outside_service)

    assert {"dev-instance", "dev-instance-etc", "status-page"} <= set(policies)
    for writer, policy in policies.items():
        for owner in (*policies, "pgbackrest"):
            for action in ("s3:PutObject", "s3:GetObject"):
                assert allows(policy, action, f"{bucket}/{owner}/data/00/object") is (writer == owner), (writer, owner)
        assert not allows(policy, "s3:PutObject", f"{bucket}/object")
        assert not allows(policy, "s3:ListBucket", bucket, {**TLS, "s3:prefix": "pgbackrest/"})
        assert allows(policy, "s3:ListBucket", bucket, {**TLS, "s3:prefix": f"{writer}/data/"})


def test_every_prefix_of_the_estate_is_refused_to_outside_services() -> None:
    assert set(service_policies(estate("production"))) | {DATABASE_PREFIX} <= set(OWN_PREFIXES)


def test_a_service_hides_no_backup_and_changes_no_retention(with_outside_service: Capture) -> None:
    bucket = f"arn:aws:s3:::{bucket_name(with_outside_service)}"
    for service, policy in service_policies(with_outside_service).items():
        for action in ("s3:DeleteObject", *VERSION_LOSSES):
            for thing in ("config", "data/00/object", "snapshots/1", "index/1", "keys/1"):
                assert not allows(policy, action, f"{bucket}/{service}/{thing}"), action
        assert not any(allows(policy, action, bucket) for action in RETENTION_CHANGES)
        assert allows(policy, "s3:DeleteObject", f"{bucket}/{service}/locks/1"), "a dead lock would block every backup"


def test_a_role_trusts_one_service_account_and_tokens_made_for_it(with_outside_service: Capture) -> None:
    (trust,) = trust_of(with_outside_service, "backup-vault-offsite-status-page")

    assert trust["Principal"] == {"Federated": "accounts.google.com"}
    assert trust["Action"] == ["sts:AssumeRoleWithWebIdentity"]
    conditions = trust["Condition"]["StringEquals"]
    assert conditions["accounts.google.com:sub"] == OUTSIDE_ID
    assert conditions["accounts.google.com:aud"] == OUTSIDE_ID
    assert conditions["accounts.google.com:oaud"] == bucket_name(with_outside_service)


def test_the_restorer_reads_everything_and_writes_nothing() -> None:
    capture = estate("production")
    bucket = f"arn:aws:s3:::{bucket_name(capture)}"
    policy = one(capture, "RolePolicy", "backup-vault-restorer").inputs["policy"]

    assert allows(policy, "s3:GetObjectVersion", f"{bucket}/pgbackrest/backup.info")
    assert allows(policy, "s3:ListBucketVersions", bucket)
    for action in ("s3:PutObject", "s3:DeleteObject", *VERSION_LOSSES):
        assert not allows(policy, action, f"{bucket}/pgbackrest/backup.info")
    (trust,) = trust_of(capture, "backup-vault-restorer")
    assert trust["Principal"] == {"AWS": OPERATOR["production"]}


@pytest.mark.parametrize("stack", STACKS)
def test_no_role_of_the_estate_asks_for_what_the_operator_alone_may(stack: str) -> None:
    capture = estate(stack)
    bucket = f"arn:aws:s3:::{bucket_name(capture)}"
    wanted = {*RETENTION_CHANGES, *VERSION_LOSSES}
    for entry in capture.of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in statements(entry.inputs["policy"]):
            reached = [
                place
                for place in (bucket, f"{bucket}/pgbackrest/x")
                if any(fnmatchcase(place, resource) for resource in statement["Resource"])
            ]
            if statement["Effect"] == "Allow":
                assert not [
                    action
                    for action in wanted
                    for asked in statement["Action"]
                    for place in reached
                    # Pipelines deploy with whole services, less what the same policy denies.
                    if fnmatchcase(action, asked) and not denies(entry.inputs["policy"], action, place, {})
                ]


def test_no_identity_of_the_estate_may_change_the_near_copy_itself() -> None:
    capture = estate("production")
    bucket = vault_part(capture, "gcp:storage/bucket:Bucket").inputs["name"]
    grants = [
        entry.inputs["role"]
        for entry in capture.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")
        if entry.inputs["bucket"] == bucket
    ]
    assert grants
    project_wide = {str(entry.inputs["role"]) for entry in capture.of_type("gcp:projects/iAMMember:IAMMember")}

    assert all(str(role).startswith("roles/storage.object") for role in grants), "buckets.update changes soft delete"
    assert not project_wide & {"roles/owner", "roles/editor", "roles/storage.admin"}


@pytest.mark.parametrize("stack", STACKS)
def test_there_is_no_static_key_anywhere(stack: str) -> None:
    keys = {
        "aws:iam/accessKey:AccessKey",
        "aws:iam/user:User",
        "gcp:serviceaccount/key:Key",
        "gcp:storage/hmacKey:HmacKey",
    }

    assert [entry.urn for entry in estate(stack).registrations if entry.type in keys] == []


def test_a_preview_of_a_new_stack_shows_the_whole_policy() -> None:
    assert json.loads(bucket_policy(estate("production", preview=True)))["Statement"]
