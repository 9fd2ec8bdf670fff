"""What somebody gains on GCP who holds the deploy identity: each attack is tried, as Google would answer."""

from functools import cache
from typing import Any

import pytest

from reach.answers import Reach
from reach.gcp.conditions import GRANTED_ROLES, holds
from reach.gcp.decide import context_of
from reach.gcp.index import Index
from reach.model import Request, Target
from tests.components.ci_identity.test_provider_calls import project_of, thing
from tests.registrations import one
from tests.support import STACKS, estate

BUCKET, SECRET = "storage.googleapis.com/Bucket", "secretmanager.googleapis.com/Secret"
GROUND, STATE = "example-testground-stg", "example-pipelines-stg"
NAMES = "projects/_/buckets/"


def member(purpose: str = "deploy", stack: str = "staging") -> str:
    told: Any = estate(stack).root.outputs["ci_identity"]
    return f"serviceAccount:{told[purpose]['gcp_service_account']}"


def deploy_may(permission: str, target: Target, *granted: str) -> bool:
    """Whether the deploy identity may do it to a thing; `granted` are roles that the call gives or takes away."""
    reach = _reach()
    facts = {GRANTED_ROLES: granted} if granted else {}
    return reach.decide(Request((reach.principal(member()),), permission, target, facts)).is_sure


@cache
def _reach() -> Reach:
    return Reach(estate("staging"))


@pytest.mark.parametrize(
    "bucket", ["example-pkg-staging-backup-vault", "example-pkg-state-staging", "a-bucket-of-others"]
)
@pytest.mark.parametrize("call", ["update", "setIamPolicy", "delete"])
@pytest.mark.parametrize("project", [GROUND, STATE, "example-build-runners-stg"])
def test_vault_and_state_are_not_changed_opened_or_deleted(project: str, call: str, bucket: str) -> None:
    assert not deploy_may(f"storage.buckets.{call}", thing(project, BUCKET, f"{NAMES}{bucket}"))


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
            asked = thing(str(grant.inputs["project"]), BUCKET, f"{NAMES}{bucket}")
            context = context_of(asked, "storage.buckets.update", {}, is_made=True)

            assert holds(condition["expression"], context) is False


def test_own_buckets_and_secrets_are_changed() -> None:
    own = "example-pkg-staging-machine-store"

    assert deploy_may("storage.buckets.update", thing(GROUND, BUCKET, f"{NAMES}{own}"))
    assert deploy_may("secretmanager.secrets.delete", thing(GROUND, SECRET, f"projects/1/secrets/{own}"))


def test_secrets_of_others_are_left_alone() -> None:
    for call in ("update", "setIamPolicy", "delete"):
        for name in ("others-password", "example-pkg-production-a"):
            assert not deploy_may(f"secretmanager.secrets.{call}", thing(GROUND, SECRET, f"projects/1/secrets/{name}"))


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
    index = Index(capture)
    held = {
        permission
        for purpose in ("deploy", "preview")
        for grant in index.by_member[member(purpose, stack)]
        if grant.scope == f"project:{project}"
        for permission in index.custom_roles[grant.role].permissions
    }

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
    assert not deploy_may(permission, thing(STATE))


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
        assert not deploy_may("resourcemanager.projects.setIamPolicy", thing(project), role)
    assert deploy_may("resourcemanager.projects.setIamPolicy", thing(GROUND), "roles/logging.logWriter")


@pytest.mark.parametrize("stack", STACKS)
def test_no_identity_of_a_pipeline_makes_keys_or_mints_tokens(stack: str) -> None:
    capture = estate(stack)
    custom = Index(capture).custom_roles
    minting = ("serviceAccountTokenCreator", "serviceAccountKeyAdmin", "workloadIdentity", "owner", "editor", "admin")

    for purpose in ("deploy", "preview"):
        for grant in capture.resources:
            if grant.cloud == "gcp" and grant.inputs.get("member") == member(purpose, stack):
                role = str(grant.inputs["role"])
                assert role.rpartition("/")[2] not in minting
                for name in custom[role].permissions if role in custom else ():
                    assert not name.startswith(("iam.serviceAccountKeys.", "iam.serviceAccounts.getAccess")), name
                    assert name not in ("iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt"), name
