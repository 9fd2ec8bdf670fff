"""What the hosts may do: reach both repositories without a key, and never shorten the life of their own backups."""

from typing import Any

import pytest

from settings.backup_vault.retention import RETENTION_ACTIONS
from settings.database_pair.document import WARN_DAYS
from tests.components.database_pair.registered import (
    HOSTS,
    pair,
    parameters,
    parameters_written_by,
    with_authority_on_gcp,
)
from tests.registrations import policy_of, role_settings, trust_of
from tests.support import STACKS, estate


@pytest.mark.parametrize("host", HOSTS)
def test_only_the_peer_connects_and_never_with_a_password(host: str) -> None:
    identity = role_settings(estate("staging"), host)["identity"]
    lines = [line for line in identity["hba"] if line["type"] != "local"]

    assert lines[-1] == {"type": "host", "database": "all", "user": "all", "address": "all", "method": "reject"}
    assert {line["address"] for line in lines[:-1]} == {f"{identity['peerWireguardAddress']}/32"}
    assert {line["type"] for line in lines[:-1]} == {"hostssl"}
    assert all(line["method"].startswith("cert") for line in lines[:-1])


def test_the_host_on_gcp_becomes_an_aws_role_with_its_own_token_alone() -> None:
    capture = estate("production")
    (account,) = (entry for entry in pair(capture) if entry.kind == "Account")
    (trust,) = trust_of(capture, "database-pair-pg-a")
    identity = role_settings(capture, "pg-a")["identity"]["webIdentity"]
    (role,) = (entry for entry in pair(capture) if entry.kind == "Role" and entry.name == "database-pair-pg-a")

    assert trust["Action"] == ["sts:AssumeRoleWithWebIdentity"]
    assert trust["Principal"] == {"Federated": "accounts.google.com"}
    equals = trust["Condition"].pop("StringEquals")
    assert trust["Condition"] == {}
    assert set(equals) == {"accounts.google.com:sub", "accounts.google.com:aud", "accounts.google.com:oaud"}
    assert equals["accounts.google.com:sub"] == equals["accounts.google.com:aud"] != account.inputs["accountId"]
    assert str(equals["accounts.google.com:sub"]).isdigit()
    assert equals["accounts.google.com:oaud"] == identity["audience"]
    assert identity["roleArn"].endswith(f"role/{role.inputs['name']}")
    assert role_settings(capture, "pg-b")["identity"]["webIdentity"] is None


@pytest.mark.parametrize("stack", STACKS)
def test_the_host_on_aws_becomes_a_principal_of_google_with_sessions_of_its_own_role_alone(stack: str) -> None:
    capture = estate(stack)
    (pool,) = (entry for entry in pair(capture) if entry.kind == "WorkloadIdentityPool")
    (provider,) = (entry for entry in pair(capture) if entry.kind == "WorkloadIdentityPoolProvider")
    (role,) = (entry for entry in pair(capture) if entry.kind == "Role" and entry.name == "pg-b-machine")
    (grant,) = (
        entry for entry in pair(capture) if entry.kind == "BucketIAMMember" and "principal" in str(entry.inputs)
    )
    inputs: Any = provider.inputs
    own = f"arn:aws:sts::{inputs['aws']['accountId']}:assumed-role/{role.inputs['name']}/"
    audience = role_settings(capture, "pg-b")["identity"]["federation"]["audience"]

    assert inputs["attributeCondition"] == f'assertion.arn.startsWith("{own}")'
    assert inputs["workloadIdentityPoolId"] == pool.inputs["workloadIdentityPoolId"]
    assert audience.startswith("//iam.googleapis.com/projects/")
    place = audience.removeprefix("//").partition("/providers/")[0]
    own_id = f"/{pool.inputs['workloadIdentityPoolId']}/providers/{inputs['workloadIdentityPoolProviderId']}"
    assert audience.endswith(own_id)
    assert grant.inputs["member"] == f"principalSet://{place}/attribute.aws_role/{role.inputs['name']}"
    assert role_settings(capture, "pg-a")["identity"]["federation"] is None


def test_the_host_on_aws_may_call_google() -> None:
    """Google's endpoints have no fixed addresses."""
    (group,) = (entry for entry in pair(estate("production")) if entry.kind == "SecurityGroup")
    out = [
        (entry.inputs["cidrIpv4"], entry.inputs["ipProtocol"], entry.inputs["fromPort"], entry.inputs["toPort"])
        for entry in pair(estate("production"))
        if entry.kind == "SecurityGroupEgressRule" and group.urn in entry.dependencies
    ]

    assert ("0.0.0.0/0", "tcp", 443, 443) in out


