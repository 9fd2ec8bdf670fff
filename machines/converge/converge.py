#!/usr/bin/python3
"""Runs the playbook of the machine's role with the settings document as variables.

Called by fetch.py under its lock, with a document whose bundle this is. What happens is told to the journal, for people
in Ansible's words and for programs as lines of JSON (machines/README.md). Standard library alone.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import schema

MACHINES = Path(__file__).resolve().parent.parent
SCHEMA = MACHINES / "document.schema.json"
VARIABLES = Path("/run/packyard/variables.json")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TASK = re.compile(r"(?:TASK|RUNNING HANDLER) \[(.*)\] \**")
RESULT = re.compile(r"(changed|fatal|failed): \[")
RECAP = re.compile(r"localhost +: (ok=.*)")


def tell(event: str, facts: Mapping[str, Any]) -> None:
    """One line for programs that read the journal."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def in_window(window: Mapping[str, Any], now: datetime) -> bool:
    """Whether a service may be interrupted now; a window may pass midnight, also from Sunday to Monday."""
    hour, minute = map(int, window["start"].split(":"))
    days_ago = (now.weekday() - WEEKDAYS.index(window["day"])) % 7
    start = (now - timedelta(days=days_ago)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    if start > now:
        start -= timedelta(days=7)
    return now - start < timedelta(minutes=window["minutes"])


def snake(key: str) -> str:
    """The Ansible name of a key: dataDisk becomes data_disk."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def variables(document: Mapping[str, Any], *, may_interrupt: bool) -> dict[str, Any]:
    """Variables of the playbook: machine_* for what every machine has, <role>_* for the role's own settings.

    `machine_settings` is all of these at once, with the keys of the document, for a role that hands them to a program.
    """
    role = str(document["role"]).replace("-", "_")
    common = {f"machine_{snake(key)}": value for key, value in document.items()}
    own = {f"{role}_{snake(key)}": value for key, value in document["settings"].items()}
    return {**common, **own, "machine_may_interrupt": may_interrupt, "machine_folder": str(MACHINES)}


def accepted(candidate: Path) -> dict[str, Any]:
    """The document, in its place; one that the schema of this bundle forbids is told of and never gets there."""
    document = json.loads(candidate.read_text())
    faults = list(schema.Schema(json.loads(SCHEMA.read_text())).faults(document))
    if faults:
        tell("refused", {"faults": faults})
        sys.exit("\n".join(f"converge: the settings document is refused: {fault}" for fault in faults))
    candidate.replace(candidate.with_name("document.json"))
    return document


def install_ansible() -> None:
    """Debian's own Ansible; nothing from outside the distribution runs as root here."""
    if shutil.which("ansible-playbook"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-qy", "--no-install-recommends", "ansible-core"]):
        subprocess.run(["apt-get", *command], check=True, env=environment)  # noqa: S603, S607 -- no shell; Debian's own


def account(lines: Iterable[str]) -> dict[str, Any]:
    """What Ansible did, from the words that it prints; they are passed on."""
    counts: dict[str, int] = {}
    task, names = "", {"changed": dict[str, None](), "failed": dict[str, None]()}
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        if match := TASK.match(line):
            task = match[1]
        elif match := RESULT.match(line):
            names["changed" if match[1] == "changed" else "failed"][task] = None
        elif match := RECAP.match(line):
            counts = {name: int(value) for name, value in (pair.split("=") for pair in match[1].split())}
    return {**counts, "changed_tasks": list(names["changed"]), "failed_tasks": list(names["failed"])}


def play(document: Mapping[str, Any], *, may_interrupt: bool, dry: bool) -> int:
    """Runs the playbook; returns the exit status."""
    playbook = MACHINES / "playbooks" / f"{document['role']}.yml"
    if not playbook.is_file():
        tell("refused", {"faults": [f"the bundle has no playbook for the role {document['role']}"]})
        return 1
    install_ansible()
    VARIABLES.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    VARIABLES.write_text(json.dumps(variables(document, may_interrupt=may_interrupt)))
    command = ["ansible-playbook", str(playbook), "--inventory", "localhost,", "--extra-vars", f"@{VARIABLES}"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(MACHINES / "converge" / "ansible.cfg"), "LC_ALL": "C.UTF-8"}
    begun = time.monotonic()
    with subprocess.Popen(  # noqa: S603 -- no shell
        [*command, *(["--check", "--diff"] if dry else [])], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        done = account(process.stdout or ())
    seconds = round(time.monotonic() - begun)
    tell("finished", {"status": process.returncode, "seconds": seconds, "dry": dry, **done})
    return process.returncode


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="converge", description="Brings this machine to what its document says.")
    parser.add_argument(
        "document", type=Path, help="the fetched settings document; accepted, it becomes document.json beside it"
    )
    parser.add_argument("--now", action="store_true", help="may interrupt services outside the maintenance window")
    parser.add_argument("--dry", action="store_true", help="show what would change and change nothing")
    options = parser.parse_args(arguments)
    digest = hashlib.sha256(options.document.read_bytes()).hexdigest()
    document = accepted(options.document)
    may_interrupt = options.now or in_window(document["maintenanceWindow"], datetime.now(UTC))
    taken = {"role": document["role"], "document": digest, "bundle": document["bundle"]["sha256"]}
    tell("started", {**taken, "may_interrupt": may_interrupt, "dry": options.dry})
    return play(document, may_interrupt=may_interrupt, dry=options.dry)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
