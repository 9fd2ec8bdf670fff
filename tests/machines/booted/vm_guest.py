"""What the virtual machine does with its disks; each line that it prints is one account, as JSON.

It runs inside, on the standard library alone, beside bundle.tar. `python3 run` is this file.
"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOUNT_POINT = Path("/srv/packages")
NOTE = MOUNT_POINT / "note"
GOOGLE = "/dev/disk/by-id/google-data"
SCRATCH = "/dev/disk/by-id/google-scratch"
AMAZON = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0"
ABSENT = "/dev/disk/by-id/google-absent"
ROLE = Path("machines/roles/data_disk")
LOST = "UUID=00000000-0000-4000-8000-000000000000 /srv/lost ext4 nofail,x-systemd.device-timeout=60s 0 2\n"


def tell(account: str, **facts: Any) -> None:
    """One line for the test."""
    sys.stdout.write(json.dumps({"account": account, "at": round(time.monotonic()), **facts}) + "\n")
    sys.stdout.flush()


def run(*command: str, **variables: str) -> tuple[int, str]:
    """Exit status and all words of a command."""
    environment = {**os.environ, **variables}
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    return done.returncode, done.stdout


def program(device: str, *more: str) -> dict[str, Any]:
    """What the role's program answers."""
    options = ("--size-gib=1", "--options=noatime,errors=remount-ro", "--wait=20", *more)
    status, words = run("python3", str(ROLE / "files/data_disk.py"), device, str(MOUNT_POINT), *options)
    return {"status": status, "words": words, **(json.loads(words) if status == 0 else {})}


def play(*plays: dict[str, Any]) -> dict[str, Any]:
    """Runs plays in one process, because its start takes longest here."""
    common = {"hosts": "localhost", "gather_facts": False, "vars": disk(GOOGLE)}
    book = [{**common, "name": f"Play {number}", **given} for number, given in enumerate(plays)]
    book[0] |= {"gather_facts": True, "gather_subset": ["!all", "!min", "virtual"]}
    Path("playbook.json").write_text(json.dumps(book))
    command = ("ansible-playbook", "--inventory=localhost,", "playbook.json")
    status, words = run(*command, ANSIBLE_CONFIG="machines/converge/ansible.cfg")
    return {"status": status, "words": words}


def disk(device: str) -> dict[str, Any]:
    """Variables of the role."""
    return {
        "machine_data_disk": {"device": device, "sizeGiB": 1},
        "data_disk_mount_point": str(MOUNT_POINT),
        "data_disk_wait_seconds": 20,
    }


def digest(device: str) -> str:
    """Of all that is on a disk."""
    with Path(device).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def at(device: str, position: int, content: bytes) -> Callable[[], object]:
    """Writes bytes at a place of a disk."""

    def write() -> None:
        with Path(device).open("r+b") as file:
            file.seek(position)
            file.write(content)

    return write


def mounted() -> str:
    """Device and options of the data disk."""
    return run("findmnt", "--noheadings", "--output=SOURCE,OPTIONS", str(MOUNT_POINT))[1].strip()


def bytes_there() -> int:
    """Size of the mounted file system."""
    space = os.statvfs(MOUNT_POINT)
    return space.f_blocks * space.f_frsize


def first_boot() -> None:
    """Two blank disks and one for what must be refused."""
    wait_for(GOOGLE, SCRATCH, AMAZON)
    before = digest(AMAZON)
    tell("looked at", **program(GOOGLE), again=program(GOOGLE)["steps"])
    role = {"roles": ["data_disk"]}
    tell("runs", **play(role, role, {**role, "vars": disk(ABSENT)}), mounted=mounted())
    NOTE.write_text("kept")
    tell("other disk", untouched=digest(AMAZON) == before)
    tell("guarded", status=guard())
    tell("rebuilt", **rebuilt(), note=NOTE.read_text())
    run("umount", str(MOUNT_POINT))
    for name, spoil in spoilings().items():
        run("wipefs", "--all", SCRATCH)
        run("blkdiscard", "--zeroout", SCRATCH)
        spoil()
        run("udevadm", "settle")
        whole = digest(SCRATCH)
        tell(f"foreign {name}", **program(SCRATCH, "--apply"), untouched=digest(SCRATCH) == whole)
    run("systemctl", "start", "srv-packages.mount")
    tell("occupied", **program(AMAZON, "--apply"), untouched=digest(AMAZON) == before)
    with Path("/etc/fstab").open("a") as table:
        table.write(LOST)
    # The root disk forgets, so the next boot is handed the table.
    tell("table", text=Path("/etc/fstab").read_text())


def wait_for(*devices: str) -> None:
    """Until the disks are there."""
    run("udevadm", "wait", "--settle", "--timeout=60", *devices)


def guard() -> int:
    """Status of a write below the mount point while nothing is mounted."""
    run("umount", str(MOUNT_POINT))
    return run("touch", str(MOUNT_POINT / "astray"))[0]


def rebuilt() -> dict[str, Any]:
    """The machine has a new boot disk: no line in fstab, no mount point."""
    run("chattr", "-i", str(MOUNT_POINT))
    MOUNT_POINT.rmdir()
    Path("/etc/fstab").write_text("")
    return program(GOOGLE, "--apply")


def spoilings() -> dict[str, Callable[[], object]]:
    """What else may be on a disk."""
    end = 8 * 1024**2
    return {
        "partition table": lambda: subprocess.run(["sfdisk", "--quiet", SCRATCH], input=b",,L\n", check=True),
        "swap": lambda: run("mkswap", SCRATCH),
        "LUKS": at(SCRATCH, 0, b"LUKS\xba\xbe\x00\x01".ljust(592, b"\1")),
        "unknown data": at(SCRATCH, 500_000, b"data"),
        "data at the end": at(SCRATCH, end - 4, b"data"),
    }


def second_boot() -> None:
    """The data disk has grown, and another one that the table names is away."""
    table = Path("table").read_text()
    Path("/etc/fstab").write_text(table)
    run("systemctl", "daemon-reload")
    MOUNT_POINT.mkdir(parents=True)
    wait_for(GOOGLE)
    # As at a boot: what the table names is started together, and nobody waits for what is lost.
    status, words = run("systemctl", "start", "local-fs.target")
    run("systemctl", "start", "srv-packages.mount")
    tell("boot", status=status, words=words, mounted=mounted(), note=NOTE.read_text())
    before = bytes_there()
    tell("would grow", steps=program(GOOGLE)["steps"], grew=bytes_there() > before)
    tell("grown", **program(GOOGLE, "--apply"), before=before, after=bytes_there(), note=NOTE.read_text())
    tell("grown again", steps=program(GOOGLE)["steps"])


if __name__ == "__main__":
    with tarfile.open("bundle.tar") as bundle:
        bundle.extractall("machines", filter="data")
    second_boot() if Path("table").exists() else first_boot()
