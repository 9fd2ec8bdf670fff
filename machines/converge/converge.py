#!/usr/bin/python3
"""Runs the playbook of the machine's role with the settings document as variables.

Called by fetch.py under its lock, with a document whose bundle this is. Standard library alone.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import schema

MACHINES = Path(__file__).resolve().parent.parent
SCHEMA = MACHINES / "document.schema.json"
VARIABLES = Path("/run/packyard/variables.json")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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
    """Variables of the playbook: machine_* for what every machine has, <role>_* for the role's own settings."""
    role = str(document["role"]).replace("-", "_")
    common = {f"machine_{snake(key)}": value for key, value in document.items() if key != "settings"}
    own = {f"{role}_{snake(key)}": value for key, value in document["settings"].items()}
    return {**common, **own, "machine_may_interrupt": may_interrupt, "machine_folder": str(MACHINES)}


def accepted(candidate: Path) -> dict[str, Any]:
    """The document, in its place; one that the schema of this bundle forbids is told of and never gets there."""
    document = json.loads(candidate.read_text())
    faults = list(schema.Schema(json.loads(SCHEMA.read_text())).faults(document))
    if faults:
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


def play(document: Mapping[str, Any], *, may_interrupt: bool, dry: bool) -> int:
    """Runs the playbook; returns the exit status."""
    playbook = MACHINES / "playbooks" / f"{document['role']}.yml"
    if not playbook.is_file():
        sys.stderr.write(f"converge: the bundle has no playbook for the role {document['role']}\n")
        return 1
    install_ansible()
    VARIABLES.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    VARIABLES.write_text(json.dumps(variables(document, may_interrupt=may_interrupt)))
    command = ["ansible-playbook", str(playbook), "--inventory", "localhost,", "--extra-vars", f"@{VARIABLES}"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(MACHINES / "converge" / "ansible.cfg"), "LC_ALL": "C.UTF-8"}
    options = ["--check", "--diff"] if dry else []
    return subprocess.run([*command, *options], check=False, env=environment).returncode  # noqa: S603 -- no shell


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="converge", description="Brings this machine to what its document says.")
    parser.add_argument(
        "document", type=Path, help="the fetched settings document; accepted, it becomes document.json beside it"
    )
    parser.add_argument("--now", action="store_true", help="may interrupt services outside the maintenance window")
    parser.add_argument("--dry", action="store_true", help="show what would change and change nothing")
    options = parser.parse_args(arguments)
    document = accepted(options.document)
    may_interrupt = options.now or in_window(document["maintenanceWindow"], datetime.now(UTC))
    return play(document, may_interrupt=may_interrupt, dry=options.dry)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
