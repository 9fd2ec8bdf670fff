"""The root file systems that machines boot from, and the Debian mirror that they install from; built once, kept.

Debian's own packages and nothing else; Python's lie apart (wheels.py). The lab adds what a container lacks: a
certificate authority that its stand-ins for the clouds are certified by, a static network, and the hardware identity by
which cloud-init knows a cloud.
"""

import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from lab.machines import chroot
from lab.machines.cache import digest_of, kept
from lab.machines.chroot import install, run, run_in
from lab.machines.packages import all_roles, packages_of
from lab.machines.wheels import FOLDER
from settings.vocabulary import Cloud

SUITE = "trixie"
BARE = ("systemd", "systemd-sysv", "dbus", "iproute2", "openssh-server", "procps", "python3", "ca-certificates")
"""What both clouds' images have, and no more: what a role needs it has to install."""

INSTALLED_FIRST = ("cloud-init", "ansible-core")
"""What a machine installs before it has a role."""

FOR_THE_LAB = ("faketime", "wireguard-go")
"""On every image: a clock for a single service, and WireGuard for a kernel without it."""

HOSTS = (
    "metadata.google.internal",
    "storage.googleapis.com",
    "monitoring.googleapis.com",
    "s3.amazonaws.com",
    "*.s3.us-east-1.amazonaws.com",
    "secretmanager.googleapis.com",
    "sts.googleapis.com",
    "sts.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    *(f"{service}.us-east-1.amazonaws.com" for service in ("monitoring", "secretsmanager", "ssm", "sts")),
)
"""What the stand-ins are certified for, beside the mirror."""

MIRROR_NAMES = "mirror-names"
"""File of the image folder: the hosts that its machines install from, one a line."""

DMI = Path("usr/lib/python3/dist-packages/cloudinit/dmi.py")
DMI_STAND_IN = '''"""cloud-init reads no DMI in a container, so the lab says what the hardware of a cloud would."""
import json

def read_dmi_data(key):
    with open("/etc/lab-dmi.json") as file:
        return json.load(file).get(key)

def sub_dmi_vars(text):
    return text
'''


@cache
def on_the_mirror() -> tuple[str, ...]:
    """What machines install, as their roles name it; packages that these need come along."""
    named = (name for role in all_roles() for name in packages_of(role))
    return tuple(sorted({*INSTALLED_FIRST, *FOR_THE_LAB, *named}))


@cache
def image_folder() -> Path:
    """Folder with gcp/ and aws/ (root file systems), mirror/, mirror-names, authority.pem, server.pem, server.key.

    Named by the digest of the code that builds it and of the packages: a change of either builds anew, and the folder
    may be removed at any time.
    """
    code = [Path(file).read_bytes() for file in (__file__, str(chroot.__file__))]
    return kept("machine-image", digest_of([*code, " ".join(on_the_mirror()).encode()]), _build)


def _build(folder: Path) -> None:
    gcp, mirror = folder / Cloud.GCP, folder / "mirror"
    mirror.mkdir()
    download = f"apt-get -qy --no-install-recommends --download-only install {' '.join(on_the_mirror())}"
    # In a mount namespace of its own: an interrupted build leaves /proc and /sys mounted in the folder, and clearing it
    # away would reach into those of the host.
    run(
        "unshare",
        "--mount",
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(BARE)}",
        f'--customize-hook=chroot "$1" {download}',
        f"--customize-hook=cp $1/var/cache/apt/archives/*.deb {mirror}/",
        SUITE,
        str(gcp),
    )
    _agent_package(mirror)
    _index(mirror)
    names = _mirror_names(gcp, mirror)
    (folder / MIRROR_NAMES).write_text("\n".join(names))
    _certificates(folder, names)
    _dress(gcp, folder, names[0])
    install(gcp, mirror, *FOR_THE_LAB)
    aws = folder / Cloud.AWS
    run("cp", "-a", "--reflink=auto", str(gcp), str(aws))
    install(aws, mirror, "cloud-init")
    # Debian's images for EC2 have it; those for GCE do not.
    (aws / "etc/cloud/cloud.cfg.d/99-image.cfg").write_text(
        "datasource_list: [ Ec2, None ]\nnetwork: {config: disabled}\n"
    )