def test_both_hosts_reach_both_repositories_with_what_their_cloud_says_of_them() -> None:
    access = {
        host: [entry["access"] for entry in role_settings(estate("staging"), host)["identity"]["repositories"]]
        for host in HOSTS
    }

    assert access == {"pg-a": ["web-id", "auto"], "pg-b": ["auto", "token"]}


@pytest.mark.parametrize("host", HOSTS)
def test_no_host_may_shorten_the_life_of_a_backup(host: str) -> None:
    policy = policy_of(estate("production"), f"database-pair-{host}")
    granted = {action for entry in policy if entry["Effect"] == "Allow" for action in entry["Action"]}
    (denied,) = (entry for entry in policy if entry["Effect"] == "Deny")

    assert not granted & set(RETENTION_ACTIONS)
    assert not any("*" in action for action in granted)
    assert set(RETENTION_ACTIONS) <= set(denied["Action"])
    vault: Any = estate("production").root.outputs["backup_vault"]
    assert any(str(resource).endswith(f"{vault['s3_bucket']}/*") for resource in denied["Resource"])


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_writes_below_its_own_prefix_alone(host: str) -> None:
    policy = policy_of(estate("production"), f"database-pair-{host}")
    written = [
        str(resource)
        for entry in policy
        if entry["Effect"] == "Allow" and any("s3:Put" in action or "s3:Del" in action for action in entry["Action"])
        for resource in entry["Resource"]
    ]

    assert len(written) == 1
    assert written[0].endswith("/pgbackrest/*")


def test_the_two_hosts_have_the_same_rights_on_the_repository_they_share() -> None:
    shared = [
        [entry for entry in policy_of(estate("production"), f"database-pair-{host}") if "s3:" in str(entry["Action"])]
        for host in HOSTS
    ]

    assert shared[0] == shared[1]


def test_on_gcs_each_host_has_objects_below_the_prefix_and_no_right_on_the_bucket() -> None:
    grants: list[Any] = [
        entry.inputs
        for entry in pair(estate("production"))
        if entry.kind == "BucketIAMMember" and entry.name.startswith("database-pair")
    ]

    assert len({grant["member"] for grant in grants}) == len(HOSTS) == len(grants)
    for grant in grants:
        assert grant["role"] == "roles/storage.objectUser"
        assert grant["condition"]["expression"].count("pgbackrest/") == 2


def test_each_cloud_holds_both_passphrases_and_no_other_secret() -> None:
    entries = pair(estate("production"))
    for cloud in ("gcp", "aws"):
        held = sorted(entry.name for entry in entries if entry.kind == "Secret" and entry.cloud == cloud)
        assert held == ["database-pair-cipher-repo1", "database-pair-cipher-repo2"]


def test_a_host_publishes_its_own_key_and_the_authority_alone_publishes_certificates() -> None:
    own = ("wireguard-public-key", "certificate-requests")
    for capture, authority in ((estate("staging"), "pg-b"), (with_authority_on_gcp(), "pg-a")):
        (prefix,) = {role_settings(capture, host)["exchange"]["prefix"] for host in HOSTS}
        signed = {f"{prefix}/{authority}/certificate-authority", *(f"{prefix}/{host}/certificates" for host in HOSTS)}
        written = {host: parameters_written_by(capture, host) for host in HOSTS}

        for host in HOSTS:
            assert written[host] == {f"{prefix}/{host}/{name}" for name in own} | (
                signed if host == authority else set()
            )
            assert role_settings(capture, host)["certificates"]["authority"] == authority
        assert written["pg-a"] | written["pg-b"] <= parameters(capture)


def test_a_new_authority_makes_and_removes_no_resource() -> None:
    before, after = estate("staging").by_urn, with_authority_on_gcp().by_urn
    changed = {urn for urn in before | after if before.get(urn) != after.get(urn) and before[urn].custom}

    assert before.keys() == after.keys()
    assert {before[urn].name for urn in changed if before[urn].kind != "RolePolicy"} == {
        "pg-a-document",
        "pg-b-document",
    }


def test_certificates_are_renewed_long_before_they_end_and_ring_after_that() -> None:
    certificates = role_settings(estate("production"), "pg-a")["certificates"]

    assert 0 < WARN_DAYS < certificates["renewDays"] < certificates["days"] <= 31


def test_what_the_machines_write_into_the_exchange_is_left_alone() -> None:
    for entry in pair(estate("staging")):
        if entry.type == "aws:ssm/parameter:Parameter":
            assert set(entry.ignore_changes) >= {"value", "insecureValue"}
