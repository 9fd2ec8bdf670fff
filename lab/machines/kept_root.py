"""Roots that machines have converged on, kept for others of the same cloud and role (docs/decisions/0023).

Two layers above the bare image of a cloud: what the role `base` brings, made by a machine that boots and converges as
registered but for a playbook of `base` alone; and the packages of the other roles, unpacked with no machine running.
Neither holds anything of a machine's own. On top of them a machine boots and converges in full, as on a bare image; it
finds its packages there, and Google's startup script finds cloud-init.
"""

import re
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.bundle import change_bundle
from lab.clouds.metadata import CloudStandIn, kind_of
from lab.machines import own
from lab.machines.cache import digest_of, folder_of, kept
from lab.machines.chroot import install, run_in
from lab.machines.image import image_folder
from lab.machines.machine import LoneMachine
from lab.machines.packages import BASE, MACHINES, packages_beside_base, sources, sources_of
from lab.machines.root_disk import RootDisk
from lab.placement import machines_of
from lab.project import registered
from lab.registered import cloud_of, name_stand_in_agent, role_of
from settings.vocabulary import Cloud

BOOT_SECONDS = 600
"""For a boot from a bare image to its first converge, on a machine that does other things as well."""

REGULAR = range(1000, 60000)
"""Numbers of accounts that no package made (Debian Policy 9.2.2)."""

NO_SERVICE = "#!/bin/sh\nexit 101\n"
"""policy-rc.d: what is installed with no machine running starts nothing."""

BASE_ALONE = b"---\n- name: Base alone\n  hosts: localhost\n  roles:\n    - base\n"

NO_CLUSTER = "create_main_cluster = false\n"


def bare(cloud: Cloud) -> tuple[Path, ...]:
    """The image of a cloud alone."""
    return (image_folder() / cloud,)


def layers(cloud: Cloud, role: str) -> tuple[Path, ...]:
    """What the root disk of a machine of this role is laid over, topmost first; made where it is not kept."""
    base = kept(*_base(cloud), lambda folder: _make_base(cloud, folder))
    below = (base, *bare(cloud))
    packages = packages_beside_base(role)
    if not packages:
        return below
    return (kept(*_above(cloud, role), lambda folder: _make_packages(cloud, below, packages, folder)), *below)


def folders(cloud: Cloud, role: str) -> tuple[Path, ...]:
    """Where the kept layers are, or would be."""
    above = [folder_of(*_above(cloud, role))] if packages_beside_base(role) else []
    return (*above, folder_of(*_base(cloud)))


def _base(cloud: Cloud) -> tuple[str, str]:
    """Kind and digest."""
    return f"machine-root-{cloud}-base", base_digest(cloud)


def _above(cloud: Cloud, role: str) -> tuple[str, str]:
    """Kind and digest of the packages of a role."""
    inputs = [base_digest(cloud).encode(), " ".join(packages_beside_base(role)).encode(), *_code()]
    return f"machine-root-{cloud}-packages", digest_of(inputs)


def layers_of(stand_in: CloudStandIn) -> tuple[Path, ...]:
    """The layers for a machine, by its cloud and the role in its document."""
    return layers(kind_of(stand_in), role_of(stand_in))


def prepare(stand_ins: Iterable[CloudStandIn]) -> None:
    """Makes what these machines need and is not kept, both clouds at once."""
    kinds = sorted({(kind_of(each), role_of(each)) for each in stand_ins})

    def make(cloud: Cloud) -> None:
        for kind in kinds:
            if kind[0] is cloud:
                layers(*kind)

    with ThreadPoolExecutor(len(Cloud)) as pool:
        tuple(pool.map(make, Cloud))


def bare_layers_of(stand_in: CloudStandIn) -> tuple[Path, ...]:
    """The image of a machine's cloud alone."""
    return bare(kind_of(stand_in))


def with_base_alone(cloud: Cloud) -> CloudStandIn:
    """The first machine of a cloud as registered for staging, but for a playbook of base alone."""
    capture = registered("staging")
    stand_in = next(each for name in machines_of(capture) if kind_of(each := cloud_of(name, capture)) is cloud)
    name_stand_in_agent(stand_in)
    change_bundle(stand_in, {f"playbooks/{role_of(stand_in)}.yml": BASE_ALONE})
    return stand_in


def base_digest(cloud: Cloud) -> str:
    """Of everything that the kept root of a cloud is made from."""
    return digest_of(
        [image_folder().name.encode(), cloud.encode(), *(file.read_bytes() for file in base_inputs()), *_code()]
    )


def base_inputs() -> list[Path]:
    """The files that decide what `base` makes of a machine: the first boot, converge, its roles and their programs."""
    return [*sources(MACHINES / "first_boot"), *sources(MACHINES / "converge"), *sources_of(BASE)]


def _code() -> list[bytes]:
    """What makes and cleans a kept root."""
    return [Path(file).read_bytes() for file in (__file__, str(own.__file__))]


def _make_base(cloud: Cloud, folder: Path) -> None:
    """Boots a machine of the cloud from the bare image, with a playbook of base alone, and keeps what it leaves."""
    machine = LoneMachine(with_base_alone(cloud), bare(cloud))
    try:
        machine.first_boot()
        machine.wait_for(
            lambda: machine.is_up() and machine.metric("last_run_success") == 1, BOOT_SECONDS, "base converges"
        )
        marks = marks_of(machine)
        machine.power_off()
        _keep(machine.disk, folder, marks)
    finally:
        machine.close()


def _make_packages(cloud: Cloud, below: tuple[Path, ...], packages: tuple[str, ...], folder: Path) -> None:
    """Unpacks the packages over the layers below; their scripts run, their services and clusters do not."""
    disk = RootDisk(cloud, {}, layers=below)
    try:
        policy = disk.root / "usr/sbin/policy-rc.d"
        policy.write_text(NO_SERVICE)
        policy.chmod(0o755)
        drop_in = disk.root / "etc/postgresql-common/createcluster.d/kept-root.conf"
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text(NO_CLUSTER)
        install(disk.root, image_folder() / "mirror", *packages)
        for file in (policy, drop_in):
            file.unlink()
        drop_in.parent.rmdir()
        _keep(disk, folder, [])
    finally:
        disk.remove()


def _keep(disk: RootDisk, folder: Path, marks: list[str]) -> None:
    """Takes what lies above the layers of a disk. Raises RuntimeError where something of one machine is left in it."""
    for line in (disk.root / "etc/passwd").read_text().splitlines():
        name, _, number, *_ = line.split(":")
        if int(number) in REGULAR:
            run_in(disk.root, "userdel", name)
    packaged = own.packaged_paths(disk.root)
    subprocess.run(["cp", "-a", f"{disk.upper}/.", str(folder)], check=True)
    own.forget(folder, packaged)
    left = list(own.residue(folder, marks))
    if left:
        raise RuntimeError(f"a kept root would hold what belongs to one machine:\n{own.describe(left)}")


def marks_of(machine: LoneMachine) -> list[str]:
    """Values that no other machine has."""
    cloud = machine.cloud
    documents = [content.decode() for address, content in cloud.bucket.objects.items() if address.endswith(".json")]
    names = [machine.read("/etc/machine-id").strip(), machine.read("/proc/sys/kernel/random/boot_id").strip()]
    keys = machine.run("sh", "-c", "cut -d' ' -f2 /etc/ssh/ssh_host_*.pub").split()
    found = [match for text in documents for match in re.findall(r'"(?:sha256|url)": "([^"]+)"', text)]
    return [*names, *keys, *found, machine.run("hostname").strip()]
