"""Identities of pipelines: which jobs get one, and what they may do with it."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from capture import Capture
from policies.values import component_token
from reach.values import answer
from tests.registrations import one, statements
from tests.rights import allows, denies
from tests.support import STACKS, estate, variant

Token = Mapping[str, str]

GITLAB_DEPLOY: Token = {
    "aud": "https://packyard.example.com/staging",
    "project_id": "1000001",
    "project_path": "example-group/packyard",
    "ref_type": "branch",
    "ref": "main",
    "ref_protected": "true",
    "environment": "staging",
    "environment_protected": "true",
    "pipeline_source": "push",
}
GITLAB_PREVIEW: Token = {
    **GITLAB_DEPLOY,
    "ref": "feature",
    "ref_protected": "false",
    "environment": "staging-preview",
    "pipeline_source": "merge_request_event",
}
GITHUB_DEPLOY: Token = {
    "aud": "https://packyard.example.com/staging",
    "sub": "repo:example-org/packyard:environment:staging",
    "repository": "example-org/packyard",
    "repository_id": "2000002",
    "ref": "refs/heads/main",
    "environment": "staging",
    "event_name": "workflow_dispatch",
    "job_workflow_ref": "example-org/packyard/.github/workflows/deploy.yml@refs/heads/main",
}
GITHUB_PREVIEW: Token = {
    **GITHUB_DEPLOY,
    "sub": "repo:example-org/packyard:environment:staging-preview",
    "ref": "refs/pull/7/merge",
    "environment": "staging-preview",
    "event_name": "pull_request",
    "job_workflow_ref": "example-org/packyard/.github/workflows/preview.yml@refs/pull/7/merge",
}


def with_ids(token: Token, owner: str = "example-org@3000003", repository: str = "packyard@2000002") -> Token:
    """The token as a repository sends it that was made, renamed or moved since 15 July 2026."""
    return {**token, "sub": token["sub"].replace("example-org/packyard", f"{owner}/{repository}")}


CLOUDS = ("gcp", "aws")
PURPOSES = ("preview", "deploy")


def gcp_admits(capture: Capture, purpose: str, platform: str, token: Token) -> bool:
    """Whether the provider takes the token. Clauses of other forms than these raise."""
    provider: Any = one(
        capture,
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        f"ci-identity-{purpose}-{platform}",
    ).inputs
    clauses = [
        re.fullmatch(r"assertion\.(\w+) (==|in) (.*)", part) for part in provider["attributeCondition"].split(" && ")
    ]
    wanted = {clause[1]: json.loads(clause[3]) for clause in clauses if clause}
    assert len(wanted) == len(clauses), "a claim twice, or a clause that this test cannot read"
    return token["aud"] in provider["oidc"]["allowedAudiences"] and all(
        token.get(claim) in (values if isinstance(values, list) else [values]) for claim, values in wanted.items()
    )


def aws_admits(capture: Capture, purpose: str, platform: str, token: Token) -> bool:
    """Whether the role takes the token, of which AWS makes condition keys, or else that of the account it leads to."""
    if platform == "gitlab":
        return any(
            gcp_admits(capture, taken, platform, token) and role_takes_account(capture, purpose, taken)
            for taken in PURPOSES
        )
    host = "token.actions.githubusercontent.com"
    (trust,) = (entry for entry in trusts(capture, purpose) if host in entry["Principal"]["Federated"])
    return all(
        token.get(key.removeprefix(f"{host}:")) in ([wanted] if isinstance(wanted, str) else wanted)
        for key, wanted in trust["Condition"]["StringEquals"].items()
    )


def role_takes_account(capture: Capture, purpose: str, account: str) -> bool:
    """Whether a role takes the token that Google signs for an account, made for the stack's audience."""
    entry = one(capture, "gcp:serviceaccount/account:Account", f"ci-identity-{account}")
    unique_id = answer(capture, entry, "uniqueId")
    token = {"sub": unique_id, "aud": unique_id, "oaud": "https://packyard.example.com/staging"}
    claims = {f"accounts.google.com:{claim}": value for claim, value in token.items()}
    (trust,) = (entry for entry in trusts(capture, purpose) if entry["Principal"]["Federated"] == "accounts.google.com")
    return claims == trust["Condition"]["StringEquals"]


def trusts(capture: Capture, purpose: str) -> list[Any]:
    """The statements of a role's trust, each of exact values alone."""
    found = statements(one(capture, "aws:iam/role:Role", f"ci-identity-{purpose}").inputs["assumeRolePolicy"])
    assert all(set(entry["Condition"]) == {"StringEquals"} for entry in found)
    return found


ADMITS = {"gcp": gcp_admits, "aws": aws_admits}


