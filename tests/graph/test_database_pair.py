"""The pair: alike, closed, able to change places, and unable to shorten the life of its own backups."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from capture import Capture, Registration
from capture.registration import Secret, leaves
from tests.support import STACKS, estate, variant

HOSTS = ("pg-a", "pg-b")
CLIENTS = ["10.16.0.16/28", "10.20.64.0/24"]


@cache
def with_primary_on_aws(stack: str) -> Capture:
    return variant(stack, {"databasePair.primary": "aws"})


@cache
def with_clients() -> Capture:
    return variant("staging", {"databasePair.appCidrs": CLIENTS})


def pair(capture: Capture) -> tuple[Registration, ...]:
    """The pair's own resources and those of its two machines."""
    return tuple(entry for entry in capture.resources if "packyard:database_pair:DatabasePair" in entry.urn)


def document(capture: Capture, host: str) -> dict[str, Any]:
    """What a host is told."""
    (entry,) = (entry for entry in pair(capture) if entry.name == f"{host}-document" and "content" in entry.inputs)
    content = entry.inputs["content"]
    return json.loads(str(content.plain if isinstance(content, Secret) else content))


def role_settings(capture: Capture, host: str) -> dict[str, Any]:
    return document(capture, host)["settings"]


def statements(capture: Capture, kind: str, host: str) -> list[dict[str, Any]]:
    """Statements of the policies (or, for a Role, of the trust) that the pair itself gives a host on AWS."""
    key = "policy" if kind == "RolePolicy" else "assumeRolePolicy"
    (entry,) = (entry for entry in pair(capture) if entry.kind == kind and entry.name == f"database-pair-{host}")
    return json.loads(str(entry.inputs[key]))["Statement"]


def doors(capture: Capture) -> Iterator[tuple[str, str, str]]:
    """Protocol, port and source of everything that the pair lets in."""
    for entry in pair(capture):
        inputs: Any = entry.inputs
        if entry.kind == "Firewall":
            for allow in inputs["allows"]:
                for port in allow["ports"]:
                    for source in inputs["sourceRanges"]:
                        yield allow["protocol"], port, source
        if entry.kind == "SecurityGroupIngressRule":
            assert inputs["fromPort"] == inputs["toPort"]
            yield inputs["ipProtocol"], str(inputs["toPort"]), inputs["cidrIpv4"]


def public_addresses(capture: Capture) -> dict[str, str]:
    outputs: Any = capture.root.outputs["database_pair"]
    return {"pg-a": outputs["pg_a_public_address"], "pg-b": outputs["pg_b_public_address"]}


@pytest.mark.parametrize("stack", STACKS)
def test_a_swap_changes_documents_and_nothing_else(stack: str) -> None:
    before, after = estate(stack).by_urn, with_primary_on_aws(stack).by_urn

    changed = {urn for urn in before | after if urn not in before or urn not in after or before[urn] != after[urn]}

    assert {before[urn].name for urn in changed if before[urn].custom} == {"pg-a-document", "pg-b-document"}
    assert {before[urn].name for urn in changed if not before[urn].custom} <= {before[estate(stack).root.urn].name}
    assert role_settings(estate(stack), "pg-a")["primary"] == "pg-a"
    assert role_settings(with_primary_on_aws(stack), "pg-a")["primary"] == "pg-b"


@pytest.mark.parametrize("stack", STACKS)
def test_the_hosts_differ_in_their_identity_alone(stack: str) -> None:
    first, second = (role_settings(estate(stack), host) for host in HOSTS)
    own, other = first.pop("identity"), second.pop("identity")

    assert first == second
    assert (own["host"], own["peer"]) == (other["peer"], other["host"])
    assert own["wireguardAddress"] == other["peerWireguardAddress"]
    assert own["peerWireguardAddress"] == other["wireguardAddress"]


@pytest.mark.parametrize("host", HOSTS)
def test_each_host_knows_both_repositories(host: str) -> None:
    settings = role_settings(estate("production"), host)
    vault: Any = estate("production").root.outputs["backup_vault"]

    s3, gcs = settings["pgbackrest"]["repositories"]
    assert (s3["type"], s3["s3-bucket"]) == ("s3", vault["s3_bucket"])
    assert (gcs["type"], gcs["gcs-bucket"]) == ("gcs", vault["gcs_bucket"])
    assert s3["path"] == gcs["path"] == "/pgbackrest"
    first, second = settings["identity"]["repositories"]
    assert first["cipherSecret"] != second["cipherSecret"]
    assert {job["repository"] for job in settings["jobs"] if job["name"].startswith("full")} == {1, 2}


