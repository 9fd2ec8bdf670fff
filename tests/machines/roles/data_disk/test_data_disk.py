"""data_disk.py: what is done to a disk, decided from what is seen; real disks come in tests/machines/booted."""

import re
import shutil
import subprocess
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.nativetypes import NativeEnvironment

from tests.machines.support.programs import program
from tests.machines.support.roles import Role

data_disk = program("data_disk", "roles/data_disk/files")
Step = data_disk.Step

GIB = 1024**3
HERE = "/srv/packages"
OPTIONS = "noatime"
IDENTITY = "5f0c5b1e-0000-4000-8000-000000000000"
LINE = data_disk.fstab_line(IDENTITY, HERE, OPTIONS)

needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("mkfs.ext4", "wipefs", "mkswap", "dumpe2fs"))), reason="needs Debian's e2fsprogs"
)


def disk(**changes: Any) -> Any:
    """A data disk that is as it ought to be, with changes."""
    sound = data_disk.Disk(
        device="/dev/disk/by-id/google-data",
        kind="disk",
        size=100 * GIB,
        read_only=False,
        parts=(),
        signatures=("ext4",),
        blank=False,
        mounts=(HERE,),
        file_system_uuid=IDENTITY,
        file_system_size=100 * GIB,
    )
    return replace(sound, **changes)


def empty(**changes: Any) -> Any:
    """A disk that the cloud has just made."""
    return disk(
        **{
            "signatures": (),
            "blank": True,
            "mounts": (),
            "file_system_uuid": None,
            "file_system_size": None,
            **changes,
        }
    )


def place(**changes: Any) -> Any:
    """A mount point with its disk, with changes."""
    return replace(data_disk.Place(path=HERE, exists=True, has_files=False, mounted=True, fstab=LINE), **changes)


def bare(**changes: Any) -> Any:
    """A new boot disk."""
    return place(**{"exists": False, "mounted": False, "fstab": None, **changes})


def decide(seen: Any, around: Any) -> list[Any]:
    return data_disk.decide(seen, around, 100, OPTIONS)


@pytest.mark.parametrize(
    ("seen", "around", "steps"),
    [
        (disk(), place(), []),
        (empty(), bare(), [Step.FORMAT, Step.MAKE_MOUNT_POINT, Step.WRITE_FSTAB, Step.MOUNT]),
        (empty(), bare(exists=True), [Step.FORMAT, Step.WRITE_FSTAB, Step.MOUNT]),
        (disk(mounts=()), bare(), [Step.MAKE_MOUNT_POINT, Step.WRITE_FSTAB, Step.MOUNT]),
        (disk(mounts=()), place(mounted=False), [Step.MOUNT]),
        (disk(), place(fstab="UUID=another /srv/packages ext4 defaults 0 2"), [Step.WRITE_FSTAB]),
        (disk(size=200 * GIB), place(), [Step.GROW]),
        (disk(size=100 * GIB + 16 * 1024**2), place(), []),
        (disk(size=50 * GIB, file_system_size=50 * GIB), place(), []),
    ],
    ids=["sound", "blank", "blank, folder", "rebuilt", "unmounted", "line", "grown", "remainder", "not yet grown"],
)
def test_a_disk_gets_what_it_lacks_and_no_more(seen: Any, around: Any, steps: list[Any]) -> None:
    assert decide(seen, around) == steps


REFUSALS = {
    "is a part and no whole disk": (empty(kind="part"), bare()),
    "can only be read": (empty(read_only=True), bare()),
    "is divided: sdb1, sdb2": (empty(parts=("sdb1", "sdb2")), bare()),
    "holds data that nothing here knows": (empty(blank=False), bare()),
    "holds crypto_LUKS": (disk(signatures=("crypto_LUKS",), mounts=()), bare()),
    "holds ext4, gpt": (disk(signatures=("ext4", "gpt"), mounts=()), bare()),
    "has no UUID": (disk(file_system_uuid=None), place()),
    "is empty and has 100.0 GiB": (empty(size=100 * GIB - 1), bare()),
    "is mounted on /mnt": (disk(mounts=("/mnt",)), bare()),
    "another disk is mounted on /srv/packages": (disk(mounts=()), place()),
    "/srv/packages holds files": (disk(mounts=()), bare(exists=True, has_files=True)),
    "its file system is lost": (empty(mounts=(HERE,)), place()),
    "holds files on the boot disk": (empty(), bare(exists=True, has_files=True)),
}


