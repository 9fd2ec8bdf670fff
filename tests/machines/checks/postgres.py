"""What PostgreSQL reads on a host of the pair: nothing that loses data, and nobody but the peers and clients named."""

import ipaddress
import re
from collections.abc import Iterator, Mapping

from tests.machines.checks.machines import Machines
from tests.machines.roles.database.database_role import HOSTS, document

SAFE: Mapping[str, str] = {
    "fsync": "on",
    "full_page_writes": "on",
    "ssl": "on",
    "archive_mode": "on",
    "wal_level": "replica|logical",
    "hot_standby": "on",
    "ssl_min_protocol_version": r"TLSv1\.3",
    "password_encryption": "scram-sha-256",
    "synchronous_commit": "local|remote_write|on|remote_apply",
    "zero_damaged_pages": "off",
    "ignore_checksum_failure": "off",
    "autovacuum": "on",
    "log_connections": "on|off",
}
"""Last words on what loses acknowledged data or opens the server (PostgreSQL, "Server Configuration")."""

DEFAULTS: Mapping[str, str] = {
    "fsync": "on",
    "full_page_writes": "on",
    "zero_damaged_pages": "off",
    "ignore_checksum_failure": "off",
    "autovacuum": "on",
    "log_connections": "off",
    "password_encryption": "scram-sha-256",
}

METHODS = {"local": ("peer",), "hostssl": ("cert", "scram-sha-256"), "host": ("reject",), "hostnossl": ("reject",)}
"""By the first word of a line of pg_hba.conf. A password over TCP needs TLS."""


def parameters(machines: Machines) -> Iterator[str]:
    """No parameter that loses what was acknowledged, whichever file says it last."""
    said: dict[str, tuple[str, str]] = {}
    for path, text in _files(machines):
        for line in text.splitlines():
            found = re.fullmatch(r"\s*(\w+)\s*=?\s*'?(.*?)'?\s*", line)
            if found and not line.lstrip().startswith(("#", "include")):
                said[found[1]] = (found[2], path)
    if not said:
        return
    for key, pattern in SAFE.items():
        value, path = said.get(key, (DEFAULTS.get(key, ""), "no file"))
        if not re.fullmatch(pattern, value):
            yield f"{path}: {key} = {value or 'nothing'}. HINT: {pattern}"
    value, path = said.get("listen_addresses", ("", ""))
    for address in (part.strip() for part in value.split(",")):
        if not _is_private(address):
            yield f"{path}: it listens on {address}. HINT: private addresses by name"
    if said["synchronous_commit"][1].endswith("10-pair.conf") is False:
        yield f"{said['synchronous_commit'][1]}: the stack file says what a commit waits for. HINT: synchronousCommit"


def _is_private(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address == "localhost"
    return found.is_private and not found.is_unspecified


def _files(machines: Machines) -> list[tuple[str, str]]:
    """In the order in which PostgreSQL reads them: its own file, then conf.d by name."""
    texts = {path: text for path, text in machines.texts(".conf").items() if path.startswith("/etc/postgresql/")}
    wanted = [path for path in texts if path.endswith("/postgresql.conf")]
    return [(path, texts[path]) for path in (*wanted, *sorted(path for path in texts if "/conf.d/" in path))]


def peers(machines: Machines) -> Iterator[str]:
    """pg_hba.conf is what the document says, word by word, and nobody in it is trusted."""
    said = [written for written in machines.written() if written.path.endswith("/pg_hba.conf")]
    for host, written in zip(HOSTS, said, strict=False):
        rules = [line.split() for line in written.text.splitlines() if line and not line.startswith("#")]
        wanted = [_line(rule) for rule in document(host, with_clients=True)["settings"]["identity"]["hba"]]
        if [" ".join(rule) for rule in rules] != wanted:
            yield f"{written.path} of {host}: other lines than the document has: {len(rules)}, not {len(wanted)}"
        for rule in rules:
            method = rule[3] if rule[0] == "local" else rule[4]
            if method not in METHODS[rule[0]]:
                yield f"{written.path} of {host}: {' '.join(rule)}: {method}. HINT: {' or '.join(METHODS[rule[0]])}"
        if not rules or rules[-1] != ["host", "all", "all", "all", "reject"]:
            yield f"{written.path} of {host}: the last line lets somebody in. HINT: host all all all reject"


def _line(rule: Mapping[str, str]) -> str:
    return " ".join(filter(None, (rule["type"], rule["database"], rule["user"], rule["address"], rule["method"])))


def names(machines: Machines) -> Iterator[str]:
    """On the pair root is postgres; Pulp's users are one role of the package server; everybody else is themselves."""
    for written in machines.written():
        if not written.path.endswith("/pg_ident.conf"):
            continue
        for line in (line for line in written.text.splitlines() if line and not line.startswith("#")):
            _, system, role = line.split()
            if written.role == "package_server" and system.startswith("packages-") and role == "pulp":
                continue
            if (system, role) != ("root", "postgres") and not (role == r"\1" and system.startswith("/^(")):
                yield f"{written.path}: {line}: somebody becomes another. HINT: root is postgres, others are themselves"


def guard(machines: Machines) -> Iterator[str]:
    """PostgreSQL starts only when the guard lets it, after its disk and its tunnel."""
    for written in machines.written():
        if written.text and re.search(r"/postgresql@.*\.service\.d/.*\.conf$", written.path):
            guard = ("ExecStartPre=+/usr/local/sbin/pairctl guard",) if written.role == "database" else ()
            for line in (*guard, "RequiresMountsFor=/"):
                if not re.search(rf"^{re.escape(line)}", written.text, re.MULTILINE):
                    yield f"{written.path}: {line} is missing"


def archive(machines: Machines) -> Iterator[str]:
    """What fetches from the archive ends in time, says what it has not, and runs as postgres."""
    for written in machines.written():
        if written.path.endswith("/pair-archive-get"):
            if re.search(r"^\s*pgbackrest ", written.text, re.MULTILINE):
                yield f"{written.path}: pgbackrest has no limit of time. HINT: timeout"
            if written.text.rstrip().splitlines()[-1] != "exit 1":
                yield f"{written.path}: it says that a file is there which is not. HINT: exit 1 at its end"
        if written.path.endswith("/pair-as-postgres") and "exec runuser -u postgres -- " not in written.text:
            yield f"{written.path}: the program runs as root. HINT: runuser -u postgres"
        if written.path.endswith("/pgbackrest.conf") and "[global:archive-get]\narchive-async=n\n" not in written.text:
            yield f"{written.path}: archive-get is asynchronous. HINT: archive-async=n"
