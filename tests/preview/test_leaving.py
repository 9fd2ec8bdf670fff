"""A system can leave: what protects it is named, and what the clouds keep has a command each."""

import re

import pytest

from capture import capture_stack, read_stack_file
from policies.stateful import STATEFUL_TYPES
from preview.compare import Step, compare
from preview.leaving import BY_HAND, leaving, lines, main, without_section
from tests.support import ROOT, STACK_FILES, estate

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
    assert sorted(line.rpartition("# ")[2] for line in last) == sorted(entry.name for entry in kept)
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


def test_a_section_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["staging", "devInstances"]) == 1
    assert "HINT: one of" in capsys.readouterr().err
