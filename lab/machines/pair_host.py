"""A host of the pair: a machine with a data disk that outlives its boot disk."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lab.clouds.metadata import CloudStandIn, GoogleCloud, kind_of
from lab.machines.machine import Machine
from lab.machines.root_disk import RootDisk
from lab.network.faults import Seat
from lab.network.network import LabNetwork
from lab.scratch import scratch_folder
from settings.database_pair.document import MOUNT_POINT

ROOT_DISK = "4g"
TUNNEL_DEVICE = Path("/dev/net/tun")
"""For WireGuard without the kernel's help."""


class PairHost(Machine):
    """pg-a or pg-b."""

    def __init__(
        self, cloud: CloudStandIn, name: str, seat: Seat, network: LabNetwork, names: Mapping[str, str], data: str
    ) -> None:
        """`data` is the size of the data disk, as tmpfs takes it."""
        self.cloud = cloud
        self.name = name
        self.seat = seat
        self._names = names
        self.data = scratch_folder(f"{name}-data")
        """The data disk, from outside."""
        # In memory: the drills measure PostgreSQL and the way to it, not the disks of a test machine.
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={data},mode=755", "tmpfs", self.data], check=True)
        super().__init__(network, self._root_disk(), {self.data: MOUNT_POINT, TUNNEL_DEVICE: str(TUNNEL_DEVICE)})

    def first_boot(self) -> None:
        """Boots as a new machine does. Google's startup script installs cloud-init first, and reboots."""
        self.boot()
        if isinstance(self.cloud, GoogleCloud):
            self.restart(600)

    def rebuild(self, *, keep_data: bool) -> None:
        """A new machine in place of this one, as after a change of its image; the data disk may be lost too."""
        self.kill()
        self.disk.remove()
        if not keep_data:
            for entry in self.data.iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self.disk = self._root_disk()
        self.first_boot()

    def fill_data_disk(self) -> None:
        """Leaves not one byte."""
        with (self.data / "filler").open("wb") as file:
            free = os.statvfs(self.data)
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)

    def empty_data_disk(self) -> None:
        """Makes room again."""
        (self.data / "filler").unlink()

    def has_converged(self) -> bool:
        """Whether it is up, and its last run of converge ended well."""
        try:
            return self.is_up() and self.metric("last_run_success") == 1
        except LookupError:
            return False

    def close(self) -> None:
        """Takes it away with both disks."""
        super().close()
        subprocess.run(["umount", "--lazy", self.data], check=True)
        self.data.rmdir()

    def _root_disk(self) -> RootDisk:
        return RootDisk(kind_of(self.cloud), self._names, ROOT_DISK)
