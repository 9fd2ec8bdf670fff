"""A virtual machine in software emulation: one boot runs one program, and its lines of JSON come back."""

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.virtual_machine.image import PAYLOAD, ROOT, vm_image

NEEDED = ("qemu-system-x86_64", "mmdebstrap", "mke2fs")

SECONDS = 900
"""Most that a boot with its program may take, on a host that does other things as well."""

EMULATOR = (
    # Where /dev/kvm is there but does not work, a guest hangs; emulation works everywhere.
    *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "1024"),
    # Newer processors have wide registers, which are slow to emulate.
    *("-cpu", "Nehalem,+rdrand", "-nodefaults", "-display", "none", "-no-reboot"),
)
KERNEL_OPTIONS = (
    f"root={ROOT} rootwait rootfstype=ext4 rw quiet panic=-1 console=ttyS0 mitigations=off systemd.unit=lab.target"
)


@dataclass(frozen=True)
class GceDisk:
    """A disk as GCE attaches it: SCSI, /dev/disk/by-id/google-<name>."""

    file: Path
    name: str

    def options(self) -> list[str]:
        """Of the emulator."""
        device = f"scsi-hd,drive={self.name},vendor=Google,product=PersistentDisk,device_id={self.name}"
        return [*drive(self.name, self.file), "-device", device]


@dataclass(frozen=True)
class Ec2Disk:
    """A disk as EC2 attaches it: NVMe, with the id of the volume as serial number."""

    file: Path
    volume: str

    def options(self) -> list[str]:
        """Of the emulator."""
        return [*drive(self.volume, self.file), "-device", f"nvme,drive={self.volume},serial={self.volume}"]


def drive(name: str, file: Path, *more: str) -> list[str]:
    """A file as the content of a disk."""
    return ["-drive", ",".join(("if=none", f"id={name}", f"file={file}", "format=raw", *more))]


def boot(program: str, files: Mapping[str, bytes], disks: list[GceDisk | Ec2Disk]) -> list[dict[str, Any]]:
    """Runs a Python program with these files beside it, and returns what it printed; the disks keep what it wrote."""
    image = vm_image()
    with tempfile.TemporaryDirectory(prefix="vm-") as name:
        folder = Path(name)
        _pack(folder / "payload.tar", {**files, "run": program.encode()})
        command = [
            *EMULATOR,
            *("-kernel", str(image / "vmlinuz"), "-append", KERNEL_OPTIONS),
            *_serial("console", folder),
            *_serial("answers", folder),
            # What is written to the root disk is forgotten.
            *drive("root", image / "root.img", "snapshot=on"),
            *("-device", "nvme,drive=root,serial=root"),
            *drive(PAYLOAD, folder / "payload.tar", "readonly=on"),
            *("-device", f"nvme,drive={PAYLOAD},serial={PAYLOAD}"),
            *("-device", "virtio-scsi-pci"),
        ]
        for disk in disks:
            command += disk.options()
        try:
            # The machine dies with the tests, however they end.
            done = subprocess.run(
                ["setpriv", "--pdeathsig", "KILL", *command],
                check=False,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
            words = done.stderr
        except subprocess.TimeoutExpired:
            words = f"not within {SECONDS} s"
        answers = (folder / "answers").read_text(errors="replace")
        try:
            told = [json.loads(line) for line in answers.splitlines()]
        except ValueError:
            told = []
        # A program that fails leaves its last words among the answers, and one that never started leaves none.
        assert told, f"{words}\n{answers}\n{(folder / 'console').read_text(errors='replace')[-3000:]}"
        return told


def _serial(name: str, folder: Path) -> list[str]:
    return ["-chardev", f"file,id={name},path={folder / name}", "-device", f"isa-serial,chardev={name}"]


def _pack(path: Path, files: Mapping[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
