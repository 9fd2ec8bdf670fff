"""What is downloaded and run on a machine, and how a task may fail."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.machines.checks.machines import Machines, listed, modules_of

LOCAL = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]")
PIPED_INSTALLER = re.compile(r"\b(curl|wget)\b[^\n]*\|\s*(sudo\s+)?(ba|da)?sh\b")
UNPROVEN = ("allow_unauthenticated", "allow_downgrade", "force", "disable_gpg_check")

READ_AT_EACH_RUN = (
    *("/apt.conf.d/", "tmpfiles.d/", "/etc/postgresql-common/", "/etc/hosts", "/etc/pgbackrest/", "/etc/packyard/"),
    *("/start.conf", "/environment", "/etc/systemd/system/", "/etc/sysusers.d/"),
)
"""Settings that no running service holds: a program reads them whenever it starts, or a later task looks at them. Units
have a check of their own."""

VALIDATED = ("sshd_config.d", "/etc/nftables", "sudoers", "/postgresql.conf", "/conf.d/1")
"""Settings by which a machine is lost if they are wrong, and whose program can read them before they are in place."""


def downloads(machines: Machines) -> Iterator[str]:
    """A download has a digest, a version and TLS; a package comes from Debian or from such a download."""
    for place, task in machines.tasks():
        for module, arguments in modules_of(task):
            text = str(arguments)
            if module == "get_url":
                yield from (f"{place}: {fault}" for fault in _download(arguments))
            if module in ("apt", "unarchive", "pip", "dnf") and re.search(r"https?://", text):
                yield f"{place}: installs what it downloads. HINT: get_url with a checksum, then the file"
            if re.search(r"http://", LOCAL.sub("", text)):
                yield f"{place}: without TLS anybody between may change it. HINT: https"
            for key in UNPROVEN if module in ("apt", "get_url", "dnf") else ():
                if arguments.get(key):
                    yield f"{place}: {key} takes what nobody signed"


def _download(arguments: Mapping[str, Any]) -> Iterator[str]:
    if not re.match(r"sha(256|512):(\{\{.+\}\}|[0-9a-f]{64,})$", str(arguments.get("checksum", ""))):
        yield 'no digest. HINT: checksum: "sha256:..."'
    if "{{" not in str(arguments["url"]) or "latest" in str(arguments["url"]):
        yield "no version in its address, so its digest breaks without notice"
    if arguments.get("validate_certs") is False:
        yield "it takes any certificate"


def shells(machines: Machines) -> Iterator[str]:
    """A pipe fails where its beginning does, an installer is never run from the network, a script stops at a fault."""
    for place, task in machines.tasks():
        for module, arguments in modules_of(task):
            text = str(arguments)
            if module in ("shell", "command") and PIPED_INSTALLER.search(text):
                yield f"{place}: runs what the network says. HINT: get_url with a checksum"
            if module == "shell" and re.search(r"(?<!\|)\|(?!\|)", text) and "pipefail" not in text:
                yield f"{place}: a pipe hides the failure of its beginning. HINT: set -o pipefail in /bin/bash"
    for path in sorted(machines.folder.rglob("*")):
        if path.is_file() and (text := _script(path)) and not re.search(r"^(set -[eu]+|exec )|\|\| exit$", text, re.M):
            yield f"{path.relative_to(machines.folder)}: it goes on after a fault. HINT: set -eu"


def _script(path: Path) -> str:
    if path.suffix not in (".sh", ".j2", ""):
        return ""
    text = path.read_text(encoding="utf-8", errors="replace")
    return text if re.match(r"#!\s*/bin/(ba)?sh", text) else ""


def failures(machines: Machines) -> Iterator[str]:
    """A failure is passed over only by a task whose answer another one looks at; a proof can be wrong."""
    everything = {role.name: _words(role.folder) for role in machines.roles()}
    for place, task in machines.tasks():
        if "ignore_errors" in task:
            yield f"{place}: a failure is passed over. HINT: failed_when says which answer is none"
        register = str(task.get("register", ""))
        uses = everything[place.partition("/")[0]].count(register) if register else 0
        if task.get("failed_when") is False and uses < 2:
            yield f"{place}: it cannot fail, and nobody looks at its answer"
        for module, arguments in modules_of(task):
            for condition in listed(arguments["that"]) if module == "assert" else ():
                if not re.search(r"[a-z]\w*[._][a-z]", str(condition)):
                    yield f"{place}: `{condition}` holds on every machine"


def _words(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.suffix in (".yml", ".j2"))
    return [word for file in files for word in re.findall(r"\w+", file.read_text(encoding="utf-8"))]


def taken_in(machines: Machines) -> Iterator[str]:
    """A changed setting reaches the service that holds it, before the role is proven; a bad one never gets there."""
    for written in machines.written():
        if written.module not in ("copy", "template") or not written.path.startswith("/etc/"):
            continue
        if not written.task.get("notify") and not any(part in written.path for part in READ_AT_EACH_RUN):
            yield f"{written.place}: no service is told of a change. HINT: notify, or say why in READ_AT_EACH_RUN"
        if any(part in written.path for part in VALIDATED) and not written.arguments.get("validate"):
            yield f"{written.place}: nobody tries it before it is in place. HINT: validate"
    for role in machines.roles():
        text = (role.folder / "tasks/main.yml").read_text(encoding="utf-8")
        flushed, proven = text.find("flush_handlers"), text.find("verify.yml")
        if list((role.folder / "handlers").glob("*.yml")) and not 0 <= flushed < proven:
            yield f"{role.name}/tasks/main.yml: it is proven before changes are applied. HINT: meta: flush_handlers"


def services(machines: Machines) -> Iterator[str]:
    """What is switched off is stopped too, and the firewall is never restarted: its stop opens the machine."""
    for place, task in machines.tasks():
        arguments = task.get("ansible.builtin.systemd_service", {})
        if arguments.get("enabled") is False and arguments.get("state") != "stopped":
            yield f"{place}: it is not there after a reboot. HINT: enabled: true"
        if arguments.get("name") == "nftables" and arguments.get("state") == "restarted":
            yield f"{place}: the machine is open between stop and start. HINT: state: reloaded"
