#!/usr/bin/python3
"""Brings the data disk to its mount point: formats an empty disk and no other, mounts by UUID, grows with the disk.

`data_disk.py DEVICE MOUNT_POINT --size-gib N` says as JSON what it would do, with `--apply` it does so. It looks at
everything first and refuses before the first change. Standard library alone.
"""

import argparse
import json
import os
import re
import stat
import subprocess
import sys
import uuid
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

GIB = 1024**3
PROBE = 1024**2
"""Bytes at either end that are read: no file system, volume manager or partition table leaves both ends zero."""

GROWTH_SLACK = 16 * 1024**2
"""Bytes that resize2fs may leave over, when the last block group would be too small for its own tables."""

FILE_SYSTEM = "ext4"
LABEL = "packyard-data"
FSTAB = Path("/etc/fstab")
MOUNTS = Path("/proc/self/mountinfo")
BY_ID = Path("/dev/disk/by-id")

ALWAYS = "nofail,x-systemd.device-timeout=60s"
"""Without nofail a disk that is away would keep the whole machine from booting, and nobody could enter to see why.
Services ask for the mount themselves (RequiresMountsFor=)."""


class RefusedError(Exception):
    """A disk that must not be touched; the text says why and what would be right."""


class Step(StrEnum):
    """What is done to the disk, in this order."""

    FORMAT = "make a file system"
    MAKE_MOUNT_POINT = "make the mount point"
    WRITE_FSTAB = "write /etc/fstab"
    MOUNT = "mount"
    GROW = "grow the file system"


@dataclass(frozen=True)
class Disk:
    """What a disk says of itself."""

    device: str
    """Path below /dev/disk/by-id."""
    kind: str
    """As lsblk calls it: disk, part, lvm ..."""
    size: int
    """Bytes."""
    read_only: bool
    parts: tuple[str, ...]
    """Partitions and whatever else stands on it."""
    signatures: tuple[str, ...]
    """File systems, partition tables and volume managers that left their mark."""
    blank: bool
    """Both ends are zero."""
    mounts: tuple[str, ...]
    """Where the whole of it is mounted."""
    file_system_uuid: str | None = None
    file_system_size: int | None = None
    """Bytes."""


@dataclass(frozen=True)
class Place:
    """What is at the mount point."""

    path: str
    exists: bool
    has_files: bool
    """Files in the folder itself, which a mount would hide."""
    mounted: bool
    """Something is mounted here, be it this disk or another."""
    fstab: str | None
    """Its line, blanks made single."""


def fstab_line(file_system: str, place: str, options: str) -> str:
    """The line of the data disk."""
    return f"UUID={file_system} {place} {FILE_SYSTEM} {options},{ALWAYS} 0 2"


def decide(disk: Disk, place: Place, size_gib: int, options: str) -> list[Step]:
    """What has to be done, nothing on a disk that is as it ought to be. Raises RefusedError."""
    _refuse_foreign(disk)
    here = place.path in disk.mounts
    if elsewhere := sorted(set(disk.mounts) - {place.path}):
        raise RefusedError(f"{disk.device} is mounted on {elsewhere[0]}. HINT: umount {elsewhere[0]}")
    if place.mounted and not here:
        raise RefusedError(f"another disk is mounted on {place.path}. HINT: findmnt {place.path}")
    if place.has_files and not here:
        raise RefusedError(
            f"{place.path} holds files on the boot disk, which the mount would hide."
            f" HINT: stop what writes there and move them away, then mount and move them in"
        )
    if not disk.signatures:
        if here:
            raise RefusedError(
                f"{disk.device} is mounted and its file system is lost. HINT: save what can be read first"
            )
        if disk.size < size_gib * GIB:
            raise RefusedError(
                f"{disk.device} is empty and has {disk.size / GIB:.1f} GiB, the settings document says {size_gib}."
                " HINT: if the disk is the right one, wait until the cloud has grown it"
            )
        made = () if place.exists else (Step.MAKE_MOUNT_POINT,)
        return [Step.FORMAT, *made, Step.WRITE_FSTAB, Step.MOUNT]
    steps: list[Step] = []
    if not here and not place.exists:
        steps.append(Step.MAKE_MOUNT_POINT)
    if place.fstab != fstab_line(disk.file_system_uuid or "", place.path, options):
        steps.append(Step.WRITE_FSTAB)
    if not here:
        steps.append(Step.MOUNT)
    if disk.size - (disk.file_system_size or 0) > GROWTH_SLACK:
        steps.append(Step.GROW)
    return steps


