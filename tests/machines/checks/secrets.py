"""Who may read and write what roles leave on a machine."""

import re
from collections.abc import Iterator
from typing import Any, cast

from tests.machines.checks.machines import SYSTEMD, Machines, all_may_read, modules_of, others_may

MODE = re.compile(r"0[0-7]{3}|[ugo]+=[rwxX]*(,[ugo]+=[rwxX]*)*")

SECRET_PLACE = re.compile(
    r"/etc/wireguard/|/certificates$|authority|/etc/pgbackrest|pg_hba|pg_ident|[./-]key$|passphrase|password|credential|token"
)
"""Paths that hold a key, a passphrase or a token, or say who needs none."""

SECRET_WORD = re.compile(
    r"(?i)\b\w*-?(password|passwd|passphrase|cipher[-_]pass|token|(private|secret)[-_ ]?(access[-_])?key)"
    r"\s*[=:]\s*[^\s{]"
)
"""A secret with its value. Names of secrets and of their files end otherwise."""

SECRET_KEYS = re.compile(r"(?i)password|passwd|passphrase|private_?key|token|secret_?value")
"""Keys of a task below which a secret lies."""

MAKES_A_KEY = re.compile(r"\bgenkey\b|\bgenpsk\b|openssl (genrsa|genpkey|rand)|ssh-keygen")

UNIT_FOLDERS = ("RuntimeDirectory", "CacheDirectory", "StateDirectory", "LogsDirectory")


def modes(machines: Machines) -> Iterator[str]:
    """Every file has a mode in quotes, and nobody but its owner writes it."""
    for written in machines.written():
        if written.module == "file" and written.arguments.get("state") == "absent":
            continue
        if not MODE.fullmatch(written.mode):
            yield f'{written.place}: mode {written.mode or "is missing"}. HINT: four digits in quotes, such as "0644"'
        elif "w" in others_may(written.mode):
            yield f"{written.place}: mode {written.mode} lets others than the owner write"


def secret_places(machines: Machines) -> Iterator[str]:
    """What holds a secret, or says who needs none, is not for everybody's eyes."""
    for written in machines.written():
        is_secret = SECRET_PLACE.search(written.path) and not written.path.startswith((SYSTEMD, "/usr/"))
        if is_secret and all_may_read(written.mode):
            yield f'{written.place}: mode {written.mode} lets everybody read. HINT: "0600", or "0640" with a group'
    for path, text in machines.texts(".conf").items():
        for line in text.splitlines() if path.startswith("/etc/tmpfiles.d/") else ():
            if not line.startswith("#") and all_may_read(line.split()[2]):
                yield f"{path}: {line}: everybody may enter. HINT: the last digit of a place of tokens and locks is 0"


def secret_values(machines: Machines) -> Iterator[str]:
    """No secret's value is in a file that a role writes, nor in a task that Ansible would tell to the journal."""
    for written in machines.written():
        for line in () if written.path.endswith(".py") else written.text.splitlines():
            if not line.lstrip().startswith(("#", "//")) and SECRET_WORD.search(line):
                yield f"{written.place}: {line.strip().partition('=')[0]} has a value. HINT: a program reads it"
    for place, task in machines.tasks():
        if task.get("no_log") is True:
            continue
        for module, arguments in modules_of(task):
            keys = set(_keys([arguments, task.get("vars", {})]))
            found = sorted(key for key in keys if SECRET_KEYS.search(key) and key not in NAMES_OF_SECRETS)
            if found and module not in ("include_role", "user"):
                yield f"{place}: {found[0]} shows in the journal. HINT: no_log: true"


NAMES_OF_SECRETS = ("passwordSecret", "password_lock")
"""Keys whose values are the names of secrets, or no secrets."""


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _keys(inner)


def made_keys(machines: Machines) -> Iterator[str]:
    """A key is made once, and nobody can read it while it is made."""
    for place, task in machines.tasks():
        for module, arguments in modules_of(task):
            text = str(arguments)
            if module not in ("command", "shell") or not MAKES_A_KEY.search(text):
                continue
            if "umask 077" not in text:
                yield f"{place}: the key may be read by all until its mode is set. HINT: umask 077 before it"
            if "creates" not in text:
                yield f"{place}: each run makes another key. HINT: creates: the path of the key"


def unit_folders(machines: Machines) -> Iterator[str]:
    """Folders that systemd makes for a service are closed, and no unit has a secret in its environment."""
    for path, text in machines.texts(".service").items():
        for key in UNIT_FOLDERS:
            if re.search(rf"^{key}=", text, re.MULTILINE) and not re.search(rf"^{key}Mode=0700$", text, re.MULTILINE):
                yield f"{path}: {key} may be entered by others. HINT: {key}Mode=0700"


def authority(machines: Machines) -> Iterator[str]:
    """The key of the authority is root's: whoever takes PostgreSQL over must not be able to sign."""
    for written in machines.written():
        if "authority" in written.path and (written.arguments.get("owner"), written.mode) != ("root", "0700"):
            yield f'{written.place}: not root\'s alone. HINT: owner root, mode "0700"'