def identities(platform: str, token: Token) -> set[tuple[str, str]]:
    capture = estate("staging")
    return {
        (cloud, purpose) for cloud in CLOUDS for purpose in PURPOSES if ADMITS[cloud](capture, purpose, platform, token)
    }


@pytest.mark.parametrize(
    ("platform", "token", "purpose"),
    [
        ("gitlab", GITLAB_DEPLOY, "deploy"),
        ("gitlab", {**GITLAB_DEPLOY, "pipeline_source": "web"}, "deploy"),
        ("gitlab", GITLAB_PREVIEW, "preview"),
        # The drift preview runs on the protected branch.
        (
            "gitlab",
            {**GITLAB_PREVIEW, "ref": "main", "ref_protected": "true", "pipeline_source": "schedule"},
            "preview",
        ),
        ("github", GITHUB_DEPLOY, "deploy"),
        ("github", GITHUB_PREVIEW, "preview"),
        ("github", with_ids(GITHUB_DEPLOY), "deploy"),
        ("github", with_ids(GITHUB_PREVIEW), "preview"),
    ],
)
def test_a_job_gets_the_identity_of_its_environment_and_no_other(platform: str, token: Token, purpose: str) -> None:
    assert identities(platform, token) == {(cloud, purpose) for cloud in CLOUDS}


@pytest.mark.parametrize(
    ("platform", "token"),
    [
        ("gitlab", {**GITLAB_DEPLOY, "aud": "https://packyard.example.com/production"}),
        ("gitlab", {**GITLAB_DEPLOY, "project_path": "somebody/packyard", "project_id": "7"}),
        ("gitlab", {**GITLAB_DEPLOY, "ref_protected": "false"}),
        ("gitlab", {**GITLAB_DEPLOY, "ref_type": "tag"}),
        ("gitlab", {**GITLAB_DEPLOY, "environment": "production"}),
        ("gitlab", {**GITLAB_DEPLOY, "environment_protected": "false"}),
        ("gitlab", {**GITLAB_PREVIEW, "project_path": "a-fork/packyard", "project_id": "7"}),
        ("gitlab", {**GITLAB_PREVIEW, "environment_protected": "false"}),
        ("gitlab", {key: value for key, value in GITLAB_DEPLOY.items() if not key.startswith("environment")}),
        ("gitlab", {**GITLAB_DEPLOY, "ref": "release"}),
        ("gitlab", {**GITLAB_DEPLOY, "pipeline_source": "merge_request_event"}),
        ("gitlab", {**GITLAB_DEPLOY, "project_id": "7"}),
        # What a job says of its own tier is not asked for.
        ("gitlab", {**GITLAB_PREVIEW, "environment": "review", "deployment_tier": "staging"}),
        ("github", {**GITHUB_DEPLOY, "aud": "sts.amazonaws.com"}),
        ("github", {**GITHUB_DEPLOY, "repository_id": "7"}),
        ("github", {**GITHUB_DEPLOY, "ref": "refs/heads/feature"}),
        ("github", {**GITHUB_DEPLOY, "job_workflow_ref": GITHUB_PREVIEW["job_workflow_ref"]}),
        ("github", {**GITHUB_PREVIEW, "sub": "repo:example-org/packyard:pull_request"}),
        ("github", {**GITHUB_PREVIEW, "repository_id": "7"}),
        ("github", with_ids({**GITHUB_DEPLOY, "repository_id": "7"})),
        *(
            ("github", with_ids(token, *names))
            for token in (GITHUB_DEPLOY, GITHUB_PREVIEW)
            for names in (
                ("example-org@3000004", "packyard@2000002"),
                ("example-org@3000003", "packyard@2000003"),
                ("example-org@30000031", "packyard@2000002"),
                ("example-org@2000002", "packyard@3000003"),
                ("example-org@3000003", "packyard"),
                ("example-org", "packyard@2000002"),
                # The form of the announcement, which was changed before it came into force.
                ("example-org-3000003", "packyard-2000002"),
                ("Example-Org@3000003", "packyard@2000002"),
            )
        ),
        ("github", {**GITHUB_DEPLOY, "sub": with_ids(GITHUB_PREVIEW)["sub"]}),
        ("github", {**with_ids(GITHUB_DEPLOY), "sub": with_ids(GITHUB_DEPLOY)["sub"] + "-2"}),
    ],
)
def test_every_other_job_gets_none(platform: str, token: Token) -> None:
    assert identities(platform, token) == set()


def test_the_event_of_a_run_is_told_by_gcp_alone() -> None:
    """AWS knows no claim of GitHub's for it; the state lies on GCP, so no update gets far."""
    assert identities("github", {**GITHUB_DEPLOY, "event_name": "pull_request"}) == {("aws", "deploy")}