@pytest.mark.parametrize("words", REFUSALS)
def test_a_disk_that_must_not_be_touched_is_refused_with_what_would_be_right(words: str) -> None:
    with pytest.raises(data_disk.RefusedError) as refusal:
        decide(*REFUSALS[words])

    assert words in str(refusal.value)
    assert "HINT: " in str(refusal.value)


texts = st.sampled_from(["ext4", "xfs", "gpt", "dos", "swap", "crypto_LUKS", "LVM2_member", "linux_raid_member"])
disks = st.builds(
    data_disk.Disk,
    device=st.just("/dev/disk/by-id/google-data"),
    kind=st.sampled_from(["disk", "disk", "part", "lvm"]),
    size=st.sampled_from([0, 99 * GIB, 100 * GIB, 300 * GIB]),
    read_only=st.booleans(),
    parts=st.sampled_from([(), (), ("sdb1",)]),
    signatures=st.lists(texts, max_size=2, unique=True).map(lambda found: tuple(sorted(found))),
    blank=st.booleans(),
    mounts=st.sampled_from([(), (), (HERE,), ("/mnt",)]),
    file_system_uuid=st.sampled_from([None, IDENTITY]),
    file_system_size=st.sampled_from([None, 99 * GIB, 100 * GIB]),
)
places = st.builds(
    data_disk.Place,
    path=st.just(HERE),
    exists=st.booleans(),
    has_files=st.booleans(),
    mounted=st.booleans(),
    fstab=st.sampled_from([None, LINE]),
)


def decided(seen: Any, around: Any) -> list[Any]:
    """Steps, none where it is refused."""
    try:
        return decide(seen, around)
    except data_disk.RefusedError:
        return []


@given(disks, places)
def test_only_a_whole_disk_that_is_empty_all_over_is_ever_formatted(seen: Any, around: Any) -> None:
    if Step.FORMAT in decided(seen, around):
        assert seen.blank
        assert (seen.signatures, seen.parts, seen.mounts, seen.read_only) == ((), (), (), False)
        assert seen.kind == "disk"
        assert seen.size >= 100 * GIB