def _refuse_foreign(disk: Disk) -> None:
    """Passes a disk that is empty all over, or holds one ext4 file system and nothing else."""
    hint = (
        f"HINT: lsblk --fs {disk.device} shows it; attach the right disk,"
        " or empty this one by hand if nobody needs what is on it"
    )
    if disk.kind != "disk":
        raise RefusedError(f"{disk.device} is a {disk.kind} and no whole disk. {hint}")
    if disk.read_only:
        raise RefusedError(f"{disk.device} can only be read. HINT: attach it for writing")
    if disk.parts:
        raise RefusedError(f"{disk.device} is divided: {', '.join(disk.parts)}. {hint}")
    if not disk.signatures and not disk.blank:
        raise RefusedError(f"{disk.device} holds data that nothing here knows, so it is not formatted. {hint}")
    if disk.signatures and disk.signatures != (FILE_SYSTEM,):
        raise RefusedError(f"{disk.device} holds {', '.join(disk.signatures)}, so it is not formatted. {hint}")
    if disk.signatures and not disk.file_system_uuid:
        raise RefusedError(f"the file system of {disk.device} has no UUID. HINT: tune2fs -U random {disk.device}")


def whole_mounts(mountinfo: str, number: str) -> tuple[str, ...]:
    """Where a file system is mounted with its root; a folder of it that is bound elsewhere is no mount of it."""
    fields = [line.split() for line in mountinfo.splitlines()]
    return tuple(_unescaped(entry[4]) for entry in fields if entry[2] == number and entry[3] == "/")


def mounted_on(mountinfo: str, path: str) -> bool:
    """Whether anything is mounted there."""
    return any(_unescaped(line.split()[4]) == path for line in mountinfo.splitlines())