def test_a_full_backup_a_week_and_a_differential_one_on_every_other_day() -> None:
    jobs = {job["name"]: job["calendar"].split() for job in role_settings(estate("production"), "pg-a")["jobs"]}

    for repository in ("repo1", "repo2"):
        days = jobs[f"full-{repository}"][0].split(",") + jobs[f"diff-{repository}"][0].split(",")
        assert sorted(days) == sorted(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])


def test_a_repository_that_a_host_cannot_reach_without_a_key_is_said_to_be_out_of_reach() -> None:
    access = {
        host: [entry["access"] for entry in role_settings(estate("staging"), host)["identity"]["repositories"]]
        for host in HOSTS
    }

    assert access == {"pg-a": ["web-id", "auto"], "pg-b": ["auto", "none"]}


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_names_its_peer_where_postgresql_expects_the_other_side(host: str) -> None:
    identity = role_settings(estate("staging"), host)["identity"]
    peer = role_settings(estate("staging"), identity["peer"])["identity"]

    assert identity["postgresql"]["synchronous_standby_names"] == f"FIRST 1 ({peer['applicationName']})"
    assert f"host={peer['host']} " in identity["postgresql"]["primary_conninfo"]
    assert f"application_name={identity['applicationName']} " in identity["postgresql"]["primary_conninfo"]
    assert "sslmode=verify-full" in identity["postgresql"]["primary_conninfo"]
    assert identity["postgresql"]["listen_addresses"] == identity["wireguardAddress"]
    assert identity["peerEndpoint"] == f"{public_addresses(estate('staging'))[peer['host']]}:51820"


@pytest.mark.parametrize("host", HOSTS)
def test_only_the_peer_connects_and_never_with_a_password(host: str) -> None:
    identity = role_settings(estate("staging"), host)["identity"]
    lines = [line for line in identity["hba"] if line["type"] != "local"]

    assert lines[-1] == {"type": "host", "database": "all", "user": "all", "address": "all", "method": "reject"}
    assert {line["address"] for line in lines[:-1]} == {f"{identity['peerWireguardAddress']}/32"}
    assert {line["type"] for line in lines[:-1]} == {"hostssl"}
    assert all(line["method"].startswith("cert") for line in lines[:-1])


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_comes_in_but_the_tunnel_of_the_peer(stack: str) -> None:
    addresses = public_addresses(estate(stack))

    assert sorted(doors(estate(stack))) == sorted(("udp", "51820", f"{address}/32") for address in addresses.values())


def test_no_rule_opens_the_database_port() -> None:
    for entry in estate("production").resources:
        if entry.kind in ("Firewall", "SecurityGroupIngressRule", "SecurityGroup"):
            assert "5432" not in {str(value) for _, value in leaves(entry.inputs)}


def test_clients_reach_both_hosts_and_nobody_else_does() -> None:
    opened = [source for protocol, port, source in doors(with_clients()) if (protocol, port) == ("tcp", "5432")]

    assert sorted(opened) == sorted(CLIENTS * 2)
    for host in HOSTS:
        hba = role_settings(with_clients(), host)["identity"]["hba"]
        assert [line["address"] for line in hba if line["method"] == "scram-sha-256"] == CLIENTS


def test_the_host_on_gcp_becomes_an_aws_role_with_its_own_token_alone() -> None:
    capture = estate("production")
    (account,) = (entry for entry in pair(capture) if entry.kind == "Account")
    (trust,) = statements(capture, "Role", "pg-a")
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


