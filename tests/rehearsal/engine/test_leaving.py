"""A system leaves a stack that is up by the very commands that `make leaving` prints, and nothing else is touched."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from capture import Registration, capture_stack, read_stack_file
from capture.wire import plain_struct
from policies.stateful import is_stateful
from preview.compare import Step, compare
from preview.leaving import without_section
from rehearsal.clouds import CloudResource, Operation
from rehearsal.engine import Engine, succeeded
from rehearsal.verdict import registrations
from tests.rehearsal.engine.support import Living, branch_of, change_stack_file
from tests.support import ROOT, STACK_FILES, estate

pytestmark = pytest.mark.engine

HANDS: Mapping[tuple[str, ...], tuple[str, str]] = {
    ("gcloud", "compute", "instances", "delete"): ("gcp:compute/instance:Instance", "name"),
    ("gcloud", "compute", "disks", "delete"): ("gcp:compute/disk:Disk", "name"),
    ("gcloud", "compute", "addresses", "delete"): ("gcp:compute/address:Address", "name"),
    ("gcloud", "secrets", "delete"): ("gcp:secretmanager/secret:Secret", "secretId"),
    ("gcloud", "iam", "service-accounts", "delete"): ("gcp:serviceaccount/account:Account", "email"),
    ("gcloud", "storage", "rm"): ("gcp:storage/bucket:Bucket", "url"),
    ("aws", "ec2", "terminate-instances"): ("aws:ec2/instance:Instance", "--instance-ids"),
    ("aws", "ec2", "delete-volume"): ("aws:ebs/volume:Volume", "--volume-id"),
    ("aws", "ec2", "release-address"): ("aws:ec2/eip:Eip", "--allocation-id"),
    ("aws", "ec2", "delete-network-interface"): (
        "aws:ec2/networkInterface:NetworkInterface",
        "--network-interface-id",
    ),
    ("aws", "secretsmanager", "delete-secret"): ("aws:secretsmanager/secret:Secret", "--secret-id"),
}
"""What a command removes, and which of its words says the one: a property, a URL, or what follows an option."""

LIFTING: Mapping[tuple[str, ...], tuple[str, str]] = {
    ("gcloud", "compute", "instances", "update"): ("deletionProtection", "--no-deletion-protection"),
    ("aws", "ec2", "modify-instance-attribute"): ("disableApiTermination", "--no-disable-api-termination"),
}
"""What a command switches off, and the word of it that says so."""

REMEMBER = """#!/usr/bin/env python3
import json, pathlib, sys
name = pathlib.Path(sys.argv[0]).name
with open({log!r}, "a", encoding="utf-8") as file:
    file.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
