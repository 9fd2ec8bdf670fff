"""Kernel and root disk of a virtual machine, for what a system container cannot show; built once, kept.

The kernel has NVMe and ext4 built in, so it starts straight from the disk, without boot loader and initial RAM disk.
"""

import shutil
import struct
from pathlib import Path

from lab.machines.cache import digest_of, kept
from lab.machines.chroot import run
from lab.machines.image import SUITE

PACKAGES = (
    *("systemd", "systemd-sysv", "udev", "dbus", "kmod", "linux-image-cloud-amd64"),
    *("e2fsprogs", "fdisk", "python3", "python3-apt", "ansible-core"),
)
UNNEEDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/boot/initrd*")
SIZE = 1024**3
"""Bytes of the root file system."""

SECTOR = 512
START = 2048
"""Sector where the one partition of the root disk begins."""

ROOT = "PARTUUID=6c61622d-01"
"""What the kernel mounts: a partition of the disk with this number. Which NVMe disk is the first changes."""

PAYLOAD = "payload"
"""Serial number of the disk whose first bytes are a tar archive; its program `run` is started in a folder with it."""

NAMING = """# Google's images bring such a rule for the names that a disk was attached by (google-guest-configs).
KERNEL=="sd*", ENV{DEVTYPE}=="disk", ENV{ID_SERIAL_SHORT}=="?*", SYMLINK+="disk/by-id/google-$env{ID_SERIAL_SHORT}"
# On EC2 the model of a disk is Amazon Elastic Block Store; the emulator's cannot be chosen.
KERNEL=="nvme*", ENV{DEVTYPE}=="disk", ENV{ID_SERIAL_SHORT}=="vol*", \\
  SYMLINK+="disk/by-id/nvme-Amazon_Elastic_Block_Store_$env{ID_SERIAL_SHORT}"
"""

SERVICE = f"""[Unit]
Requires=basic.target
After=basic.target
[Service]
Type=oneshot
Environment=LC_ALL=C.UTF-8 HOME=/root
RuntimeDirectory=lab
WorkingDirectory=/run/lab
# Nothing orders a service after the naming of disks, and on a busy host that comes late.
ExecStartPre=udevadm wait --timeout=300 /dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_{PAYLOAD}
ExecStart=tar --extract --file=/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_{PAYLOAD}
ExecStart=sh -c 'python3 run > /dev/ttyS1 2>&1'
ExecStopPost=systemctl --no-block poweroff
"""

TARGET = "[Unit]\nRequires=basic.target\nWants=lab.service\nAfter=basic.target\nAllowIsolate=yes\n"


def vm_image() -> Path:
    """Folder with vmlinuz and root.img, named by the digest of this file."""
    return kept("vm-image", digest_of([Path(__file__).read_bytes()]), _build)


def _build(folder: Path) -> None:
    root = folder / "root"
    excluded = [f"--dpkgopt=path-exclude={path}" for path in UNNEEDED]
    include = f"--include={','.join(PACKAGES)}"
    # No initial RAM disk is packed, so that its maker is not asked for one either.
    hook = "--essential-hook=mkdir -p $1/etc/kernel && echo do_initrd=no > $1/etc/kernel-img.conf"
    # In a mount namespace of its own: an interrupted build leaves /proc and /sys mounted in the folder, and clearing it
    # away would reach into those of the host.
    run("unshare", "--mount", "mmdebstrap", "--quiet", "--variant=minbase", include, *excluded, hook, SUITE, str(root))
    for path, text in {
        "etc/udev/rules.d/65-lab-disk-naming.rules": NAMING,
        "etc/systemd/system/lab.service": SERVICE,
        "etc/systemd/system/lab.target": TARGET,
        "etc/fstab": "",
    }.items():
        (root / path).write_text(text)
    (kernel,) = (root / "boot").glob("vmlinuz-*")
    kernel.rename(folder / "vmlinuz")
    _write_disk(root, folder / "root.img")
    shutil.rmtree(root)


def _write_disk(root: Path, disk: Path) -> None:
    """A disk with a partition table and one file system, made without loop devices."""
    entry = struct.pack("<B3xB3xII", 0, 0x83, START, SIZE // SECTOR)
    table = bytes(440) + bytes.fromhex("6c61622d")[::-1] + bytes(2) + entry.ljust(64, b"\0") + b"\x55\xaa"
    with disk.open("wb") as file:
        file.write(table)
        file.truncate(START * SECTOR + SIZE)
    offset = f"offset={START * SECTOR}"
    run("mke2fs", "-q", "-F", "-t", "ext4", "-E", offset, "-d", str(root), str(disk), f"{SIZE // 1024}k")