@pytest.mark.parametrize("host", HOSTS)
def test_no_host_may_shorten_the_life_of_a_backup(host: str) -> None:
    policy = statements(estate("production"), "RolePolicy", host)
    deadly = {
        "s3:BypassGovernanceRetention",
        "s3:DeleteBucket",
        "s3:DeleteObjectVersion",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutObjectRetention",
    }
    granted = {action for entry in policy if entry["Effect"] == "Allow" for action in entry["Action"]}
    (denied,) = (entry for entry in policy if entry["Effect"] == "Deny")

    assert not granted & deadly
    assert not any("*" in action for action in granted)
    assert deadly <= set(denied["Action"])
    vault: Any = estate("production").root.outputs["backup_vault"]
    assert any(str(resource).endswith(f"{vault['s3_bucket']}/*") for resource in denied["Resource"])


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_writes_below_its_own_prefix_alone(host: str) -> None:
    policy = statements(estate("production"), "RolePolicy", host)
    written = [
        resource
        for entry in policy
        if entry["Effect"] == "Allow" and any(":Put" in action or ":Delete" in action for action in entry["Action"])
        for resource in entry["Resource"]
    ]

    assert written
    for resource in written:
        assert str(resource).endswith("/pgbackrest/*") or f"/database-pair/{host}/" in str(resource)


def test_the_two_hosts_have_the_same_rights_on_the_repository_they_share() -> None:
    shared = [
        [entry for entry in statements(estate("production"), "RolePolicy", host) if "s3:" in str(entry["Action"])]
        for host in HOSTS
    ]

    assert shared[0] == shared[1]


def test_on_gcs_the_host_has_objects_below_its_prefix_and_no_right_on_the_bucket() -> None:
    (grant,) = (
        entry
        for entry in pair(estate("production"))
        if entry.kind == "BucketIAMMember" and entry.name.startswith("database-pair")
    )
    condition: Any = grant.inputs["condition"]

    assert grant.inputs["role"] == "roles/storage.objectUser"
    assert condition["expression"].count("pgbackrest/") == 2


def test_each_cloud_holds_both_passphrases_and_nobody_reads_the_key_of_the_authority() -> None:
    entries = pair(estate("production"))
    secrets = {entry.name for entry in entries if entry.kind == "Secret" and entry.cloud == "gcp"}
    read = {entry.name for entry in entries if entry.kind == "SecretIamMember"}

    assert {entry.name for entry in entries if entry.kind == "Secret" and entry.cloud == "aws"} < secrets
    assert sum("cipher" in name for name in secrets) == 2
    assert [name for name in secrets if not any(reader.startswith(name) for reader in read)] == [
        "database-pair-certificate-authority-key"
    ]
    assert not any("authority-key" in str(entry.inputs) for entry in entries if entry.kind == "RolePolicy")


def test_a_host_publishes_its_own_key_and_cannot_change_that_of_its_peer() -> None:
    capture = estate("staging")
    names = {str(entry.inputs["name"]) for entry in pair(capture) if entry.type == "aws:ssm/parameter:Parameter"}
    for host in HOSTS:
        (write,) = (entry for entry in statements(capture, "RolePolicy", host) if "ssm:PutParameter" in entry["Action"])
        targets = {str(resource).partition(":parameter")[2] for resource in write["Resource"]}
        assert targets == {name for name in names if f"/{host}/" in name and not name.endswith("/certificates")}


def test_what_the_machines_write_into_the_exchange_is_left_alone() -> None:
    for entry in pair(estate("staging")):
        if entry.type == "aws:ssm/parameter:Parameter":
            assert set(entry.ignore_changes) >= {"value", "insecureValue"}


def test_the_first_boot_of_both_hosts_is_the_same_whatever_the_settings() -> None:
    booted: list[str] = []
    for capture in (estate("staging"), with_primary_on_aws("staging"), with_clients()):
        for entry in pair(capture):
            if entry.kind == "Instance":
                inputs: Any = entry.inputs
                booted.append(inputs.get("userData") or inputs["metadata"]["user-data"])

    assert len(booted) == 6
    assert len(set(booted)) == 1


def test_a_silent_standby_rings_in_both_clouds_and_every_metric_is_announced_to_the_hosts() -> None:
    capture = estate("production")
    announced = set(role_settings(capture, "pg-a")["metrics"])
    on_aws = {
        entry.inputs["metricName"]: entry.inputs["treatMissingData"]
        for entry in pair(capture)
        if entry.kind == "MetricAlarm" and entry.name.startswith("database-pair")
    }
    on_gcp = [
        str(entry.inputs["conditions"])
        for entry in pair(capture)
        if entry.kind == "AlertPolicy" and entry.name.startswith("database-pair")
    ]

    assert on_aws == dict.fromkeys(announced, "breaching")
    for metric in announced:
        assert sum(f"/{metric}" in text and "conditionAbsent" in text for text in on_gcp) == 1
