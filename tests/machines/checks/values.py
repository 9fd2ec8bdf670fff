"""Settings of machines that no convenience may change, read from the files as they lie there."""

import re
from collections.abc import Iterator, Mapping

import yaml

from tests.machines.checks.machines import Machines, modules_of
from tests.machines.checks.units import Unit

SSH: Mapping[str, str] = {
    "PermitRootLogin": "no",
    "PasswordAuthentication": "no",
    "KbdInteractiveAuthentication": "no",
    "AuthorizedKeysFile": "none",
    "X11Forwarding": "no",
    "AllowAgentForwarding": "no",
}
"""Nobody enters but by OS Login, and takes nobody's agent along."""

IMAGES_SSH = 50
"""Number of cloud-init's own file in sshd_config.d, of which sshd takes the first word on anything."""

KERNEL: Mapping[str, str] = {
    "kernel.kptr_restrict": "[12]",
    "kernel.dmesg_restrict": "1",
    "kernel.yama.ptrace_scope": "[123]",
    "kernel.unprivileged_bpf_disabled": "[12]",
    "net.ipv4.conf.all.accept_redirects": "0",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv6.conf.all.accept_redirects": "0",
    "net.ipv4.conf.all.accept_source_route": "0",
    "fs.protected_fifos": "[12]",
    "fs.protected_regular": "[12]",
}
"""As the CIS benchmark of Debian has them."""

NEVER_IN_KERNEL = re.compile(r"(net\.ipv[46]\.(conf\.\w+\.)?(ip_)?forward(ing)?|kernel\.randomize_va_space)")
"""A machine is no router. Addresses are random by Debian's own default."""

PERIODIC = ("Update-Package-Lists", "Unattended-Upgrade")

JOURNAL: Mapping[str, str] = {"Storage": "persistent", "SystemMaxUse": r"\d+[MG]"}


def ssh(machines: Machines) -> Iterator[str]:
    """Nobody logs in with a password, as root, or with a key that lies on the disk."""
    for path, text in machines.texts(".conf").items():
        if "/sshd_config.d/" not in path:
            continue
        said: dict[str, str] = {}
        for key, _, value in (line.partition(" ") for line in text.splitlines() if line and not line.startswith("#")):
            said.setdefault(key, value.strip())
        for key, value in SSH.items():
            if said.get(key) != value:
                yield f"{path}: {key} {said.get(key, 'is left to the default')}. HINT: {key} {value}"
        if int(path.rpartition("/")[2].partition("-")[0]) >= IMAGES_SSH:
            yield f"{path}: the image's own file comes first, and its word counts. HINT: a number below {IMAGES_SSH}"
    if _has(machines, "base") and not any("/sshd_config.d/" in path for path in machines.texts(".conf")):
        yield "no role hardens the SSH daemon"


def superusers(machines: Machines) -> Iterator[str]:
    """Nobody becomes root but by the cloud's own word: root has no password, and no role writes a rule of sudo."""
    locked = removed = False
    for place, task in machines.tasks():
        for module, arguments in modules_of(task):
            path = str(arguments.get("dest") or arguments.get("path") or "")
            removed |= path.endswith("90-cloud-init-users") and arguments.get("state") == "absent"
            locked |= module == "user" and arguments.get("name") == "root" and arguments.get("password_lock") is True
            if path.startswith("/etc/sudoers") and arguments.get("state") != "absent":
                yield f"{place}: {path} makes superusers. HINT: roles of the cloud do"
            if module in ("authorized_key", "user") and arguments.get("name") != "root":
                yield f"{place}: makes an account of its own. HINT: OS Login, or Session Manager"
    if _has(machines, "base") and not removed:
        yield "base: the image's own account keeps its rights. HINT: state: absent for its file in sudoers.d"
    if _has(machines, "base") and not locked:
        yield "base: root has a password. HINT: password_lock: true"


