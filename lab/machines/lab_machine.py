"""A machine of a lab: one that converges, with its cloud, its seat in the network and its data disk."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.clouds.metadata import CloudStandIn, kind_of
from lab.machines.machine import Machine
from lab.machines.root_disk import RootDisk
from lab.network.network import LabNetwork
from lab.placement import Seat
from lab.registered import document_address
from lab.scratch import scratch_folder

ROOT_DISK = "4g"
TUNNEL_DEVICE = Path("/dev/net/tun")
"""For WireGuard without the kernel's help."""

FIRST_BOOT_SECONDS = 600
"""Most that Google's startup script may take to install cloud-init."""


@dataclass(frozen=True)
class DataDisk:
    """A data disk in memory: containers have no block devices, and what is tested is not the disks of this host."""

    mount_point: str
    size: str
    """As tmpfs takes it."""


class LabMachine(Machine):
    """Any machine of a capture."""

    def __init__(
        self,
        cloud: CloudStandIn,
        name: str,
        seat: Seat,
        network: LabNetwork,
        names: Mapping[str, str],
        data_disk: DataDisk | None,
        layers: Sequence[Path],
    ) -> None:
        """`names` are the hosts that it reaches by name, with their addresses; `layers` those below its root disk."""
        self.cloud = cloud
        self.name = name
        self.seat = seat
        self._names = names
        self._layers = layers
        self.data: Path | None = None
        """The data disk, from outside."""
        folders = {TUNNEL_DEVICE: str(TUNNEL_DEVICE)}
        if data_disk is not None:
            # A mount has its own mode, so it stands in a folder that nobody else may enter.
            self.data = scratch_folder(f"{name}-data") / "disk"
            self.data.mkdir()
            options = f"size={data_disk.size},mode=755"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.data], check=True)
            folders[self.data] = data_disk.mount_point
        super().__init__(network, seat.private, self._root_disk(), folders)

    @property
    def document(self) -> Any:
        """What lies in the machine store for it now."""
        return json.loads(self.cloud.bucket.objects[document_address(self.cloud)])

    @property
    def role(self) -> str:
        """As its document says."""
        return str(self.document["role"])

    def change_document(self, change: Callable[[Any], None]) -> None:
        """Puts another document in place; its next converge applies it."""
        document = self.document
        change(document)
        self.cloud.bucket.objects[document_address(self.cloud)] = json.dumps(document).encode()

    def first_boot(self) -> None:
        """Boots as a new machine does. Google's startup script installs cloud-init where there is none, and reboots."""
        reboots = self.disk.lacks_cloud_init
        self.boot()
        if reboots:
            self.restart(FIRST_BOOT_SECONDS)

    def reboot(self, seconds: int = 180) -> None:
        """An orderly restart; returns as soon as it is up again."""
        self.run("systemctl", "reboot")
        self.restart(seconds)
        self.wait_for(self.is_up, seconds, f"{self.name} is up again")

    def rebuild(self, *, keep_data: bool) -> None:
        """A new machine in place of this one, as after a change of its image; the data disk may be lost too."""
        self.kill()
        self.disk.remove()
        if not keep_data:
            for entry in self._data().iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self.disk = self._root_disk()
        self.first_boot()

    def fill_data_disk(self) -> None:
        """Leaves not one byte."""
        with (self._data() / "filler").open("wb") as file:
            free = os.statvfs(self._data())
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)

    def empty_data_disk(self) -> None:
        """Makes room again."""
        (self._data() / "filler").unlink()

    def has_converged(self) -> bool:
        """Whether it is up, and its last run of converge ended well."""
        try:
            return self.is_up() and self.metric("last_run_success") == 1
        except LookupError:
            return False

    def close(self) -> None:
        """Takes it away with both disks."""
        super().close()
        if self.data is not None:
            subprocess.run(["umount", "--lazy", self.data], check=True)
            self.data.rmdir()
            self.data.parent.rmdir()

    def _data(self) -> Path:
        if self.data is None:
            raise LookupError(f"{self.name} has no data disk")
        return self.data

    def _root_disk(self) -> RootDisk:
        return RootDisk(kind_of(self.cloud), self._names, ROOT_DISK, layers=self._layers)
