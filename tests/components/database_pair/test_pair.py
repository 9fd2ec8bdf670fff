"""The pair: alike, closed, and able to change places."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from capture.registration import leaves
from settings.database_pair.document import AUTHORITY_FILE, UNSET_PARAMETER
from tests.components.database_pair.registered import (
    CLIENTS,
    HOSTS,
    doors,
    pair,
    public_addresses,
    with_clients,
    with_primary_on_aws,
)
from tests.registrations import differing, first_boot, role_settings
from tests.support import ROOT, STACKS, estate


@pytest.mark.parametrize("stack", STACKS)
def test_a_swap_changes_documents_and_nothing_else(stack: str) -> None:
    before = estate(stack).by_urn

    changed = differing(estate(stack), with_primary_on_aws(stack))

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


@pytest.mark.parametrize("host", HOSTS)
def test_every_job_is_there_for_both_repositories_and_drills_are_apart(host: str) -> None:
    jobs = {job["name"]: job for job in role_settings(estate("production"), host)["jobs"]}
    runs_on = {"full": "primary", "diff": "primary", "verify": "same-cloud", "restore-drill": "standby"}

    assert {name: (job["repository"], job["runsOn"]) for name, job in jobs.items()} == {
        f"{kind}-repo{repository}": (repository, place) for kind, place in runs_on.items() for repository in (1, 2)
    }
    assert jobs["restore-drill-repo1"]["calendar"] != jobs["restore-drill-repo2"]["calendar"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_names_its_peer_where_postgresql_expects_the_other_side(host: str) -> None:
    identity = role_settings(estate("staging"), host)["identity"]
    peer = role_settings(estate("staging"), identity["peer"])["identity"]

    assert identity["postgresql"]["synchronous_standby_names"] == f"FIRST 1 ({peer['postgresql']['primary_slot_name']})"
    assert f"host={peer['host']} " in identity["postgresql"]["primary_conninfo"]
    own_name = identity["postgresql"]["primary_slot_name"]
    assert f"application_name={own_name} " in identity["postgresql"]["primary_conninfo"]
    assert "sslmode=verify-full" in identity["postgresql"]["primary_conninfo"]
    assert identity["postgresql"]["listen_addresses"] == identity["wireguardAddress"]
    assert identity["peerEndpoint"] == f"{public_addresses(estate('staging'))[peer['host']]}:51820"


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


def test_the_first_boot_of_both_hosts_is_the_same_whatever_the_settings() -> None:
    captures = (estate("staging"), with_primary_on_aws("staging"), with_clients())
    booted = [first_boot(entry) for capture in captures for entry in pair(capture) if entry.kind == "Instance"]

    assert len(booted) == 6
    assert len(set(booted)) == 1


def test_the_programs_of_the_hosts_know_the_same_names() -> None:
    """`machines` imports nothing, so it says these once more."""
    assert set(_constants("AUTHORITY")) == {AUTHORITY_FILE}
    assert set(_constants("UNSET")) == {UNSET_PARAMETER}


def _constants(name: str) -> Iterator[object]:
    """Values of all constants of this name in the programs of the hosts."""
    for path in (ROOT / "machines/pair").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
                continue
            if any(ast.unparse(target) == name for target in node.targets):
                yield node.value.value
