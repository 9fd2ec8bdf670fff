"""What somebody gains on AWS who holds the deploy identity: each attack is tried, as AWS would answer."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from capture import Capture, Registration
from reach.values import account_of_provider, provider_input
from tests.policies.mutations import Pick, change
from tests.registrations import one, statements
from tests.rights import allows
from tests.support import STACKS, estate

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
BY_A_PERSON = ("ci-identity-deploy", "ci-identity-preview")
"""Roles of the pipelines themselves, which no pipeline makes or changes."""
ACCOUNT = "arn:aws:iam::000000000000"
MADE = f"{ACCOUNT}:role/example-pkg-staging-made-by-the-pipeline"
VAULT = "arn:aws:s3:::example-pkg-staging-backup-vault"
ADMINISTRATOR = json.dumps({"Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]})


@cache
def managed_policies() -> Mapping[str, list[dict[str, Any]]]:
    return yaml.safe_load(Path(__file__).with_name("managed_policies.yaml").read_text(encoding="utf-8"))


def request(**keys: str) -> dict[str, str]:
    """Condition keys of a request in the stack's region; `iam__x` stands for `iam:x`."""
    return {"aws:RequestedRegion": "us-east-1", **{key.replace("__", ":"): value for key, value in keys.items()}}


def deploy_may(action: str, resource: str, **keys: str) -> bool:
    policy = one(estate("staging"), "aws:iam/rolePolicy:RolePolicy", "ci-identity-deploy").inputs["policy"]
    return allows(policy, action, resource, request(**keys))


def boundary() -> Registration:
    (entry,) = estate("staging").of_type(POLICY)
    return entry


def boundary_arn() -> str:
    return f"{ACCOUNT}:policy/{boundary().inputs['name']}"


def administrator_may(action: str, resource: str, **keys: str) -> bool:
    """What a role of the deploy identity's own making may do that gave itself everything."""
    return all(
        allows(policy, action, resource, request(**keys)) for policy in (ADMINISTRATOR, boundary().inputs["policy"])
    )


