"""A machine of the estate: what converge did on it, and one machine with a cloud and a network of its own."""

import re
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.clouds.metadata import CloudStandIn, kind_of
from lab.machines.container import Container
from lab.machines.image import MIRROR_NAMES, image_folder
from lab.machines.root_disk import RootDisk
from lab.machines.wheels import FOLDER, listing, wheels_folder
from lab.network.dhcp import serve_addresses
from lab.network.network import GATEWAY, METADATA, LabNetwork
from lab.network.web import Reply, Request, serve

UNIT = "packyard-converge.service"

ADDRESS = "10.99.0.2"
"""Of the machine that is alone in its network."""


class Machine(Container):
    """A machine that converges."""

    def converge(self, *, by_timer: bool = False) -> bool:
        """One run of the unit, as the timer would start it; whether it ended well."""
        self.run("systemctl", "reset-failed", "packyard-converge.service", check=False)
        if by_timer:
            before = self.run("systemctl", "show", "--value", "-p", "InvocationID", UNIT)
            self.run("systemctl", "restart", "packyard-converge.timer")
            self.wait_for(
                lambda: self.run("systemctl", "show", "--value", "-p", "InvocationID", UNIT) != before,
                30,
                "the timer starts converge",
            )
            self.wait_for(
                lambda: self.run("systemctl", "show", "--value", "-p", "SubState", UNIT).strip() in ("dead", "failed"),
                180,
                "converge ends",
            )
        else:
            self.run("systemctl", "start", UNIT, check=False)
        success = self.run("systemctl", "show", "--value", "-p", "Result", UNIT).strip() == "success"
        # A failed run would come again within the next test.
        self.run("systemctl", "stop", UNIT)
        return success

    def words(self) -> str:
        """What the last run of converge said."""
        run = self.run("systemctl", "show", "--value", "-p", "InvocationID", UNIT).strip()
        return self.run("journalctl", "--no-pager", "-o", "cat", f"_SYSTEMD_INVOCATION_ID={run}")

    def metric(self, name: str) -> float:
        """A metric as the node exporter would read it; 0 where it was never written."""
        text = self.read("/var/lib/packyard/metrics/packyard_converge.prom")
        found = re.search(rf"^packyard_converge_{name} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0

    def fingerprint(self) -> str:
        """Digests of all that converge owns: configuration, programs, document; a bundle is named by its own."""
        folders = "/etc /usr/local /var/lib/packyard /var/cache/packyard"
        passed = ("*/__pycache__/*", "/var/lib/packyard/bundles/*", "/var/lib/packyard/metrics/*")
        names = f"find {folders} -type f " + " ".join(f"-not -path '{path}'" for path in passed)
        return self.run("sh", "-c", f"{names} | sort | xargs sha256sum", check=False)


class LoneMachine(Machine):
    """One machine with its cloud, in a network that has no way out."""

    def __init__(self, cloud: CloudStandIn, layers: Sequence[Path] = ()) -> None:
        """`layers` of a kept root; with none it is the bare image of its cloud."""
        self.cloud = cloud
        super().__init__(LabNetwork(), ADDRESS, RootDisk(kind_of(cloud), _names(), layers=layers))
        self.network.add_machine(ADDRESS)
        serve_addresses(self.network, lambda _: ADDRESS)
        serve(self.network, METADATA, 80, cloud.metadata)
        serve(self.network, GATEWAY, 443, cloud.service, image_folder() / "server.pem")
        serve(self.network, GATEWAY, 80, mirror)

    def first_boot(self) -> None:
        """Boots as a new machine does. Google's startup script installs cloud-init where there is none, and reboots."""
        reboots = self.disk.lacks_cloud_init
        self.boot()
        if reboots:
            self.restart(600)

    def close(self) -> None:
        """Takes its network away too."""
        super().close()
        self.network.close()


def common_names() -> dict[str, str]:
    """Where every machine of the lab finds its metadata service and Debian's mirror."""
    hosts = (image_folder() / MIRROR_NAMES).read_text().split()
    return {"metadata.google.internal": METADATA, "metadata": METADATA, **dict.fromkeys(hosts, GATEWAY)}


def _names() -> Mapping[str, str]:
    names = ["storage.googleapis.com", "monitoring.googleapis.com", "s3.amazonaws.com"]
    names += [f"{host}.us-east-1.amazonaws.com" for host in ("monitoring", "example-pkg-staging-machine-store.s3")]
    return {**common_names(), **dict.fromkeys(names, GATEWAY)}


def mirror(request: Request) -> Reply:
    """Debian's mirror: packages of the image folder; and Python's, below a folder of it."""
    path = urllib.parse.unquote(request.path)
    if path == FOLDER:
        return Reply(body=listing(), headers={"Content-Type": "text/html"})
    file = (wheels_folder() if path.startswith(FOLDER) else image_folder() / "mirror") / Path(path).name
    return Reply(body=file.read_bytes()) if file.is_file() else Reply(404)