def test_a_file_system_is_never_made_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without force mkfs refuses a disk that is mounted or in use, which may be so since it was looked at."""
    commands: list[tuple[str, ...]] = []

    def noted(*command: str) -> None:
        commands.append(command)

    monkeypatch.setattr(data_disk, "run", noted)
    data_disk.apply([Step.FORMAT], "/dev/nvme1n1", "/var/opt", "a line", "a-uuid")

    assert [command[0] for command in commands] == ["mkfs.ext4"]
    assert not [word for word in commands[0] if re.fullmatch(r"-[a-zA-Z]*F[a-zA-Z]*|--force", word)]


@given(disks, places)
def test_what_was_decided_leaves_nothing_to_do(seen: Any, around: Any) -> None:
    steps = decided(seen, around)
    if not steps:
        return
    identity = IDENTITY if Step.FORMAT in steps else seen.file_system_uuid
    resized = seen.size if {Step.FORMAT, Step.GROW} & set(steps) else seen.file_system_size
    after = replace(
        seen,
        signatures=("ext4",),
        blank=False,
        mounts=(HERE,) if Step.MOUNT in steps else seen.mounts,
        file_system_uuid=identity,
        file_system_size=resized,
    )
    line = LINE if Step.WRITE_FSTAB in steps else around.fstab

    assert decide(after, replace(around, exists=True, mounted=True, has_files=False, fstab=line)) == []


MOUNTINFO = """22 1 259:0 / / rw,relatime - ext4 /dev/nvme0n1 rw
30 22 8:16 / /srv/with\\040blank rw - ext4 /dev/sdb rw
31 22 8:16 /upload /var/lib/upload rw - ext4 /dev/sdb rw
"""


def test_a_folder_that_is_bound_elsewhere_is_no_mount_of_the_disk() -> None:
    assert data_disk.whole_mounts(MOUNTINFO, "8:16") == ("/srv/with blank",)
    assert data_disk.mounted_on(MOUNTINFO, "/var/lib/upload")
    assert not data_disk.mounted_on(MOUNTINFO, HERE)


def test_the_table_of_file_systems_keeps_every_other_line() -> None:
    table = f"# comment {HERE}\nUUID=root / ext4 defaults 0 1\nUUID=old\t{HERE}  ext4 defaults 0 2\n"

    changed = data_disk.with_line(table, HERE, LINE)

    assert changed.splitlines() == [*table.splitlines()[:2], LINE]
    assert data_disk.with_line(changed, HERE, LINE) == changed
    assert data_disk.line_of(changed, HERE) == LINE
    assert data_disk.line_of(table, HERE) == f"UUID=old {HERE} ext4 defaults 0 2"


def test_a_machine_boots_though_its_disk_is_away() -> None:
    options = LINE.split()[3].split(",")

    assert "nofail" in options
    assert any(option.startswith("x-systemd.device-timeout=") for option in options)


@pytest.mark.parametrize("check", [True, False], ids=["--check", "run"])
def test_a_check_of_the_role_asks_the_program_to_change_nothing(check: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    task = Role("data_disk").loaded("tasks/configure.yml")[0]
    values = {"_data_disk_command": ["data_disk.py"], "ansible_check_mode": check}

    command = NativeEnvironment().from_string(task["ansible.builtin.command"]["argv"]).render(values)

    assert task["check_mode"] is False, "the program runs in a check too, and tells"
    assert command == ["data_disk.py", *([] if check else ["--apply"])]


@needs_tools
def test_a_file_system_that_was_made_is_seen_with_its_identity_and_size(tmp_path: Path) -> None:
    node, identity = tmp_path / "disk", str(uuid.uuid4())
    node.write_bytes(bytes(32 * 1024**2))
    assert data_disk.is_blank(str(node), 32 * 1024**2)
    assert data_disk.signatures(str(node)) == {}

    data_disk.apply([Step.FORMAT], str(node), HERE, LINE, identity)

    assert data_disk.signatures(str(node)) == {"ext4": identity}
    assert data_disk.file_system_size(data_disk.run("dumpe2fs", "-h", str(node))) == 32 * 1024**2


@needs_tools
@pytest.mark.parametrize(
    ("position", "content", "kind"),
    [
        (0, b"LUKS\xba\xbe\x00\x01".ljust(592, b"\1"), "crypto_LUKS"),
        (0, b"XFSB" + bytes(508), None),
        (500_000, b"data", None),
        (32 * 1024**2 - 4, b"data", None),
    ],
    ids=["LUKS", "half a header", "bytes near the start", "bytes at the end"],
)
def test_data_on_a_disk_is_seen_by_its_signature_or_by_bytes_that_are_not_zero(
    position: int, content: bytes, kind: str | None, tmp_path: Path
) -> None:
    node = tmp_path / "disk"
    node.write_bytes(bytes(32 * 1024**2))
    with node.open("r+b") as file:
        file.seek(position)
        file.write(content)

    assert list(data_disk.signatures(str(node))) == ([kind] if kind else [])
    assert not data_disk.is_blank(str(node), 32 * 1024**2)


@needs_tools
def test_swap_is_seen(tmp_path: Path) -> None:
    node = tmp_path / "disk"
    node.write_bytes(bytes(4 * 1024**2))
    subprocess.run(["mkswap", "--quiet", node], check=True)

    assert list(data_disk.signatures(str(node))) == ["swap"]