def test_no_role_is_made_without_the_boundary() -> None:
    bound = {"iam__PermissionsBoundary": boundary_arn()}

    assert deploy_may("iam:CreateRole", MADE, **bound)
    for other in ({}, {"iam__PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}):
        for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"):
            assert not deploy_may(
                action, MADE, iam__PolicyARN="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", **other
            )
    assert not deploy_may("iam:DeleteRolePermissionsBoundary", MADE, **bound)


def test_an_administrator_is_not_attached() -> None:
    """The attack of the review: a role that trusts the same pipeline, with AdministratorAccess, and then assumed."""
    bound = {"iam__PermissionsBoundary": boundary_arn()}

    for name in ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess", "AmazonSSMManagedInstanceCore"):
        assert not deploy_may("iam:AttachRolePolicy", MADE, iam__PolicyARN=f"arn:aws:iam::aws:policy/{name}", **bound)
    assert not deploy_may("sts:AssumeRole", MADE)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateRole", MADE),
        ("iam:AttachRolePolicy", f"{ACCOUNT}:role/example-pkg-staging-ci-deploy"),
        ("iam:UpdateAssumeRolePolicy", f"{ACCOUNT}:role/example-backup-operator"),
        ("iam:CreatePolicyVersion", f"{ACCOUNT}:policy/example-pkg-staging-role-boundary"),
        ("iam:CreateUser", f"{ACCOUNT}:user/somebody"),
        ("iam:PassRole", f"{ACCOUNT}:role/example-maintainers"),
        ("sts:AssumeRole", f"{ACCOUNT}:role/example-maintainers"),
        ("s3:PutBucketPolicy", VAULT),
        ("s3:PutBucketObjectLockConfiguration", VAULT),
        ("s3:PutLifecycleConfiguration", VAULT),
        ("s3:BypassGovernanceRetention", f"{VAULT}/pgbackrest/a"),
        ("s3:DeleteObjectVersion", f"{VAULT}/pgbackrest/a"),
        ("s3:GetObject", "arn:aws:s3:::a-bucket-of-others/a"),
        (
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:others-password-a1b2c3",
        ),
        ("ssm:GetParameter", "arn:aws:ssm:us-east-1:000000000000:parameter/others/password"),
        ("ssm:PutParameter", "arn:aws:ssm:us-east-1:000000000000:parameter/example-pkg/production/a"),
        ("ssm:SendCommand", "arn:aws:ec2:us-east-1:000000000000:instance/i-0"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:000000000000:key/a"),
        ("cloudtrail:StopLogging", "arn:aws:cloudtrail:us-east-1:000000000000:trail/a"),
        ("organizations:LeaveOrganization", "*"),
    ],
)
def test_a_role_that_gave_itself_everything_may_not(action: str, resource: str) -> None:
    assert deploy_may("iam:PutRolePolicy", MADE, iam__PermissionsBoundary=boundary_arn()), "so far it gets"
    assert not administrator_may(action, resource)


def test_the_boundary_and_the_ways_in_are_a_persons() -> None:
    for action in (
        "CreatePolicyVersion",
        "SetDefaultPolicyVersion",
        "DeletePolicy",
        "DeletePolicyVersion",
        "CreatePolicy",
    ):
        assert not deploy_may(f"iam:{action}", boundary_arn())
    for action in ("CreateOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider", "DeleteOpenIDConnectProvider"):
        assert not deploy_may(f"iam:{action}", f"{ACCOUNT}:oidc-provider/gitlab.example.com")
    for action in ("CreateUser", "CreateAccessKey", "CreateLoginProfile", "AttachUserPolicy", "CreateSAMLProvider"):
        assert not deploy_may(f"iam:{action}", f"{ACCOUNT}:user/somebody")


@pytest.mark.parametrize(
    "role",
    [
        "example-maintainers",
        "example-backup-operator",
        "example-pkg-production-pg-b",
        "example-pkg-staging-ci-deploy",
        "example-pkg-staging-ci-preview",
        "example-pkg-staging-backup-vault-restorer",
    ],
)
def test_roles_of_others_and_of_the_pipelines_are_left_alone(role: str) -> None:
    arn, bound = f"{ACCOUNT}:role/{role}", {"iam__PermissionsBoundary": boundary_arn()}

    for action in ("UpdateAssumeRolePolicy", "PutRolePolicy", "DeleteRole", "TagRole", "PutRolePermissionsBoundary"):
        assert not deploy_may(f"iam:{action}", arn, **bound)
    for service in ("ec2", "eks", "dlm"):
        assert not deploy_may("iam:PassRole", arn, iam__PassedToService=f"{service}.amazonaws.com")


def test_what_bears_another_name_is_left_alone() -> None:
    for name in ("a-bucket-of-others", "example-pkg-production-machine-store", "example-pkg-staging2-a"):
        for action in ("s3:PutBucketPolicy", "s3:GetObject", "s3:DeleteBucket"):
            assert not deploy_may(action, f"arn:aws:s3:::{name}")
    place = "arn:aws:secretsmanager:us-east-1:000000000000:secret"
    assert deploy_may("secretsmanager:PutResourcePolicy", f"{place}:example-pkg-staging-a-b1c2d3")
    assert not deploy_may("secretsmanager:PutResourcePolicy", f"{place}:others-a-b1c2d3")
    assert not deploy_may("ssm:PutParameter", "arn:aws:ssm:us-east-1:000000000000:parameter/others/a")


def test_no_command_is_run_on_machines() -> None:
    for action in ("CreateAssociation", "SendCommand", "RegisterTaskWithMaintenanceWindow", "CreateDocument"):
        assert not deploy_may(f"ssm:{action}", "*")


def test_objects_of_the_vault_are_out_of_reach() -> None:
    for action in ("GetObject", "PutObject", "DeleteObject", "RestoreObject", "PutObjectAcl", "PutObjectRetention"):
        assert not deploy_may(f"s3:{action}", f"{VAULT}/pgbackrest/a")


@pytest.mark.parametrize("stack", STACKS)
def test_every_role_but_those_of_pipelines_has_the_boundary_and_a_name_of_the_stack(stack: str) -> None:
    capture = estate(stack)
    (bound,) = capture.of_type(POLICY)

    for role in capture.of_type(ROLE):
        if role.name in BY_A_PERSON:
            assert not role.inputs.get("permissionsBoundary")
        else:
            assert str(role.inputs["permissionsBoundary"]).endswith(f":policy/{bound.inputs['name']}"), role.name
        assert str(role.inputs["name"]).startswith(f"example-pkg-{stack}-"), role.name


def needs(capture: Capture, role: str) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Action, resource and condition keys of all that a role's own policies let through."""
    for entry in capture.of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in statements(entry.inputs["policy"]) if entry.inputs["role"] == role else ():
            keys = {key: value for keys in statement.get("Condition", {}).values() for key, value in keys.items()}
            told = {key: value if isinstance(value, str) else value[0] for key, value in keys.items()}
            if statement["Effect"] == "Allow":
                yield from (
                    (action, resource, told) for action in statement["Action"] for resource in statement["Resource"]
                )
    for entry in capture.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        arn = str(entry.inputs["policyArn"])
        for part in managed_policies()[arn.rpartition("/")[2]] if entry.inputs["role"] == role else ():
            resource = part.get("resource", "*").format(account=account_of_provider(capture, entry))
            yield from ((action, resource, part.get("request", {})) for action in part["actions"])


def beyond(capture: Capture) -> set[tuple[str, str]]:
    """Roles and actions that a role's own policies allow and its boundary does not."""
    (bound,) = capture.of_type(POLICY)
    here = {"aws:RequestedRegion": provider_input(capture, bound, "region")}
    return {
        (role.name, action)
        for role in capture.of_type(ROLE)
        if role.name not in BY_A_PERSON
        for action, resource, keys in needs(capture, str(role.inputs["name"]))
        if not allows(bound.inputs["policy"], action, resource, {**here, **keys})
    }


@pytest.mark.parametrize("stack", STACKS)
def test_the_boundary_leaves_every_role_what_it_needs(stack: str) -> None:
    assert beyond(estate(stack)) == set()


def test_a_boundary_that_is_too_narrow_is_found() -> None:
    narrow = str(boundary().inputs["policy"]).replace('"s3:GetObject", ', "")
    capture = change(Pick(POLICY, "role-boundary"), {"policy": narrow})(estate("staging")).capture

    assert ("pg-b-machine", "s3:GetObject") in beyond(capture)


@pytest.mark.parametrize("stack", STACKS)
def test_every_policy_of_aws_that_a_role_has_may_be_attached_and_no_other(stack: str) -> None:
    (rule,) = (
        entry
        for entry in statements(
            one(estate(stack), "aws:iam/rolePolicy:RolePolicy", "ci-identity-deploy").inputs["policy"]
        )
        if "iam:AttachRolePolicy" in entry["Action"] and entry["Effect"] == "Allow"
    )
    attached = estate(stack).of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")

    assert set(rule["Condition"]["ArnEquals"]["iam:PolicyARN"]) == {
        str(entry.inputs["policyArn"]) for entry in attached
    }


@pytest.mark.parametrize("stack", STACKS)
def test_the_boundary_fits_into_a_managed_policy(stack: str) -> None:
    (bound,) = estate(stack).of_type(POLICY)

    assert len("".join(str(bound.inputs["policy"]).split())) <= 6144, "quota of IAM, in characters without white space"


def test_no_role_takes_over_a_machine_whatever_its_policies_allow() -> None:
    machine = "arn:aws:ec2:us-east-1:000000000000:instance/i-00000000000000000"

    for action in ("ModifyInstanceAttribute", "AttachVolume", "CreateReplaceRootVolumeTask"):
        assert not administrator_may(f"ec2:{action}", machine)
    assert not administrator_may("ec2:CreateTags", machine, aws__TagKeys="packyard-document")
    assert administrator_may("ec2:CreateTags", machine, aws__TagKeys="kubernetes.io/cluster/example")
