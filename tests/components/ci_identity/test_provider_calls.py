"""What the identities hold, against what the providers read and write for each type (provider_calls.yaml)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from capture import Capture, Registration
from policies.values import component_chain
from reach.answers import Reach
from reach.gcp.conditions import GRANTED_ROLES
from reach.gcp.targets import named_bucket, objects
from reach.model import NOTHING, Facts, Request, Target
from reach.values import account_of_provider
from tests.policies.mutations import Pick, change
from tests.registrations import data, one, policy_of
from tests.rights import allows
from tests.support import STACKS, estate, variant

BY_A_PERSON: Mapping[str, str] = {
    "aws:iam/policy:Policy": "the boundary of all roles",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "an issuer decides who may come in at all",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": "the same",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "the same",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "whoever edits a role that it may grant gets anything",
    "aws:cloudtrail/trail:Trail": "whoever changes the trail leaves no trace",
    "gcp:logging/projectSink:ProjectSink": "the same",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "the key of the state",
}
"""Types that the deploy identity reads and never changes (docs/ci.md), with the reason."""

OF_A_PERSON = ("packyard:ci_identity:CiIdentity", "packyard:backup_vault:BackupVault", "packyard:audit:Audit")
"""Components in which it may not change everything. What else it lacks would stop an update."""

PROVIDER_OF_PIPELINES = "gcp-state"
"""Of the project in which it changes nothing at all."""


def a_persons(capture: Capture, entry: Registration) -> bool:
    of_pipelines = entry.cloud == "gcp" and capture.by_urn[entry.provider].name == PROVIDER_OF_PIPELINES
    of_vault = entry.kind == "BucketIAMMember" and str(entry.inputs["bucket"]) in {
        str(bucket.inputs["name"])
        for bucket in capture.of_type("gcp:storage/bucket:Bucket")
        if OF_A_PERSON[1] in component_chain(bucket)
    }
    return of_pipelines or of_vault or entry.type in BY_A_PERSON or bool({*OF_A_PERSON} & {*component_chain(entry)})


HA_VPN = {
    "kind": "haVpn",
    "gcpAsn": 64520,
    "awsAsn": 64521,
    "insideCidrs": ["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"],
    "presharedKeys": [f"{word}.preshared.key" for word in ("first", "second", "third", "fourth")],
}

Table = dict[str, Any]
Lacking = set[tuple[str, str]]
"""URNs, and the calls for them that an identity may not make."""


@cache
def table() -> Table:
    return yaml.safe_load(Path(__file__).with_name("provider_calls.yaml").read_text(encoding="utf-8"))


def needed(kind: str, *parts: str) -> set[str]:
    """What the table says that the provider calls for a type."""
    calls = table()[kind.partition(":")[0]][kind]
    return {call for part in parts for call in calls[part]} - set(table()["left_out"])


def of_cloud(capture: Capture, cloud: str) -> list[Registration]:
    return [entry for entry in capture.resources if entry.cloud == cloud and entry.type not in table()["unread"]]


def aws_resource(capture: Capture, entry: Registration, call: str) -> str:
    """The ARN that AWS holds the call against, where the identities' policies name one; else any."""
    account, inputs = account_of_provider(capture, entry), entry.inputs
    service, _, action = call.partition(":")
    if service == "s3":
        key = f"/{inputs['key']}" if "key" in inputs and "Bucket" not in action else ""
        return f"arn:aws:s3:::{inputs['bucket']}{key}"
    if service == "ssm" and action != "DescribeParameters":
        return f"arn:aws:ssm:us-east-1:{account}:parameter{inputs['name']}"
    if service == "secretsmanager":
        return f"arn:aws:secretsmanager:us-east-1:{account}:secret:{inputs['name']}-a1b2c3"
    if service == "cloudtrail":
        return f"arn:aws:cloudtrail:us-east-1:{account}:trail/{inputs['name']}"
    if service != "iam":
        return "*"
    match entry.kind:
        case "InstanceProfile" if action != "GetRole":
            return f"arn:aws:iam::{account}:instance-profile/{inputs['name']}"
        case "OpenIdConnectProvider":
            return f"arn:aws:iam::{account}:oidc-provider/{str(inputs['url']).removeprefix('https://')}"
        case "Policy":
            return f"arn:aws:iam::{account}:policy/{inputs['name']}"
        case "Role":
            return f"arn:aws:iam::{account}:{PROFILE if 'FromInstanceProfile' in action else 'role'}/{inputs['name']}"
        case _:
            return f"arn:aws:iam::{account}:role/{inputs['role']}"


PROFILE = "instance-profile"


def aws_requests(capture: Capture, entry: Registration) -> list[dict[str, str]]:
    """The condition keys of the calls for a resource; a role has one for each policy that is attached to it."""
    here = {"aws:RequestedRegion": "us-east-1"}
    name = entry.inputs.get("name" if entry.kind == "Role" else "role")
    roles = [role for role in capture.of_type("aws:iam/role:Role") if role.inputs["name"] == name]
    for role in roles:
        here["iam:PermissionsBoundary"] = str(role.inputs.get("permissionsBoundary"))
    attached = [
        str(other.inputs["policyArn"])
        for other in capture.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if roles and other.inputs["role"] == name and (entry.kind == "Role" or other.urn == entry.urn)
    ]
    return [{**here, "iam:PolicyARN": arn} for arn in attached] or [here]