def test_no_job_of_gitlab_comes_to_aws_by_its_own_token() -> None:
    """AWS would compare what the job says of itself."""
    capture = estate("staging")

    trusted = {str(entry["Principal"]["Federated"]) for purpose in PURPOSES for entry in trusts(capture, purpose)}
    github = "token.actions.githubusercontent.com"
    assert {name.rpartition("/")[2] for name in trusted} == {"accounts.google.com", github}
    issuers = capture.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert [entry.inputs["url"] for entry in issuers] == [f"https://{github}"]


def test_grants_on_gcp_name_the_project_and_the_environment() -> None:
    members = [
        str(entry.inputs["member"])
        for entry in estate("staging").of_type("gcp:serviceaccount/iAMMember:IAMMember")
        if entry.inputs["role"] == "roles/iam.workloadIdentityUser"
    ]

    assert {member.partition("/workloadIdentityPools/")[2] for member in members} == {
        "example-pkg-staging-ci-preview/attribute.origin/gitlab/1000001/staging-preview",
        "example-pkg-staging-ci-preview/attribute.origin/github/2000002/staging-preview",
        "example-pkg-staging-ci-deploy/attribute.origin/gitlab/1000001/staging",
        "example-pkg-staging-ci-deploy/attribute.origin/github/2000002/staging",
    }


def policy(purpose: str, stack: str = "staging") -> Any:
    return one(estate(stack), "aws:iam/rolePolicy:RolePolicy", f"ci-identity-{purpose}").inputs["policy"]


def test_a_preview_reads_no_secret_and_no_data() -> None:
    preview = policy("preview")

    assert allows(preview, "ec2:DescribeInstances", "*")
    assert allows(preview, "s3:GetObject", "arn:aws:s3:::example-pkg-staging-machine-store/bundles/a.tar")
    assert not allows(preview, "s3:GetObject", "arn:aws:s3:::example-pkg-staging-backup-vault/pgbackrest/a")
    assert not allows(preview, "s3:GetObject", "arn:aws:s3:::example-pkg-staging-runners-aws-cache/a")
    assert not allows(preview, "ssm:GetParameter", "arn:aws:ssm:us-east-1:000000000000:parameter/others/password")
    for action in ("secretsmanager:GetSecretValue", "kms:Decrypt", "sts:AssumeRole"):
        assert denies(preview, action, "arn:aws:any", {})


@pytest.mark.parametrize("stack", STACKS)
def test_parameters_that_a_preview_reads_hold_no_secret(stack: str) -> None:
    for parameter in estate(stack).of_type("aws:ssm/parameter:Parameter"):
        assert parameter.inputs["type"] == "String"


def test_a_preview_changes_nothing_but_its_lock() -> None:
    capture = estate("staging")
    email = _outputs(capture)["preview"]["gcp_service_account"]
    grants = [
        entry
        for entry in capture.resources
        if entry.cloud == "gcp" and entry.inputs.get("member") == f"serviceAccount:{email}"
    ]

    writing = [entry for entry in grants if entry.inputs["role"] == "roles/storage.objectUser"]
    assert [entry.name for entry in writing] == ["ci-identity-preview-locks"]
    limit: Any = writing[0].inputs["condition"]
    assert limit["expression"].endswith('/example-pkg-state-staging/objects/.pulumi/locks/")')
    assert {str(entry.inputs["role"]) for entry in grants if entry not in writing} == {
        "roles/cloudkms.cryptoKeyDecrypter",
        "roles/storage.objectViewer",
        "projects/example-pipelines-stg/roles/example_pkg_staging_ci_preview",
        "projects/example-testground-stg/roles/example_pkg_staging_ci_preview",
        "projects/example-build-runners-stg/roles/example_pkg_staging_ci_preview",
    }
    assert {str(entry.inputs["bucket"]) for entry in grants if "bucket" in entry.inputs} == {
        "example-pkg-state-staging",
        "example-pkg-staging-machine-store",
    }