def _mirror_names(root: Path, mirror: Path) -> list[str]:
    """Hosts that the packages come from: apt's own, and those that cloud-init puts in its place at the first boot."""
    (package,) = mirror.glob("cloud-init_*.deb")
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        file = files.extractfile("./etc/cloud/cloud.cfg")
        assert file is not None
        text = (root / "etc/apt/sources.list").read_text() + file.read().decode()
    return list(dict.fromkeys(re.findall(r"https?://([^/\s]+)/debian", text)))


def _certificates(folder: Path, mirror: list[str]) -> None:
    """An authority that only these root file systems trust, and one certificate for all stand-ins."""
    authority, server = folder / "authority", folder / "server"
    common = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650")
    sign = ("-addext", "keyUsage=critical,keyCertSign")
    run(
        "openssl",
        "req",
        "-x509",
        *common,
        *sign,
        "-subj",
        "/CN=lab",
        "-keyout",
        f"{authority}.key",
        "-out",
        f"{authority}.pem",
    )
    names = ",".join(f"DNS:{host}" for host in (*HOSTS, *mirror))
    signed = ("-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-addext", f"subjectAltName={names}")
    usage = ("-addext", "basicConstraints=critical,CA:false", "-addext", "extendedKeyUsage=serverAuth")
    files = ("-keyout", f"{server}.key", "-out", f"{server}.pem")
    run("openssl", "req", "-x509", *common, "-subj", "/CN=stand-in", *signed, *usage, *files)
    authority.with_suffix(".key").unlink()


def _agent_package(mirror: Path) -> None:
    """Stands for the Systems Manager agent, which AWS alone hands out: a service of that name that does nothing."""
    with tempfile.TemporaryDirectory() as text:
        root = Path(text)
        (root / "DEBIAN").mkdir(mode=0o755)
        (root / "DEBIAN/control").write_text(
            "Package: amazon-ssm-agent\nVersion: 1\nArchitecture: amd64\nMaintainer: lab <lab@example.com>\n"
            "Description: stands for the agent\n"
        )
        unit = root / "lib/systemd/system/amazon-ssm-agent.service"
        unit.parent.mkdir(parents=True)
        unit.write_text("[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n")
        root.chmod(0o755)
        run("dpkg-deb", "--build", "--root-owner-group", str(root), str(mirror / "amazon-ssm-agent.deb"))


def _index(mirror: Path) -> None:
    """A flat repository: one list of packages with their digests."""
    entries: list[str] = []
    for package in sorted(mirror.glob("*.deb")):
        control = subprocess.run(["dpkg-deb", "-f", package], check=True, capture_output=True, text=True).stdout
        content = package.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        entries.append(f"{control}Filename: ./{package.name}\nSize: {len(content)}\nSHA256: {digest}\n")
    (mirror / "Packages").write_text("\n".join(entries))


def _dress(root: Path, folder: Path, mirror: str) -> None:
    """What both clouds' machines need in the lab."""
    (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] http://{mirror}/debian ./\n")
    (root / "etc/pip.conf").write_text(
        f"[global]\nno-index = true\nfind-links = http://{mirror}{FOLDER}\ntrusted-host = {mirror}\n"
    )
    # The host's own resolver does not answer in the lab.
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").touch()
    for file in (root / "etc/hostname", *root.glob("etc/ssh/ssh_host_*")):
        file.unlink(missing_ok=True)
    shutil.copy(folder / "authority.pem", root / "usr/local/share/ca-certificates/lab.crt")
    run_in(root, "update-ca-certificates")
    run_in(root, "dpkg-divert", "--add", "--divert", f"/{DMI}.real", "--no-rename", f"/{DMI}")
    (root / DMI).parent.mkdir(parents=True, exist_ok=True)
    (root / DMI).write_text(DMI_STAND_IN)
    run_in(root, "systemctl", "enable", "systemd-networkd.service", "systemd-networkd-wait-online.service")


def dmi(cloud: Cloud) -> str:
    """What the hardware of a cloud says of itself, as JSON."""
    if cloud is Cloud.GCP:
        return json.dumps({"system-product-name": "Google Compute Engine"})
    uuid = "ec2e1916-9099-7caf-fd21-012345abcdef"
    return json.dumps({"system-uuid": uuid, "system-serial-number": uuid, "system-manufacturer": "Amazon EC2"})
