"""Role data_disk on real disks, in a virtual machine: what it formats, what it never touches, how it grows."""

import os
from pathlib import Path
from typing import Any

import pytest

from components.machine_store.bundle import archive
from lab.virtual_machine import boot as vm
from lab.virtual_machine.boot import Ec2Disk, GceDisk, boot
from tests.machines.support.programs import MACHINES
from tests.needed import skip_without

GUEST = Path(__file__).with_name("vm_guest.py").read_text()
MIB = 1024**2
FOREIGN = ("partition table", "swap", "LUKS", "unknown data", "data at the end")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the machine tells of two boots, by name; between them the data disk grows."""
    skip_without(vm.NEEDED)
    folder = tmp_path_factory.mktemp("disks")
    data, scratch, volume = (blank(folder / name, size) for name, size in {"data": 1024, "scratch": 8, "v": 32}.items())
    files = {"bundle.tar": archive(MACHINES)}
    disks = [GceDisk(scratch, "scratch"), GceDisk(data, "data"), Ec2Disk(volume, "vol0123456789abcdef0")]
    told = {entry["account"]: entry for entry in boot(GUEST, files, disks)}
    os.truncate(data, 1536 * MIB)
    files["table"] = told["table"]["text"].encode()
    return told | {entry["account"]: entry for entry in boot(GUEST, files, [GceDisk(data, "data")])}


def plays(accounts: dict[str, dict[str, Any]]) -> list[str]:
    """What Ansible printed of each play."""
    return accounts["runs"]["words"].split("PLAY [Play ")[1:]


def blank(path: Path, size: int) -> Path:
    """An empty disk of so many MiB, which takes no room."""
    path.touch()
    os.truncate(path, size * MIB)
    return path


def test_looking_at_a_blank_disk_leaves_it_blank(accounts: dict[str, dict[str, Any]]) -> None:
    account = accounts["looked at"]

    assert account["status"] == 0, account["words"]
    assert account["steps"][0] == "make a file system"
    assert account["again"] == account["steps"]


def test_the_role_formats_a_blank_disk_mounts_it_and_has_nothing_to_do_the_second_time(
    accounts: dict[str, dict[str, Any]],
) -> None:
    first, second, _ = plays(accounts)

    assert first.count("changed: [localhost]") == 1, first
    assert "changed: [localhost]" not in second
    assert "fatal: [localhost]" not in first + second
    assert accounts["runs"]["mounted"].startswith("/dev/sd")
    assert "noatime" in accounts["runs"]["mounted"]


def test_a_disk_that_is_absent_is_refused_with_its_name_and_those_that_are_there(
    accounts: dict[str, dict[str, Any]],
) -> None:
    _, _, third = plays(accounts)

    assert "there is no disk /dev/disk/by-id/google-absent" in third
    assert "google-scratch" in third
    assert "HINT" in third
    assert "changed: [localhost]" not in third


def test_of_two_blank_disks_the_other_one_stays_blank(accounts: dict[str, dict[str, Any]]) -> None:
    assert accounts["other disk"]["untouched"]


def test_while_the_disk_is_away_nobody_writes_below_its_mount_point(accounts: dict[str, dict[str, Any]]) -> None:
    assert accounts["guarded"]["status"] != 0


def test_a_rebuilt_machine_takes_its_disk_with_everything_on_it(accounts: dict[str, dict[str, Any]]) -> None:
    account = accounts["rebuilt"]

    assert account["status"] == 0, account["words"]
    assert account["steps"] == ["make the mount point", "write /etc/fstab", "mount"]
    assert account["note"] == "kept"


@pytest.mark.parametrize("what", FOREIGN)
def test_a_disk_that_holds_anything_else_is_refused_untouched(what: str, accounts: dict[str, dict[str, Any]]) -> None:
    account = accounts[f"foreign {what}"]

    assert account["status"] == 1, account["words"]
    assert "/dev/disk/by-id/google-scratch" in account["words"]
    assert "HINT" in account["words"]
    assert account["untouched"]


def test_a_second_disk_never_takes_the_place_of_the_first(accounts: dict[str, dict[str, Any]]) -> None:
    account = accounts["occupied"]

    assert account["status"] == 1
    assert "another disk is mounted" in account["words"]
    assert account["untouched"]


def test_a_machine_boots_with_its_data_though_a_disk_of_its_table_is_lost(accounts: dict[str, dict[str, Any]]) -> None:
    account = accounts["boot"]

    assert account["status"] == 0, account["words"]
    assert account["note"] == "kept"


def test_a_disk_that_grew_is_told_of_then_grown_in_use_with_everything_on_it(
    accounts: dict[str, dict[str, Any]],
) -> None:
    account = accounts["grown"]

    assert accounts["would grow"]["steps"] == ["grow the file system"]
    assert not accounts["would grow"]["grew"]
    assert account["status"] == 0, account["words"]
    assert account["before"] < 1024 * MIB < 1400 * MIB < account["after"]
    assert account["note"] == "kept"
    assert accounts["grown again"]["steps"] == []
