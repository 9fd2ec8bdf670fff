"""Trust in tokens of others: forges whose jobs are taken for an identity, and identities of the other cloud."""

import json
from collections.abc import Mapping
from typing import Any

from capture import Capture
from tests.reach.building import adding, editing
from tests.reach.grants import Change
from tests.reach.network.changes import found
from tests.reach.seeds.clouds import GOOGLE_MANAGER
from tests.reach.seeds.seed import Kind, Seed

ACCOUNTS = "gcp:serviceaccount/iAMMember:IAMMember"
STRANGERS = "git.example.net"
GITLAB, GITHUB, GOOGLE = "gitlab.example.com", "token.actions.githubusercontent.com", "accounts.google.com"


def jobs_of_every_project(capture: Capture) -> Capture:
    """The pool for deployments asks no more for a project, neither at the door nor in the grant."""
    condition = 'assertion.environment == "production" && assertion.ref == "main" && assertion.ref_protected == "true"'
    opened = editing(capture, "WorkloadIdentityPoolProvider::ci-identity-deploy-gitlab", attributeCondition=condition)
    member = str(found(capture, "IAMMember", "ci-identity-deploy-gitlab").inputs["member"])
    return editing(opened, f"{ACCOUNTS}::ci-identity-deploy-gitlab", member=f"{member.partition('/attribute.')[0]}/*")


def every_project_of_the_group(capture: Capture) -> Capture:
    """The role of deployments takes GitLab's own tokens too, of any project of the group."""
    role = "ci-identity-deploy"
    trust = json.loads(str(found(capture, "Role", role).inputs["assumeRolePolicy"]))
    trust["Statement"].append(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": f"arn:aws:iam::111111111111:oidc-provider/{GITLAB}"},
            "Condition": {
                "StringEquals": {f"{GITLAB}:aud": "https://packyard.example.com/production"},
                "StringLike": {f"{GITLAB}:sub": "project_path:example-group/*"},
            },
        }
    )
    return editing(capture, f"aws:iam/role:Role::{role}", assumeRolePolicy=json.dumps(trust))


def trust_of(role: str, issuer: str, claims: dict[str, dict[str, Any]]) -> Change:
    """The trust of a role in one issuer asks for these claims alone."""

    def change(capture: Capture) -> Capture:
        trust = json.loads(str(found(capture, "Role", role).inputs["assumeRolePolicy"]))
        for statement in trust["Statement"]:
            if statement["Principal"]["Federated"].endswith(issuer):
                statement["Condition"] = {
                    operator: {f"{issuer}:{key}": value for key, value in wanted.items()}
                    for operator, wanted in claims.items()
                }
        return editing(capture, f"aws:iam/role:Role::{role}", assumeRolePolicy=json.dumps(trust))

    return change


def pool_takes_every_role_of_the_account(capture: Capture) -> Capture:
    """The database host's pool asks no more which role it is, neither at the door nor in the grant."""
    grant = str(found(capture, "BucketIAMMember", "database-pair-pg-b-repo2").inputs["member"])
    anybody = f"{grant.partition('/attribute.')[0]}/*"
    opened = editing(capture, "WorkloadIdentityPoolProvider::database-pair-pg-b", attributeCondition="")
    return editing(opened, "BucketIAMMember::database-pair-pg-b-repo2", member=anybody)


def previews_are_let_into_deployments(capture: Capture) -> Capture:
    """What the pool of previews makes of a job may act as the account that deploys."""
    previews = str(found(capture, "IAMMember", "ci-identity-preview-gitlab").inputs["member"])
    return adding(capture, f"{ACCOUNTS}::ci-identity-deploy-gitlab", "more", member=previews)


def another_forge_is_let_in(capture: Capture) -> Capture:
    """The pool for deployments has a second provider: the same claims, and tokens that somebody else signs."""
    like = "WorkloadIdentityPoolProvider::ci-identity-deploy-gitlab"
    oidc = found(capture, "WorkloadIdentityPoolProvider", "ci-identity-deploy-gitlab").inputs["oidc"]
    assert isinstance(oidc, Mapping)
    return adding(capture, like, "more", oidc={**oidc, "issuerUri": f"https://{STRANGERS}"})


def number_of(capture: Capture, account: str) -> str:
    """The unique id of a service account."""
    values = capture.invented[found(capture, "Account", account).urn]
    return next(value for value, output in values.items() if output == "uniqueId")


def manager_is_the_database_host_abroad(capture: Capture) -> Capture:
    """The role that the database host on GCP takes on AWS takes a manager on GCP as well."""
    numbers = [number_of(capture, account) for account in ("pg-a", "runner-manager-gcp-blue")]
    claims = {"StringEquals": {"sub": numbers, "oaud": "example-pkg-production-database-pair"}}
    return trust_of("database-pair-pg-a", GOOGLE, claims)(capture)


FEDERATION = (
    Seed(
        "jobs of any project of the forge deploy, if they call their environment production",
        Kind.FEDERATION,
        3,
        jobs_of_every_project,
        f"jobs of {GITLAB} with",
        gets="become root on package-server",
        reason="everyone who has an account there makes a project with such an environment",
    ),
    Seed(
        "every project of the group deploys to AWS",
        Kind.FEDERATION,
        2,
        every_project_of_the_group,
        f"jobs of {GITLAB} with",
        gets="write objects of bucket machine-store-s3",
        reason="a second repository of the group shall deploy, too",
    ),
    Seed(
        "a workflow of any branch deploys to AWS",
        Kind.FEDERATION,
        2,
        trust_of(
            "ci-identity-deploy",
            GITHUB,
            {
                "StringEquals": {"aud": "https://packyard.example.com/production"},
                "StringLike": {"sub": "repo:example-org/packyard:*"},
            },
        ),
        f"jobs of {GITHUB} with",
        gets="write objects of bucket machine-store-s3",
        reason="the example of the forge's own documentation",
    ),
    Seed(
        "jobs that preview are taken for the account that deploys",
        Kind.FEDERATION,
        2,
        previews_are_let_into_deployments,
        f"jobs of {GITLAB} with",
        gets="administer service account package-server",
        reason="one member more on the account, with a name that looks like the other one",
    ),
    Seed(
        "jobs of another forge deploy, with the claims of ours",
        Kind.FEDERATION,
        3,
        another_forge_is_let_in,
        f"jobs of {STRANGERS} with",
        gets="become root on package-server",
        reason="whoever runs a forge signs tokens with any project, branch and environment",
    ),
    Seed(
        "every role of the account on AWS is taken for the database host",
        Kind.FEDERATION,
        2,
        pool_takes_every_role_of_the_account,
        "role ",
        gets="write objects of bucket backup-vault-gcs",
        reason="the role was renamed, and the pool opened until it fits again",
    ),
    Seed(
        "a manager on GCP is taken for the database host on AWS",
        Kind.FEDERATION,
        2,
        manager_is_the_database_host_abroad,
        GOOGLE_MANAGER,
        gets="write parameter database-pair-pg-a-certificate-requests",
        reason="two numbers in a list, which nobody can tell apart by looking",
    ),
)