def aws_lacks(capture: Capture, purpose: str, parts: Iterable[str]) -> Lacking:
    policy = one(capture, "aws:iam/rolePolicy:RolePolicy", f"ci-identity-{purpose}").inputs["policy"]
    return {
        (entry.urn, call)
        for entry in of_cloud(capture, "aws")
        for call in needed(entry.type, *parts)
        for request in aws_requests(capture, entry)
        if call not in ATTACHING or "iam:PolicyARN" in request
        if not allows(policy, call, aws_resource(capture, entry, call), request)
    }


ATTACHING = ("iam:AttachRolePolicy", "iam:DetachRolePolicy")


def project_of(capture: Capture, entry: Registration) -> str:
    """The GCP project that a resource lies in: its own, or that of its provider."""
    return str(entry.inputs.get("project") or capture.by_urn[entry.provider].inputs["project"])


def thing(project: str, kind: str = "", name: str = "") -> Target:
    """Something in a project. Service accounts and most others show conditions neither type nor name."""
    return Target(name or "something", "gcp", name, type=kind, scopes=(f"project:{project}",))


def asked_of(capture: Capture, reach: Reach, entry: Registration, *, writes: bool) -> tuple[Target, Facts]:
    """What conditions see of the resource, and of a grant that is written."""
    project, inputs = project_of(capture, entry), entry.inputs
    match entry.kind:
        case "Bucket" | "BucketIAMMember" | "BucketObject":
            name = str(inputs.get("bucket") or inputs["name"])
            bucket = reach.target(f"projects/_/buckets/{name}") or named_bucket(name)
            # In which project a bucket lies that the program only names, its provider says.
            bucket = replace(bucket, scopes=(f"bucket:{name}", f"project:{project}"))
            return (objects(bucket, str(inputs["name"])) if entry.kind == "BucketObject" else bucket), NOTHING
        case "Secret" | "SecretIamMember":
            name = str(inputs["secretId"]).rpartition("/")[2]
            return thing(project, "secretmanager.googleapis.com/Secret", f"projects/1/secrets/{name}"), NOTHING
        case "IAMMember" if writes and entry.type == "gcp:projects/iAMMember:IAMMember":
            return thing(project), {GRANTED_ROLES: (str(inputs["role"]),)}
        case _:
            return thing(project), NOTHING


def gcp_lacks(capture: Capture, purpose: str, parts: Collection[str]) -> Lacking:
    reach = Reach(capture)
    told: Any = capture.root.outputs["ci_identity"]
    member = reach.principal(f"serviceAccount:{told[purpose]['gcp_service_account']}")
    return {
        (entry.urn, call)
        for entry in of_cloud(capture, "gcp")
        for target, facts in [asked_of(capture, reach, entry, writes="write" in parts)]
        for call in needed(entry.type, *parts)
        if not reach.decide(Request((member,), call, target, facts)).is_sure
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


def test_a_preview_is_given_no_call_that_answers_with_a_secret() -> None:
    """What that costs: where the networks are joined, the refresh of the two connections."""
    capture = variant("production", {"link": HA_VPN})

    assert {call for _, call in aws_lacks(capture, "preview", ["read"])} == set(table()["withheld"])
    types = {capture.by_urn[urn].type for urn, _ in aws_lacks(capture, "preview", ["read"])}
    assert types == {"aws:ec2/vpnConnection:VpnConnection"}
    assert aws_lacks(capture, "deploy", ["read"]) == set()


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_a_deployment_may_do_all_that_an_update_does(stack: str, cloud: str) -> None:
    capture = estate(stack)

    assert LACKS[cloud](capture, "deploy", ["read"]) == set()
    for urn, call in LACKS[cloud](capture, "deploy", ["write"]):
        assert a_persons(capture, capture.by_urn[urn]), f"{call} for {urn}"


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("kind", BY_A_PERSON)
def test_a_deployment_changes_nothing_of_what_is_a_persons(stack: str, kind: str) -> None:
    capture = estate(stack)
    lacking = {urn for urn, _ in LACKS[kind.partition(":")[0]](capture, "deploy", ["write"])}

    assert {entry.urn for entry in capture.of_type(kind)} <= lacking


def test_an_identity_that_lacks_one_call_is_found() -> None:
    role = Pick("gcp:projects/iAMCustomRole:IAMCustomRole", "testground-preview")
    rest = [name for name in data(role.of(estate("staging")).inputs["permissions"]) if "Attestation" not in name]
    policy = Pick("aws:iam/rolePolicy:RolePolicy", "ci-identity-deploy")
    text = data(policy.of(estate("staging")).inputs["policy"]).replace(', "iam:UpdateRoleDescription"', "", 1)

    on_gcp = change(role, {"permissions": tuple(rest)})(estate("staging")).capture
    on_aws = change(policy, {"policy": text})(estate("staging")).capture

    assert {call for _, call in gcp_lacks(on_gcp, "preview", ["read"])} == {
        "iam.workloadIdentityPools.getAttestationRules"
    }
    assert "iam:UpdateRoleDescription" in {call for _, call in aws_lacks(on_aws, "deploy", ["write"])}


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
