"""What somebody gains on GCP who holds the deploy identity: each attack is tried, as Google would answer."""

from typing import Any

import pytest

from lab.clouds.google_policy import GRANTED_ROLES, Asked, custom_permissions, holds, roles_of
from tests.components.ci_identity.test_provider_calls import project_of, table
from tests.registrations import one
from tests.support import STACKS, estate

BUCKET, SECRET = "storage.googleapis.com/Bucket", "secretmanager.googleapis.com/Secret"
GROUND, STATE = "example-testground-stg", "example-pipelines-stg"
NAMES = "projects/_/buckets/"


def member(purpose: str = "deploy", stack: str = "staging") -> str:
    told: Any = estate(stack).root.outputs["ci_identity"]
    return f"serviceAccount:{told[purpose]['gcp_service_account']}"


def deploy_may(permission: str, asked: Asked) -> bool:
    capture = estate("staging")
    known = {**table()["roles"], **custom_permissions(capture)}
    return any(permission in known[role] for role in roles_of(capture, member(), asked))


@pytest.mark.parametrize(
    "bucket", ["example-pkg-staging-backup-vault", "example-pkg-state-staging", "a-bucket-of-others"]
)
@pytest.mark.parametrize("call", ["update", "setIamPolicy", "delete"])
@pytest.mark.parametrize("project", [GROUND, STATE, "example-build-runners-stg"])
def test_vault_and_state_are_not_changed_opened_or_deleted(project: str, call: str, bucket: str) -> None:
    assert not deploy_may(f"storage.buckets.{call}", Asked(project, BUCKET, f"{NAMES}{bucket}"))


@pytest.mark.parametrize("stack", STACKS)
def test_the_guarded_buckets_are_those_of_the_vault_and_of_the_state(stack: str) -> None:
    capture = estate(stack)
    guarded = {
        str(one(capture, "gcp:storage/bucket:Bucket", "backup-vault-gcs").inputs["name"]),
        *(str(grant.inputs["bucket"]) for grant in capture.resources if grant.name == "ci-identity-deploy-state"),
    }
    grants = [grant for grant in capture.of_type("gcp:projects/iAMMember:IAMMember") if grant.name.endswith("-keeper")]

    assert len(guarded) == 2
    for grant in grants:
        condition: Any = grant.inputs["condition"]
        for bucket in guarded:
            assert not holds(condition["expression"], Asked(str(grant.inputs["project"]), BUCKET, f"{NAMES}{bucket}"))


def test_own_buckets_and_secrets_are_changed() -> None:
    own = "example-pkg-staging-machine-store"

    assert deploy_may("storage.buckets.update", Asked(GROUND, BUCKET, f"{NAMES}{own}"))
    assert deploy_may("secretmanager.secrets.delete", Asked(GROUND, SECRET, f"projects/1/secrets/{own}"))


def test_secrets_of_others_are_left_alone() -> None:
    for call in ("update", "setIamPolicy", "delete"):
        for name in ("others-password", "example-pkg-production-a"):
            assert not deploy_may(f"secretmanager.secrets.{call}", Asked(GROUND, SECRET, f"projects/1/secrets/{name}"))


@pytest.mark.parametrize("stack", STACKS)
def test_the_pipelines_own_accounts_lie_where_a_deployment_only_reads(stack: str) -> None:
    """Conditions know no service accounts, so that rights over one of a project are rights over all."""
    capture = estate(stack)
    guarded = {
        project_of(capture, entry)
        for entry in capture.resources
        if entry.name in ("ci-identity-deploy", "ci-identity-preview") and entry.cloud == "gcp"
    }
    others = {project_of(capture, entry) for entry in capture.of_type("gcp:compute/instance:Instance")}
    (project,) = guarded
    roles = {
        role for purpose in ("deploy", "preview") for role in roles_of(capture, member(purpose, stack), Asked(project))
    }
    held = {permission for role in roles for permission in custom_permissions(capture)[role]}

    assert project not in others
    assert held
    assert all(name.rpartition(".")[2].startswith(("get", "list", "use")) for name in held), "reads alone"
    assert "iam.serviceAccounts.actAs" not in held


@pytest.mark.parametrize(
    "permission",
    [
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.delete",
        "iam.serviceAccounts.disable",
        "iam.serviceAccounts.setIamPolicy",
        "iam.serviceAccounts.update",
        "iam.serviceAccountKeys.create",
        "iam.serviceAccounts.getAccessToken",
        "iam.workloadIdentityPoolProviders.update",
        "iam.workloadIdentityPools.create",
        "iam.roles.update",
        "resourcemanager.projects.setIamPolicy",
        "cloudkms.cryptoKeys.setIamPolicy",
    ],
)
def test_the_pipelines_own_accounts_are_not_used_or_changed(permission: str) -> None:
    assert not deploy_may(permission, Asked(STATE))


@pytest.mark.parametrize(
    "role",
    [
        "roles/owner",
        "roles/storage.admin",
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountKeyAdmin",
        "roles/iam.workloadIdentityPoolAdmin",
        "roles/resourcemanager.projectIamAdmin",
        "projects/example-testground-stg/roles/example_pkg_staging_ci_deploy_keeper",
    ],
)
def test_it_grants_nobody_a_role_that_leads_further(role: str) -> None:
    for project in (GROUND, STATE):
        asked = Asked(project, attributes={GRANTED_ROLES: frozenset({role})})
        assert not deploy_may("resourcemanager.projects.setIamPolicy", asked)
    machine = Asked(GROUND, attributes={GRANTED_ROLES: frozenset({"roles/logging.logWriter"})})
    assert deploy_may("resourcemanager.projects.setIamPolicy", machine)


@pytest.mark.parametrize("stack", STACKS)
def test_no_identity_of_a_pipeline_makes_keys_or_mints_tokens(stack: str) -> None:
    capture = estate(stack)
    custom = custom_permissions(capture)
    minting = ("serviceAccountTokenCreator", "serviceAccountKeyAdmin", "workloadIdentity", "owner", "editor", "admin")

    for purpose in ("deploy", "preview"):
        for grant in capture.resources:
            if grant.cloud == "gcp" and grant.inputs.get("member") == member(purpose, stack):
                role = str(grant.inputs["role"])
                assert role.rpartition("/")[2] not in minting
                for name in custom.get(role, ()):
                    assert not name.startswith(("iam.serviceAccountKeys.", "iam.serviceAccounts.getAccess")), name
                    assert name not in ("iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt"), name