def _unescaped(path: str) -> str:
    """The kernel writes a blank in a path as a backslash and 040."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def line_of(fstab: str, path: str) -> str | None:
    """The line of a mount point."""
    for line in fstab.splitlines():
        fields = line.split()
        if len(fields) > 1 and not fields[0].startswith("#") and fields[1] == path:
            return " ".join(fields)
    return None


def with_line(fstab: str, path: str, line: str) -> str:
    """The table with this line for the mount point and no other."""
    others = [other for other in fstab.splitlines() if line_of(other, path) is None]
    return "\n".join([*others, line, ""])


def find(device: str, wait: int) -> str:
    """The node of a disk by its identity; a disk that is being attached is waited for."""
    run("udevadm", "wait", "--settle", f"--timeout={wait}", device, check=False)
    node = Path(device).resolve()
    if not node.exists() or not stat.S_ISBLK(node.stat().st_mode):
        there = ", ".join(sorted(path.name for path in BY_ID.glob("*"))) or "none"
        raise RefusedError(
            f"there is no disk {device} after {wait} seconds. Disks by id: {there}."
            " HINT: attach the disk that the settings document names, then systemctl start packyard-converge"
        )
    return str(node)


def look(device: str, node: str) -> Disk:
    """Reads everything about the disk and writes nothing."""
    columns = "NAME,TYPE,RO,SIZE,MAJ:MIN"
    (own,) = json.loads(run("lsblk", "--json", "--bytes", f"--output={columns}", node))["blockdevices"]
    found = signatures(node)
    ours = tuple(found) == (FILE_SYSTEM,)
    return Disk(
        device=device,
        kind=own["type"],
        size=int(own["size"]),
        read_only=bool(own["ro"]),
        parts=tuple(child["name"] for child in own.get("children", [])),
        signatures=tuple(found),
        blank=is_blank(node, int(own["size"])),
        mounts=whole_mounts(MOUNTS.read_text(), own["maj:min"].strip()),
        file_system_uuid=found[FILE_SYSTEM] if ours else None,
        file_system_size=file_system_size(run("dumpe2fs", "-h", node)) if ours else None,
    )


def signatures(node: str) -> dict[str, str | None]:
    """Kinds of everything that left its mark on a disk, in order, with their UUIDs."""
    found = json.loads(run("wipefs", "--no-act", "--json", node) or "{}").get("signatures", [])
    return {str(mark["type"]): mark.get("uuid") for mark in sorted(found, key=lambda mark: str(mark["type"]))}


def is_blank(node: str, size: int) -> bool:
    """Whether both ends of a disk are zero."""
    with Path(node).open("rb") as file:
        first = file.read(PROBE)
        file.seek(max(size - PROBE, 0))
        return not any(first) and not any(file.read(PROBE))


def file_system_size(header: str) -> int:
    """Bytes, from what dumpe2fs says."""
    counts = dict(re.findall(r"^(Block count|Block size):\s+(\d+)$", header, re.MULTILINE))
    return int(counts["Block count"]) * int(counts["Block size"])


def look_around(path: str) -> Place:
    """Reads what is at the mount point."""
    folder, mounted = Path(path), mounted_on(MOUNTS.read_text(), path)
    return Place(
        path=path,
        exists=folder.is_dir(),
        has_files=not mounted and folder.is_dir() and any(folder.iterdir()),
        mounted=mounted,
        fstab=line_of(FSTAB.read_text() if FSTAB.exists() else "", path),
    )


def apply(steps: list[Step], node: str, path: str, line: str, file_system: str) -> None:
    """Does what was decided."""
    for step in steps:
        match step:
            case Step.FORMAT:
                # One per cent is kept for root, in place of five: on a large disk these are many GiB.
                run("mkfs.ext4", "-q", "-m", "1", "-L", LABEL, "-U", file_system, node)
            case Step.MAKE_MOUNT_POINT:
                Path(path).mkdir(parents=True)
                # While nothing is mounted, nobody fills the boot disk here by mistake, root included.
                run("chattr", "+i", path)
            case Step.WRITE_FSTAB:
                half = FSTAB.with_name(".fstab.half")
                half.write_text(with_line(FSTAB.read_text() if FSTAB.exists() else "", path, line))
                half.chmod(0o644)
                half.rename(FSTAB)
                run("systemctl", "daemon-reload")
            case Step.MOUNT:
                run("systemctl", "start", run("systemd-escape", "--path", "--suffix=mount", path).strip())
            case Step.GROW:
                run("resize2fs", node)


def run(*command: str, check: bool = True) -> str:
    """What a command prints. Raises RefusedError with its own words where it fails."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(  # noqa: S603 -- no shell
        command, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
    )
    if check and done.returncode:
        raise RefusedError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="data_disk", description="Brings the data disk to its mount point.")
    parser.add_argument("device", help="path below /dev/disk/by-id")
    parser.add_argument("mount_point")
    parser.add_argument("--size-gib", type=int, required=True, help="size that the settings document says")
    parser.add_argument("--options", default="noatime", help="mount options")
    parser.add_argument("--wait", type=int, default=60, help="seconds to wait for the disk")
    parser.add_argument("--apply", action="store_true", help="do it, in place of saying what would be done")
    given = parser.parse_args(arguments)
    try:
        node = find(given.device, given.wait)
        disk = look(given.device, node)
        steps = decide(disk, look_around(given.mount_point), given.size_gib, given.options)
        file_system = disk.file_system_uuid or str(uuid.uuid4())
        if given.apply:
            line = fstab_line(file_system, given.mount_point, given.options)
            apply(steps, node, given.mount_point, line, file_system)
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    answer: dict[str, Any] = {"disk": node, "uuid": disk.file_system_uuid, "steps": steps}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
