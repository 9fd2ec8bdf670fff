"""Kept roots: every machine makes its own identity and keys, and none is on the root that it shares with others."""

from collections.abc import Iterator

import pytest

from lab.machines import kept_root, own
from lab.machines.machine import LoneMachine
from settings.vocabulary import Cloud
from tests.machines.booted.keeper import representatives


@pytest.fixture(scope="module")
def twin(machines: dict[Cloud, LoneMachine]) -> Iterator[LoneMachine]:
    """Another machine on the very root that the machine on GCE has."""
    stand_in = machines[Cloud.GCP].cloud
    made = LoneMachine(kept_root.with_base_alone(Cloud.GCP), kept_root.layers_of(stand_in))
    try:
        made.first_boot()
        made.wait_for(lambda: made.is_up() and made.metric("last_run_success") == 1, 300, "it converges")
        yield made
    finally:
        made.close()


def made_by_itself(machine: LoneMachine) -> set[str]:
    """Identity and keys of a machine."""
    keys = machine.run("sh", "-c", "cut -d' ' -f2 /etc/ssh/ssh_host_*.pub").split()
    assert len(keys) > 1
    return {machine.read("/etc/machine-id").strip(), machine.read("/var/lib/dbus/machine-id").strip(), *keys} - {""}


def test_two_machines_of_one_root_share_no_identity_and_no_key(machine: LoneMachine, twin: LoneMachine) -> None:
    assert len(made_by_itself(machine)) == len(made_by_itself(twin)) > 2
    assert made_by_itself(machine) & made_by_itself(twin) == set()


@pytest.mark.parametrize("kind", representatives(), ids="-".join)
def test_no_root_holds_anything_of_a_machine(kind: tuple[Cloud, str], machine: LoneMachine) -> None:
    *kept, _ = kept_root.layers(*kind)

    found = [each for layer in kept for each in own.residue(layer, kept_root.marks_of(machine))]

    assert kept
    assert found == [], own.describe(found)


def test_on_the_own_layer_of_a_machine_all_of_it_would_be_found(machine: LoneMachine) -> None:
    found = list(own.residue(machine.disk.upper, kept_root.marks_of(machine)))

    there = {each.path for each in found}
    for path in ("etc/machine-id", "etc/ssh/ssh_host_ed25519_key", "var/lib/packyard/document.json"):
        assert path in there
    kinds = {each.what for each in found}
    assert {"state of cloud-init", "log", "journal", "private key"} <= kinds


def test_whatever_is_found_is_also_taken_away(machine: LoneMachine) -> None:
    packaged = own.packaged_paths(machine.disk.root)

    for each in own.residue(machine.disk.upper, kept_root.marks_of(machine)):
        assert own.is_own(each.path, packaged), each