def kernel(machines: Machines) -> Iterator[str]:
    """What hardens the kernel stays, and no machine becomes a router."""
    said: dict[str, str] = {}
    for path, text in machines.texts(".conf").items():
        for line in text.splitlines() if "/sysctl.d/" in path else ():
            key, sign, value = (part.strip() for part in line.partition("="))
            if sign and not key.startswith("#"):
                said[key] = value
            if sign and NEVER_IN_KERNEL.fullmatch(key):
                yield f"{path}: {line}: a machine forwards nothing and keeps Debian's own protection"
    for key, pattern in KERNEL.items() if _has(machines, "base") else ():
        if not re.fullmatch(pattern, said.get(key, "")):
            yield f"sysctl.d: {key} is {said.get(key, 'left to the default')}. HINT: one of {pattern}"


def upgrades(machines: Machines) -> Iterator[str]:
    """Debian's security updates come every day, from Debian alone, and never restart a machine."""
    texts = {path: text for path, text in machines.texts("upgrades").items() if "/apt.conf.d/" in path}
    if not _has(machines, "base"):
        return
    text = "\n".join(line for text in texts.values() for line in text.splitlines() if not line.startswith("//"))
    for key in PERIODIC:
        if f'APT::Periodic::{key} "1";' not in text:
            yield f'apt.conf.d: {key} does not run every day. HINT: APT::Periodic::{key} "1";'
    origins = re.findall(r'"((?:origin|site|o)=[^"]*)"', text)
    if not any("-security," in origin for origin in origins):
        yield "apt.conf.d: security updates are no origin"
    yield from (f"apt.conf.d: {each} is not Debian" for each in origins if not each.startswith("origin=Debian,"))
    if 'Automatic-Reboot "false";' not in text:
        yield 'apt.conf.d: machines restart by themselves. HINT: Automatic-Reboot "false"'


def journal_and_clock(machines: Machines) -> Iterator[str]:
    """The journal outlives a reboot and is bounded; one clock alone is asked, that of the cloud."""
    for path, text in machines.texts(".conf").items():
        if "/journald.conf.d/" in path:
            unit = Unit(text)
            for key, pattern in JOURNAL.items():
                if not re.fullmatch(pattern, unit.of("Journal", key)):
                    yield f"{path}: {key} {unit.of('Journal', key) or 'is missing'}. HINT: {pattern}"
        if path.endswith("/chrony.conf"):
            sources = re.findall(r"^(?:server|pool|peer) (\S+)", text, re.MULTILINE)
            if len(sources) != 1:
                yield f"{path}: {len(sources)} sources. HINT: the cloud's own, for a mixture jumps at a leap second"


def exporter(machines: Machines) -> Iterator[str]:
    """Metrics that everybody on the machine may read leave it only by its own report."""
    for written in machines.written():
        for address in re.findall(r"--web\.listen-address=(\S*?)[\"'\s]", written.text):
            if not re.match(r"(127\.0\.0\.1|localhost|\[::1\]):", address):
                yield f"{written.place}: it listens on {address}. HINT: 127.0.0.1"


def first_boot(machines: Machines) -> Iterator[str]:
    """From the first boot on nobody enters with a password or as root, and converge comes back at each."""
    if machines.only:
        return
    text = (machines.folder / "first_boot/user-data.yaml").read_text(encoding="utf-8")
    said = yaml.safe_load(text)
    for key, value in {"ssh_pwauth": False, "disable_root": True}.items():
        if said.get(key) is not value:
            yield f"user-data.yaml: {key} is {said.get(key)}. HINT: {str(value).lower()}"
    if ["systemctl", "enable", "--now", "packyard-converge.timer"] not in said["runcmd"]:
        yield "user-data.yaml: converge is not there after a reboot. HINT: systemctl enable --now"
    script = (machines.folder / "first_boot/gce-startup.sh").read_text(encoding="utf-8")
    if re.search(r"^apt-get", script, re.MULTILINE):
        yield "gce-startup.sh: it gives up on the first mirror that is away. HINT: until apt-get ...; do sleep; done"


def _has(machines: Machines, role: str) -> bool:
    return not machines.only or role in machines.only
