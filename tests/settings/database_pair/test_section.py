"""A database pair that could not change places, or whose backups would not last, is refused."""

import pytest

from tests.support import faults_of


def places(changes: dict[str, object], stack: str = "staging") -> list[str]:
    """Where the faults of a changed stack file are, below `packyard:`."""
    return [".".join(str(part) for part in fault.path) for fault in faults_of(stack, changes)]


def test_the_primary_is_one_of_the_two_clouds() -> None:
    assert places({"databasePair.primary": "pg-a"}) == ["databasePair.primary"]


def test_the_authority_is_in_one_of_the_two_clouds_and_need_not_be_named() -> None:
    assert places({"databasePair.certificateAuthority": "pg-b"}) == ["databasePair.certificateAuthority"]
    assert places({"databasePair.certificateAuthority": None}) == []


def caps(slot: int, queue: int) -> dict[str, object]:
    """Changes for a pair with 100 GiB of data disk."""
    disks = {f"databasePair.{cloud}.dataDiskGiB": 100 for cloud in ("gcp", "aws")}
    return {**disks, "databasePair.slotWalCapGiB": slot, "databasePair.archiveQueueCapGiB": queue}


def test_kept_wal_leaves_most_of_the_disk_free() -> None:
    assert places(caps(29, 30)) == []
    assert places(caps(30, 31)) == ["databasePair.archiveQueueCapGiB"]
    assert set(places(caps(31, 32))) == {"databasePair.slotWalCapGiB", "databasePair.archiveQueueCapGiB"}


def test_the_standby_is_given_up_before_the_archive() -> None:
    assert places(caps(20, 20)) == ["databasePair.archiveQueueCapGiB"]
    assert places(caps(20, 21)) == []


def test_a_crash_alone_brings_no_slot_to_its_cap() -> None:
    """WAL since the last checkpoint counts after a crash: about max_wal_size, which is 1 GB."""
    assert places(caps(3, 20)) == ["databasePair.slotWalCapGiB"]
    assert places(caps(4, 20)) == []


def test_kept_wal_has_a_limit() -> None:
    assert places({"databasePair.slotWalCapGiB": -1}) == ["databasePair.slotWalCapGiB"]


def test_both_hosts_hold_as_much() -> None:
    assert places({"databasePair.aws.dataDiskGiB": 40}) == ["databasePair.aws.dataDiskGiB"]


def test_the_hosts_are_never_mended_on_one_day() -> None:
    assert places({"databasePair.aws.maintenanceWindow.day": "Tue"}) == ["databasePair.aws.maintenanceWindow.day"]


def test_the_lock_outlasts_a_chain_of_backups() -> None:
    weeks = {"databasePair.keptFullBackups.s3": 5}

    assert places({**weeks, "backupVault.s3.lockDays": 42}) == []
    assert places({**weeks, "backupVault.s3.lockDays": 41}) == ["backupVault.s3.lockDays"]


def test_a_pair_needs_a_vault() -> None:
    assert "databasePair" in places({"backupVault": {}})


def test_the_tunnel_has_two_addresses() -> None:
    assert places({"databasePair.aws.wireGuardAddress": "10.200.0.1"}) == ["databasePair.aws.wireGuardAddress"]


@pytest.mark.parametrize(
    "address",
    ["10.16.0.9", "10.16.16.9", "10.20.255.1", "9.9.9.9", "169.254.20.1", "127.0.0.1"],
    ids=["testground", "build-runners", "aws", "public", "link-local", "loopback"],
)
def test_the_tunnel_lies_outside_every_network(address: str) -> None:
    assert places({"databasePair.gcp.wireGuardAddress": address}) == ["databasePair.gcp.wireGuardAddress"]


@pytest.mark.parametrize(
    "cidr",
    ["0.0.0.0/0", "9.9.9.0/24", "10.0.0.0/8", "10.16.16.0/24"],
    ids=["world", "public", "too wide", "a network without a host"],
)
def test_clients_are_of_a_network_with_a_host(cidr: str) -> None:
    assert places({"databasePair.appCidrs": [cidr]}) == ["databasePair.appCidrs.0"]


@pytest.mark.parametrize("cidr", ["10.16.0.16/28", "10.20.64.0/20"])
def test_clients_in_either_cloud_are_accepted(cidr: str) -> None:
    assert places({"databasePair.appCidrs": [cidr]}) == []


def test_the_host_on_aws_has_a_zone_with_a_subnet() -> None:
    assert places({"databasePair.aws.availabilityZone": "us-east-1d"}) == ["databasePair.aws.availabilityZone"]


def test_both_hosts_run_one_debian() -> None:
    image = "projects/debian-cloud/global/images/debian-12-bookworm-v20261110"

    assert places({"gcp.image": image}) == ["gcp.image"]
    assert places({"gcp.image": image, "databasePair": {}}) == []
