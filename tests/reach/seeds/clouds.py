"""Grants in one of the two clouds: policies and trusts of AWS, members and roles of GCP."""

import json
from typing import Any

from capture import Capture
from tests.reach.building import adding, allow, document, editing
from tests.reach.grants import Change, allowed, both, granted, member, trusted
from tests.reach.network.changes import found
from tests.reach.seeds.seed import Kind, Seed

MANAGER = "role runner-manager-aws-blue-machine"
GOOGLE_MANAGER = "service account runner-manager-gcp-blue"
PREVIEW = "role ci-identity-preview"
GOOGLE_PREVIEW = "service account ci-identity-preview"

ACCESSOR = "roles/secretmanager.secretAccessor"
LIKE_A_PROJECT = "IAMMember::ci-identity-testground-deploy-compute.admin"
"""A grant on the project in which packages are published."""


def arn_of(capture: Capture, role: str) -> str:
    """The ARN of a role by its logical name."""
    return f"arn:aws:iam::111111111111:role/{found(capture, 'Role', role).inputs['name']}"


def let_in(bucket: str, principal: str, *actions: str) -> Change:
    """The policy of a bucket lets somebody in: a role by its logical name, or everyone by "*"."""

    def change(capture: Capture) -> Capture:
        policy = json.loads(str(found(capture, "BucketPolicy", bucket).inputs["policy"]))
        who = "*" if principal == "*" else arn_of(capture, principal)
        arn = f"arn:aws:s3:::{found(capture, 'Bucket', bucket).inputs['bucket']}/*"
        statement = allow(list(actions), arn, Principal={"AWS": who})
        return editing(capture, f"BucketPolicy::{bucket}", policy=document(*policy["Statement"], statement))

    return change


def without_boundary(role: str) -> Change:
    """A role that no boundary holds any more."""
    return lambda capture: editing(capture, f"aws:iam/role:Role::{role}", permissionsBoundary="")


def with_permission(role: str, *permissions: str) -> Change:
    """A custom role with more permissions."""

    def change(capture: Capture) -> Capture:
        listed: Any = found(capture, "IAMCustomRole", role).inputs["permissions"]
        return editing(capture, f"IAMCustomRole::{role}", permissions=(*listed, *permissions))

    return change


def without_condition(grant: str) -> Change:
    """A grant that holds always."""
    return lambda capture: editing(capture, grant, condition=None)


def on_account(account: str, who: str, role: str) -> Change:
    """One more grant on a service account, to another one."""

    def change(capture: Capture) -> Capture:
        email = member(capture, account).removeprefix("serviceAccount:")
        project = email.partition("@")[2].partition(".")[0]
        like = "serviceaccount/iAMMember:IAMMember::dev-instance-blob-signer"
        return adding(
            capture,
            like,
            "mutation",
            serviceAccountId=f"projects/{project}/serviceAccounts/{email}",
            role=role,
            member=member(capture, who),
        )

    return change


AWS = (
    Seed(
        "the cache of jobs that publish lets the manager of strangers' jobs in, by its own policy",
        Kind.AWS,
        1,
        let_in("runners-aws-publish-cache", "runner-manager-aws-blue-machine", "s3:PutObject"),
        MANAGER,
        gets="write objects of bucket runners-aws-publish-cache",
        reason="one cache for all tiers would save downloads; who fills it runs in the next job, with the keys of that",
    ),
    Seed(
        "the machine store is readable and writable by everyone",
        Kind.AWS,
        1,
        let_in("machine-store-s3", "*", "s3:GetObject", "s3:PutObject"),
        "everyone",
        gets="become root on pg-b",
        reason="a bucket policy copied from a public one; the block of public access beside it may fall next",
    ),
    Seed(
        "previews may everything but IAM",
        Kind.AWS,
        1,
        lambda capture: editing(
            capture,
            "RolePolicy::ci-identity-preview",
            policy=document({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}),
        ),
        PREVIEW,
        gets="write objects of bucket machine-store-s3",
        reason="what PowerUserAccess is, and the fastest remedy for a preview that lacks a right to read",
    ),
    Seed(
        "previews start machines with the role of a database host",
        Kind.AWS,
        2,
        allowed("ci-identity-preview", ["iam:PassRole", "ec2:RunInstances"]),
        PREVIEW,
        gets="read secret database-pair-cipher-repo1",
        reason="neither of the two rights looks like one to read secrets",
    ),
    Seed(
        "flow logs become the restorer of backups, and a manager becomes flow logs",
        Kind.AWS,
        2,
        both(
            trusted("aws-flow-log", by="runner-manager-aws-blue-machine"),
            trusted("backup-vault-restorer", by="aws-flow-log"),
            without_boundary("backup-vault-restorer"),
        ),
        "role aws-flow-log",
        gets="read objects of bucket backup-vault",
        reason="two trusts in two files, each of them made by somebody who saw the other one nowhere",
    ),
)

GCP = (
    Seed(
        "a manager reads secrets of the project in which packages are signed",
        Kind.GCP,
        1,
        granted(LIKE_A_PROJECT, "runner-manager-gcp-blue", role=ACCESSOR, condition=None),
        GOOGLE_MANAGER,
        gets="read secret package-server-metadata-signing-key",
        reason="a grant on the project where one on a secret was meant",
    ),
    Seed(
        "previews may act as the package server, and so sign what they like",
        Kind.GCP,
        2,
        on_account("package-server", "ci-identity-preview", "roles/iam.workloadIdentityUser"),
        GOOGLE_PREVIEW,
        gets="read secret package-server-package-signing-key",
        reason="impersonation of one account, to try something out",
    ),
    Seed(
        "a manager may act as the database host, which is somebody on AWS as well",
        Kind.GCP,
        3,
        on_account("pg-a", "runner-manager-gcp-blue", "roles/iam.workloadIdentityUser"),
        GOOGLE_MANAGER,
        gets="write parameter database-pair-pg-a-wireguard-public-key",
        reason="the third step lies in the other cloud, where nobody changed anything",
    ),
    Seed(
        "the custom role of managers may grant",
        Kind.GCP,
        1,
        with_permission("runners-gcp-scaler", "resourcemanager.projects.setIamPolicy"),
        GOOGLE_MANAGER,
        gets="administer project example-build-runners-prd",
        reason="one permission more in a list of twenty",
    ),
    Seed(
        "everyone writes packages that are released",
        Kind.GCP,
        1,
        lambda capture: adding(capture, "BucketIAMMember::package-server-release-writer", "all", member="allUsers"),
        "everyone",
        gets="write objects of bucket package-server-release",
        reason="public readers were meant",
    ),
    Seed(
        "previews write all of the state and not its locks alone",
        Kind.GCP,
        1,
        without_condition("BucketIAMMember::ci-identity-preview-locks"),
        GOOGLE_PREVIEW,
        gets="write .pulumi/stacks/* of bucket example-pkg-state-production",
        reason="a hard condition is left out; whoever writes the state says what the next update deletes",
    ),
    Seed(
        "a condition that nobody can read guards the signing key",
        Kind.GCP,
        1,
        granted(
            "SecretIamMember::package-server-package-signing-key-machine",
            "dev-instance",
            condition={"title": "at night", "expression": 'resource.matchTag("1/hours", "night")'},
        ),
        "service account dev-instance",
        gets="read secret package-server-package-signing-key",
        reason="what is not understood must count as holding",
    ),
)