"""
"""Stands for the command line of a cloud."""


@pytest.mark.parametrize("living", ["staging"], indirect=True)
@pytest.mark.parametrize("section", ["databasePair", "devInstance"])
def test_a_system_leaves_by_what_is_printed_and_nothing_else_is_touched(
    living: Living, section: str, tmp_path: Path
) -> None:
    with branch_of(living, tmp_path, checkpoints=False) as engine:
        printed = leaving_of(engine, section)
        before = {entry.id: entry for entry in registrations(engine.state()) if entry.custom}
        made = dict(engine.clouds.resources)

        commands = followed(engine, section, printed, tmp_path)

        known = {entry.id for entry in registrations(engine.state())}
        forgotten = {identifier for identifier in made if identifier not in known}
        assert {before[identifier].urn for identifier in forgotten} == told_by_the_preview(section)
        assert [identifier for identifier in forgotten if is_of_another(before[identifier], section)] == []
        calls = engine.clouds.calls
        assert {call.id for call in calls if call.operation is Operation.DELETE} <= forgotten
        assert [call for call in calls if call.operation is not Operation.DELETE] == []

        kept = [identifier for identifier in forgotten if identifier in engine.clouds.resources]
        assert {identifier for identifier in kept if not before[identifier].retain_on_delete} == set()
        assert sorted(removed(engine, commands)) == sorted(kept)
        assert set(engine.clouds.resources) == known & set(made)
        succeeded(engine.preview("--expect-no-changes"))


def told_by_the_preview(section: str) -> set[str]:
    """The URNs that `make preview` says go with a section."""
    shorter = without_section(read_stack_file(STACK_FILES, "staging"), section)
    return {
        change.registration.urn
        for change in compare(estate("staging"), capture_stack(ROOT, shorter)).of(Step.DELETE)
        if change.registration.type.partition(":")[0] != "pulumi"
    }


OF_IT_ALONE = {"databasePair": "audit-exchange", "devInstance": "backup-vault-offsite-dev-instance"}
"""What other components made for a system alone: their names begin so."""


def is_of_another(entry: Registration, section: str) -> bool:
    """Whether it belongs to another system. What another made for this one alone is no loss of the other."""
    component = {"databasePair": "packyard:database_pair:", "devInstance": "packyard:dev_instance:"}[section]
    return not entry.urn.split("::")[2].startswith(component) and (
        is_stateful(entry) or not entry.name.startswith(OF_IT_ALONE[section])
    )


def leaving_of(engine: Engine, section: str) -> list[str]:
    """The lines that are printed."""
    command = [sys.executable, "-m", "preview.leaving", engine.stack, section]
    finished = subprocess.run(command, cwd=engine.project, capture_output=True, text=True, check=True)
    return finished.stdout.splitlines()


def followed(engine: Engine, section: str, printed: Sequence[str], folder: Path) -> list[list[str]]:
    """Gives every command in one shell, takes the section out where it is asked for; what the clouds were told."""
    third = next(index for index, line in enumerate(printed) if line.startswith("# 3."))
    stack_file = engine.project / f"Pulumi.{engine.stack}.yaml"
    shorter = folder / "shorter.yaml"
    shorter.write_bytes(stack_file.read_bytes())
    change_stack_file(shorter, {section: None})
    lines = [*printed[:third], f"cp '{shorter}' '{stack_file}'", *printed[third:]]
    bin_folder, log = folder / "bin", folder / "commands"
    bin_folder.mkdir()
    programs = {
        "pulumi": f'#!/bin/sh\nexec "{engine.cli.path}" "$@" --non-interactive --cwd "{engine.project}"\n',
        **dict.fromkeys(("aws", "gcloud"), REMEMBER.format(log=str(log))),
    }
    for name, text in programs.items():
        (bin_folder / name).write_text(text, encoding="utf-8")
        (bin_folder / name).chmod(0o755)
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        env={
            **engine.environment,
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "PULUMI_DEBUG_PROVIDERS": engine.providers.addresses,
            "PULUMI_SKIP_CONFIRMATIONS": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def removed(engine: Engine, commands: Sequence[Sequence[str]]) -> Iterator[str]:
    """The resources that commands remove from the simulated clouds, in their order."""
    lifted: set[str] = set()
    for command in commands:
        head = next((words for words in (*HANDS, *LIFTING) if tuple(command[: len(words)]) == words), None)
        assert head is not None, f"not a command of the clouds: {shlex.join(command)}"
        if head in LIFTING:
            switch, word = LIFTING[head]
            assert word in command
            lifted.add(_meant(engine, command, switch).id)
            continue
        found = _named(engine, command, *HANDS[head])
        switches = [switch for switch, _ in LIFTING.values()] if found.type.endswith(":Instance") else []
        guarded = any(_property(found, switch) is True for switch in switches)
        assert not guarded or found.id in lifted, f"the cloud refuses {shlex.join(command)}"
        del engine.clouds.resources[found.id]
        users = [entry.id for entry in engine.clouds.resources.values() if _uses(entry, found)]
        assert users == [], f"{found.id} goes before what uses it"
        yield found.id


def _meant(engine: Engine, command: Sequence[str], switch: str) -> CloudResource:
    """The machine that has a switch and that a command names."""
    (found,) = (
        entry
        for entry in engine.clouds.resources.values()
        if _property(entry, switch) is True
        and entry.type.endswith(":Instance")
        and any(name in command for name in (entry.id, _property(entry, "name")))
    )
    return found


def _named(engine: Engine, command: Sequence[str], kind: str, key: str) -> CloudResource:
    """The one resource that a command names, in the project, zone or region that it says."""
    (found,) = (
        entry
        for entry in engine.clouds.resources.values()
        if entry.type == kind and _is_named(entry, command, key) and _lies_there(entry, command)
    )
    return found


def _is_named(entry: CloudResource, command: Sequence[str], key: str) -> bool:
    if key == "url":
        return f"gs://{_property(entry, 'name')}" in command
    if key.startswith("--"):
        return command[command.index(key) + 1] in (entry.id, _property(entry, "name"))
    return _property(entry, key) in command


def _lies_there(entry: CloudResource, command: Sequence[str]) -> bool:
    """A resource of GCP has its place in its id, one of AWS says none of its own where its provider does."""
    options = dict(word[2:].split("=", 1) for word in command if word.startswith("--") and "=" in word)
    if entry.type.startswith("aws:"):
        return bool(options["region"])
    place = options.get("zone") or options.get("region") or "global"
    return entry.id.startswith(f"projects/{options['project']}/{place}/")


def _property(entry: CloudResource, key: str) -> object:
    return plain_struct(entry.properties).get(key)


def _uses(entry: CloudResource, gone: CloudResource) -> bool:
    """Whether a resource still names one that is gone, by its id or link."""
    names = [name for name in (gone.id, _property(gone, "selfLink")) if name]
    return entry.type.startswith(("gcp:compute/", "aws:ec2/", "aws:ebs/")) and any(
        f'"{name}"' in str(entry.properties) for name in names
    )
