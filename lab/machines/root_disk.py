"""The root disk of a machine: an image, bare or kept, under a layer in memory that goes with the machine."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.machines.image import dmi, image_folder
from lab.scratch import scratch_folder
from settings.vocabulary import Cloud

SIZE = "2g"
"""In memory; small enough to be filled by a test."""

NETWORK = """[Match]
Name=host0
[Network]
DHCP=ipv4
"""

GUEST_AGENT = """[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/lab-guest-agent
[Install]
WantedBy=multi-user.target
"""

STARTUP_SCRIPT = """#!/usr/bin/python3
# Stands for the agent that Google's images bring: runs the startup script at every boot.
import subprocess
import urllib.request

url = "http://metadata.google.internal/computeMetadata/v1/instance/attributes/startup-script"
request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
subprocess.run(["sh"], check=True, input=urllib.request.urlopen(request).read())
"""


class RootDisk:
    """A fresh one, with what a machine in the lab needs on top of its image."""

    def __init__(
        self, cloud: Cloud, names: Mapping[str, str], size: str = SIZE, *, layers: Sequence[Path] = ()
    ) -> None:
        """`names` are the hosts that it can reach by name, with their addresses.

        `layers` are those of a kept root, topmost first; with none it is the bare image of the cloud.
        """
        self._folder = scratch_folder("machine")
        self.root = self._folder / "root"
        self.upper = self._folder / "disk/upper"
        """What differs from the layers."""
        self._mount(layers or (image_folder() / cloud,), size)
        self._dress(cloud, names)

    def remove(self) -> None:
        """With everything on it."""
        for mount in (self.root, self._folder / "disk"):
            subprocess.run(["umount", "--lazy", mount], check=True)
        shutil.rmtree(self._folder)

    @property
    def lacks_cloud_init(self) -> bool:
        """Whether the first boot begins with the installation of cloud-init, and a reboot."""
        return not (self.root / "usr/bin/cloud-init").exists()

    def _mount(self, layers: Sequence[Path], size: str) -> None:
        disk = self._folder / "disk"
        disk.mkdir()
        self.root.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", disk], check=True)
        self.upper.mkdir()
        (disk / "work").mkdir()
        lower = ":".join(str(layer) for layer in layers)
        options = f"lowerdir={lower},upperdir={self.upper},workdir={disk / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", self.root], check=True)

    def _dress(self, cloud: Cloud, names: Mapping[str, str]) -> None:
        etc = self.root / "etc"
        timer = etc / "systemd/system/packyard-converge.timer.d/lab.conf"
        timer.parent.mkdir(exist_ok=True)
        # Machines of a fleet wait a random time; the tests do not.
        timer.write_text("[Timer]\nRandomizedDelaySec=0\nAccuracySec=100ms\n")
        (etc / "systemd/network/10-lab.network").write_text(NETWORK)
        (etc / "lab-dmi.json").write_text(dmi(cloud))
        lines = [f"{address} {name}\n" for name, address in names.items()]
        (etc / "hosts").write_text("127.0.0.1 localhost\n" + "".join(lines))
        if cloud is Cloud.GCP:
            unit = etc / "systemd/system/google-startup-scripts.service"
            unit.write_text(GUEST_AGENT)
            agent = self.root / "usr/local/sbin/lab-guest-agent"
            agent.write_text(STARTUP_SCRIPT)
            agent.chmod(0o755)
            wants = etc / "systemd/system/multi-user.target.wants"
            wants.mkdir(exist_ok=True)
            link = wants / unit.name
            link.unlink(missing_ok=True)
            link.symlink_to(f"../{unit.name}")
