"""What on a root file system belongs to one machine, and what to Debian and to every machine.

A root that is kept for other machines must hold nothing of the one that it was made with. `forget` takes away whatever
is not known to be everybody's; `residue` looks with other eyes, at kinds and contents, and must find nothing.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SHARED_STATE = (
    r"var/\.updated",
    r"var/lib/dpkg(/.*)?",
    r"var/lib/apt/extended_states",
    r"var/lib/ucf(/.*)?",
    r"var/lib/pam(/.*)?",
    r"var/lib/systemd/deb-systemd-(user-)?helper-(enabled|masked)(/.*)?",
    r"var/cache/(debconf|ldconfig)(/.*)?",
)
"""Below /var, what Debian's tools remember of packages. Everything else there is a machine's own."""

OWN_CONFIGURATION = (
    r"etc/(machine-id|hostname|hosts|resolv\.conf|lab-dmi\.json|adjtime)",
    r"etc/(passwd|group|shadow|gshadow|subuid|subgid)-",
    r"etc/apt/(sources\.list|sources\.list\.d/.*)",
    r"etc/ssh/(ssh_host_.*|sshd_config\.d/50-cloud-init\.conf)",
    r"etc/ssl/(private/.*|certs/ssl-cert-snakeoil\.pem|certs/[0-9a-f]{8}\.\d+)",
    r"etc/(packyard|wireguard|postgresql|pgbackrest)/.*",
    r"etc/systemd/system/(.*/)?packyard-[^/]*",
    r"etc/systemd/system/packyard-[^/]*/.*",
)
"""Below /etc: identity, keys, names, what cloud-init writes for its instance, and units that the first boot writes."""

FIRST_BOOT_PROGRAMS = (r"usr/local/lib/packyard/fetch\.py",)
"""What user data writes, so that on each machine it does."""

STATE = re.compile(r"(var)(/.*)?")
ELSEWHERE = re.compile(r"(?!(etc|usr|var|bin|sbin|lib|lib64)(/|$)).*")
"""Places that hold no programs and no configuration: homes, data, temporary files."""

_OWN = re.compile("|".join((*OWN_CONFIGURATION, *FIRST_BOOT_PROGRAMS)))
_SHARED = re.compile("|".join(SHARED_STATE))


@dataclass(frozen=True)
class Residue:
    """Something of one machine's on a root file system."""

    path: str
    what: str


def forget(layer: Path, packaged: frozenset[str]) -> None:
    """Takes everything of one machine's off a layer; what lies below the layer shows again.

    `packaged` are the paths that packages own, with no slash before them.
    """
    for path in _bottom_up(layer):
        name = str(path.relative_to(layer))
        if not is_own(name, packaged):
            continue
        if stat.S_ISDIR(path.lstat().st_mode):
            if not any(path.iterdir()):
                path.rmdir()
        else:
            path.unlink()


def is_own(name: str, packaged: frozenset[str]) -> bool:
    """Whether a path is one machine's own."""
    if _OWN.fullmatch(name):
        return True
    if STATE.fullmatch(name):
        return name not in packaged and not _SHARED.fullmatch(name)
    return bool(ELSEWHERE.fullmatch(name)) and name not in packaged


def packaged_paths(root: Path) -> frozenset[str]:
    """What the packages that are installed on a root file system own."""
    lists = (root / "var/lib/dpkg/info").glob("*.list")
    return frozenset(line.lstrip("/") for file in lists for line in file.read_text().splitlines())


KINDS = (
    (r"etc/machine-id|var/lib/dbus/machine-id", "identity of a machine"),
    (r"etc/hostname", "name of a machine"),
    (r"etc/ssh/ssh_host_.*", "key of an SSH daemon"),
    (r"(.*/)?authorized_keys.*", "key of a person"),
    (r"var/lib/cloud/.*", "state of cloud-init"),
    (r"var/lib/packyard/.*|etc/packyard/.*|run/packyard/.*", "settings of a machine"),
    (r"(.*/)?(random-seed|random_seed|credential\.secret)", "seed of randomness"),
    (r"etc/wireguard/.*", "tunnel"),
    (r"var/log/.*|.*\.journal", "log"),
    (r"(.*/)?PG_VERSION|etc/postgresql/.*", "database cluster"),
    (r"(.*/)?\.(bash|python|psql)_history", "history of a shell"),
)
CONTENTS = (
    (rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----", "private key"),
    (rb"(?m)^\s*PrivateKey\s*=", "key of a tunnel"),
    (rb"(?m)^(ssh-(ed25519|rsa)|ecdsa-sha2-\S+) AAAA", "public key of one machine or person"),
    (rb"LPKSHHRH", "journal"),
)
LOOKED_INTO = re.compile(r"(etc|var|root|home|srv|opt|usr/local)/.*")
"""Programs of packages are not looked into: some hold keys of their own tests."""


def residue(layer: Path, marks: Iterable[str]) -> Iterator[Residue]:
    """What a layer holds of one machine: by kind of file, by content, and by `marks`, values of that machine."""
    wanted = [(re.compile(pattern), what) for pattern, what in CONTENTS]
    wanted += [(re.compile(re.escape(mark.encode())), f"{mark!r}") for mark in marks if mark]
    for path in _bottom_up(layer):
        if not stat.S_ISREG(path.lstat().st_mode):
            continue
        name = str(path.relative_to(layer))
        if path.stat().st_size:
            yield from (Residue(name, what) for pattern, what in KINDS if re.fullmatch(pattern, name))
        if LOOKED_INTO.fullmatch(name) and not _SHARED.fullmatch(name):
            content = path.read_bytes()
            yield from (Residue(name, what) for pattern, what in wanted if pattern.search(content))


def describe(found: Sequence[Residue]) -> str:
    """One line for each."""
    return "\n".join(f"  /{each.path}: {each.what}" for each in found)


def _bottom_up(layer: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(layer, topdown=False):
        yield from (Path(folder, name) for name in (*files, *folders))