def test_a_deployment_stays_in_its_region_and_out_of_vault_secrets_and_its_own_rights() -> None:
    deploy = policy("deploy")
    here, there = {"aws:RequestedRegion": "us-east-1"}, {"aws:RequestedRegion": "eu-west-1"}
    account = "arn:aws:iam::000000000000:role/"

    assert allows(deploy, "ec2:RunInstances", "*", here)
    assert not allows(deploy, "ec2:RunInstances", "*", there)
    for action in ("s3:PutLifecycleConfiguration", "s3:PutBucketPolicy", "s3:DeleteBucket"):
        assert not allows(deploy, action, "arn:aws:s3:::example-pkg-staging-backup-vault", here)
        assert allows(deploy, action, "arn:aws:s3:::example-pkg-staging-machine-store", here)
    for action in ("s3:BypassGovernanceRetention", "s3:DeleteObjectVersion", "s3:GetObject", "s3:DeleteObject"):
        assert not allows(deploy, action, "arn:aws:s3:::example-pkg-staging-backup-vault/pgbackrest/a", here)
    for role in ("example-pkg-staging-ci-deploy", "example-pkg-staging-ci-preview", "example-backup-operator"):
        for action in ("iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy", "iam:PassRole"):
            assert denies(deploy, action, account + role, {"iam:PassedToService": "ec2.amazonaws.com"})
    for action in ("secretsmanager:GetSecretValue", "ssm:StartSession", "ssm:SendCommand", "sts:AssumeRole"):
        assert denies(deploy, action, "arn:aws:any", here)


@pytest.mark.parametrize("stack", STACKS)
def test_a_deployment_may_make_whatever_the_estate_holds(stack: str) -> None:
    capture = estate(stack)
    own = {"ebs": "ec2", "vpc": "ec2"}
    services = {entry.type.split(":")[1].partition("/")[0] for entry in capture.resources if entry.cloud == "aws"}
    deploy, preview = (
        {action.partition(":")[0] for entry in statements(policy(purpose, stack)) for action in entry["Action"]}
        for purpose in ("deploy", "preview")
    )

    assert {own.get(service, service) for service in services} <= deploy & preview, "a person's, and read by both"
    passed = next(entry for entry in statements(policy("deploy", stack)) if entry["Action"] == ["iam:PassRole"])
    assert _trusted_services(capture) <= set(passed["Condition"]["StringEquals"]["iam:PassedToService"])


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_may_read_whatever_the_estate_holds_on_gcp(stack: str) -> None:
    capture = estate(stack)
    own = {"projects": "resourcemanager", "serviceaccount": "iam", "kms": "cloudkms"}
    services = {entry.type.split(":")[1].partition("/")[0] for entry in capture.resources if entry.cloud == "gcp"}
    role: Any = one(capture, "gcp:projects/iAMCustomRole:IAMCustomRole", "ci-identity-testground-preview").inputs[
        "permissions"
    ]

    assert {own.get(service, service) for service in services} <= {name.partition(".")[0] for name in role}


@pytest.mark.parametrize("stack", STACKS)
def test_a_deployment_may_grant_what_systems_are_granted_on_projects_and_nothing_of_its_own(stack: str) -> None:
    grants = estate(stack).of_type("gcp:projects/iAMMember:IAMMember")
    limits: dict[str, Any] = {
        str(entry.inputs["project"]): entry.inputs["condition"]
        for entry in grants
        if entry.inputs["role"] == "roles/resourcemanager.projectIamAdmin"
    }

    for grant in grants:
        limit = limits.get(str(grant.inputs["project"]), {"expression": "no grant at all"})
        listed = f"'{grant.inputs['role']}'" in limit["expression"]
        assert listed is not grant.name.startswith("ci-identity"), grant.name


def test_pipelines_are_told_what_to_ask_for() -> None:
    outputs = _outputs(estate("staging"))

    for purpose in ("preview", "deploy"):
        told = outputs[purpose]
        assert told["aws_role_arn"] == f"arn:aws:iam::000000000000:role/example-pkg-staging-ci-{purpose}"
        assert told["gcp_service_account"].startswith(f"example-pkg-staging-ci-{purpose}@example-pipelines-stg.")
        for platform in ("gitlab", "github"):
            assert told["gcp_identity_providers"][platform].endswith(
                f"/workloadIdentityPools/example-pkg-staging-ci-{purpose}/providers/{platform}"
            )


def test_a_platform_that_is_left_out_is_not_trusted() -> None:
    capture = variant("staging", {"ciIdentity.github": None})

    assert not [entry.urn for entry in capture.resources if "githubusercontent" in str(entry.inputs)]
    assert set(_outputs(capture)["deploy"]["gcp_identity_providers"]) == {"gitlab"}


def _outputs(capture: Capture) -> Any:
    return capture.root.outputs["ci_identity"]


def _trusted_services(capture: Capture) -> set[str]:
    """Services that take a role of the estate by being handed it."""
    return {
        service
        for role in capture.of_type("aws:iam/role:Role")
        # A person makes the trail.
        if component_token(role) != "packyard:audit:Audit"
        for entry in statements(role.inputs["assumeRolePolicy"])
        for service in [entry["Principal"].get("Service")]
        if service
    }
