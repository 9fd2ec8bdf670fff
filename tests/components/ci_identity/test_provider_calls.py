"""What the identities hold, against what the providers read and write for each type (provider_calls.yaml)."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from capture import Capture, Registration
from lab.clouds.aws_policy import allows
from tests.policies.mutations import Pick, change
from tests.registrations import data, one, policy_of
from tests.support import STACKS, estate

BY_A_PERSON: Mapping[str, str] = {
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "an issuer decides who may come in at all",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": "the same",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "the same",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "whoever edits a role that it may grant gets anything",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "the key of the state",
}
"""Types that the deploy identity reads and never changes (docs/ci.md), with the reason."""

Table = dict[str, Any]


@cache
def table() -> Table:
    return yaml.safe_load(Path(__file__).with_name("provider_calls.yaml").read_text(encoding="utf-8"))


def needed(kind: str, *parts: str) -> set[str]:
    """What the table says that the provider calls for a type."""
    calls = table()[kind.partition(":")[0]][kind]
    return {call for part in parts for call in calls[part]} - set(table()["left_out"])


def of_cloud(capture: Capture, cloud: str) -> list[Registration]:
    return [entry for entry in capture.resources if entry.cloud == cloud and entry.type not in table()["unread"]]


def aws_resource(entry: Registration, call: str, account: str) -> str:
    """The ARN that AWS holds the call against, where the identities' policies name one; else any."""
    match entry.type, call.partition(":")[0]:
        case "aws:s3/bucketObjectv2:BucketObjectv2", "s3":
            return f"arn:aws:s3:::{entry.inputs['bucket']}/{entry.inputs['key']}"
        case "aws:ssm/parameter:Parameter", "ssm" if call != "ssm:DescribeParameters":
            return f"arn:aws:ssm:us-east-1:{account}:parameter{entry.inputs['name']}"
        case _, "iam" if "InstanceProfile" in call:
            return f"arn:aws:iam::{account}:instance-profile/{entry.name}"
        case "aws:iam/openIdConnectProvider:OpenIdConnectProvider", "iam":
            return f"arn:aws:iam::{account}:oidc-provider/{entry.name}"
        case _, "iam":
            return f"arn:aws:iam::{account}:role/{entry.name}"
        case _:
            return "*"


def aws_lacks(capture: Capture, purpose: str, parts: Iterable[str]) -> set[tuple[str, str]]:
    policy = one(capture, "aws:iam/rolePolicy:RolePolicy", f"ci-identity-{purpose}").inputs["policy"]
    here = {"aws:RequestedRegion": "us-east-1"}
    account = json.loads(data(capture.of_type("pulumi:providers:aws")[0].inputs["allowedAccountIds"]))[0]
    return {
        (entry.type, call)
        for entry in of_cloud(capture, "aws")
        for call in needed(entry.type, *parts)
        if not allows(policy, call, aws_resource(entry, call, account), here)
    }


def project_of(capture: Capture, entry: Registration) -> str:
    """The GCP project that a resource lies in: its own, or that of its provider."""
    return str(entry.inputs.get("project") or capture.by_urn[entry.provider].inputs["project"])


def gcp_holds(capture: Capture, purpose: str) -> dict[str, set[str]]:
    """Permissions of an identity by project, with those that it has on buckets in each."""
    told: Any = capture.root.outputs["ci_identity"]
    member = f"serviceAccount:{told[purpose]['gcp_service_account']}"
    custom = {
        f"projects/{project_of(capture, entry)}/roles/{entry.inputs['roleId']}": data(entry.inputs["permissions"])
        for entry in capture.of_type("gcp:projects/iAMCustomRole:IAMCustomRole")
    }
    grants = [entry for entry in of_cloud(capture, "gcp") if entry.inputs.get("member") == member]
    return {
        str(project): {
            permission
            for grant in grants
            if "bucket" in grant.inputs or grant.inputs.get("project") == project
            for permission in custom.get(str(grant.inputs["role"])) or table()["roles"].get(grant.inputs["role"], ())
        }
        for project in {project_of(capture, entry) for entry in of_cloud(capture, "gcp")}
    }


def gcp_lacks(capture: Capture, purpose: str, parts: Iterable[str]) -> set[tuple[str, str]]:
    held = gcp_holds(capture, purpose)
    return {
        (entry.type, call)
        for entry in of_cloud(capture, "gcp")
        for call in needed(entry.type, *parts) - held[project_of(capture, entry)]
    }


LACKS = {"aws": aws_lacks, "gcp": gcp_lacks}


@pytest.mark.parametrize("stack", STACKS)
def test_every_registered_type_is_in_the_table(stack: str) -> None:
    known = {*table()["aws"], *table()["gcp"], *table()["unread"]}

    assert {entry.type for entry in estate(stack).resources if entry.cloud != "pulumi"} - known == set()


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_a_preview_may_read_all_that_a_refresh_reads(stack: str, cloud: str) -> None:
    assert LACKS[cloud](estate(stack), "preview", ["read"]) == set()


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_a_deployment_may_do_all_that_an_update_does(stack: str, cloud: str) -> None:
    capture = estate(stack)

    assert LACKS[cloud](capture, "deploy", ["read"]) == set()
    assert {kind for kind, _ in LACKS[cloud](capture, "deploy", ["write"])} == {
        kind for kind in BY_A_PERSON if kind.startswith(cloud) and capture.of_type(kind)
    }


def test_an_identity_that_lacks_one_call_is_found() -> None:
    role = Pick("gcp:projects/iAMCustomRole:IAMCustomRole", "testground-preview")
    rest = [name for name in data(role.of(estate("staging")).inputs["permissions"]) if "Attestation" not in name]
    policy = Pick("aws:iam/rolePolicy:RolePolicy", "ci-identity-deploy")
    text = data(policy.of(estate("staging")).inputs["policy"]).replace(', "iam:UpdateRoleDescription"', "")

    on_gcp = change(role, {"permissions": tuple(rest)})(estate("staging")).capture
    on_aws = change(policy, {"policy": text})(estate("staging")).capture

    assert {call for _, call in gcp_lacks(on_gcp, "preview", ["read"])} == {
        "iam.workloadIdentityPools.getAttestationRules"
    }
    assert ("aws:iam/role:Role", "iam:UpdateRoleDescription") in aws_lacks(on_aws, "deploy", ["write"])


def test_a_preview_holds_nothing_on_aws_that_no_refresh_reads() -> None:
    held = {
        action
        for statement in policy_of(estate("production"), "ci-identity-preview")
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }

    assert held - {call for kind in table()["aws"] for call in needed(kind, "read")} == KEPT


KEPT = {
    "autoscaling:DescribeScalingActivities",
    "ec2:DescribeIamInstanceProfileAssociations",
    "eks:DescribeAddonVersions",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRoleTags",
    "ssm:GetParameters",
}
"""What newer providers may read: their source was out of reach, and none of it returns data."""
