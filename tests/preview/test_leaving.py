"""A system can leave: what protects it is named, and what the clouds keep has a command each."""

import re

import pytest

from capture import capture_stack, read_stack_file
from policies.stateful import STATEFUL_TYPES
from preview.compare import Step, compare
from preview.leaving import BY_HAND, NEEDED_BY, NoSuchSystemError, can_leave, leaving, lines, main, without_section
from tests.support import ROOT, STACK_FILES, STACKS, estate, faults_of

SECTIONS = ("packageServer", "devInstance", "runnerFleet", "databasePair", "cloudNativeCluster", "ciIdentity")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_protected_and_every_kept_resource_of_the_system_is_named(section: str) -> None:
    before = estate("staging")
    after = capture_stack(ROOT, without_section(read_stack_file(STACK_FILES, "staging"), section))
    comparison = compare(before, after)
    gone = [change.registration for change in comparison.of(Step.DELETE)]
    told = list(lines(leaving(comparison, before), "staging", section))

    assert gone
    assert {entry.urn for entry in gone if entry.protect} == set(
        re.findall(r"unprotect .*'(urn:[^']+)'", "\n".join(told))
    )
    kept = [entry for entry in gone if entry.retain_on_delete]
    last = told[[line.startswith("# 4.") for line in told].index(True) + 1 :]
    assert sorted(line.rpartition("  # ")[2] for line in last if "  # " in line) == sorted(entry.name for entry in kept)
    assert [line for line in told if line.startswith("(")] == [], "a shell would run it"
    assert [
        line for line in last if "{" in line.replace("${", "") or "--region=  " in line or "--project=  " in line
    ] == []


def test_machines_go_before_their_disks_and_addresses() -> None:
    before = estate("staging")
    after = capture_stack(ROOT, without_section(read_stack_file(STACK_FILES, "staging"), "databasePair"))
    kinds = [orphan.registration.kind for orphan in leaving(compare(before, after), before).orphans]

    assert kinds[:2] == ["Instance", "Instance"]


def test_every_stateful_type_has_a_command() -> None:
    assert set(STATEFUL_TYPES) - set(BY_HAND) <= {"aws:route53/zone:Zone", "gcp:compute/regionDisk:RegionDisk"}


@pytest.mark.parametrize("stack", STACKS)
def test_what_can_leave_is_what_the_settings_can_be_without(stack: str) -> None:
    stack_file = read_stack_file(STACK_FILES, stack)
    sections = [key.removeprefix("packyard:") for key in stack_file.config]

    assert can_leave(stack_file) == tuple(sorted(name for name in sections if not faults_of(stack, {name: None})))


@pytest.mark.parametrize(
    ("section", "reason"),
    [("aws", "no stack can be without"), ("backupVault", "databasePair and devInstance cannot be without it")],
)
def test_a_section_that_cannot_leave_says_why(section: str, reason: str) -> None:
    with pytest.raises(NoSuchSystemError, match=reason):
        without_section(read_stack_file(STACK_FILES, "staging"), section)


def test_the_vault_leaves_after_what_keeps_its_backups_there() -> None:
    alone = read_stack_file(STACK_FILES, "staging")
    for section in NEEDED_BY["backupVault"]:
        alone = without_section(alone, section)

    assert "backupVault" in can_leave(alone)


def test_a_section_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["staging", "devInstances"]) == 1
    assert "HINT: one of" in capsys.readouterr().err
