"""A record of URNs per stack: a rename without an alias deletes the old resource and makes a new one."""

from dataclasses import replace

import pytest

from capture import Capture, Registration
from tests.estate.record_urns import COMMAND, lost, recorded, short_urns
from tests.support import STACKS, estate


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_renamed_or_removed_unseen(stack: str) -> None:
    gone = lost(recorded(stack), estate(stack))

    assert gone == [], (
        "the next update would delete these. Renamed? Give the resource aliases=[pulumi.Alias(name=<old name>)]."
        f" Meant to go? Say so in docs/decisions, then accept it: {COMMAND}"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_the_record_is_complete(stack: str) -> None:
    new = sorted(short_urns(estate(stack)) - recorded(stack))

    assert new == [], f"new resources are fine; accept them: {COMMAND}"


def test_a_rename_without_an_alias_is_caught() -> None:
    capture = estate("staging")
    vpc = capture.of_type("aws:ec2/vpc:Vpc")[0].urn

    assert lost(short_urns(capture), _renamed(capture, vpc, "lan")) == [vpc.split("::", 2)[2]]


def test_an_alias_carries_the_old_resource_on() -> None:
    capture = estate("staging")
    vpc = capture.of_type("aws:ec2/vpc:Vpc")[0].urn

    assert lost(short_urns(capture), _renamed(capture, vpc, "lan", alias=vpc)) == []


def test_the_alias_of_a_component_carries_its_children_on() -> None:
    capture = estate("staging")
    network = capture.of_type("packyard:network:AwsNetwork")[0].urn

    assert lost(short_urns(capture), _renamed(capture, network, "lan", alias=network)) == []
    assert lost(short_urns(capture), _renamed(capture, network, "lan")) != []


def _renamed(capture: Capture, urn: str, name: str, alias: str = "") -> Capture:
    """The estate with one resource under another name, and its children with it where they bear that name."""
    old = capture.by_urn[urn]
    new = replace(old, urn=f"{urn.rpartition('::')[0]}::{name}", name=name, aliases=(alias,) if alias else ())
    return replace(
        capture,
        registrations=tuple(
            new if entry.urn == urn else _moved(entry, old, new) if entry.parent == urn else entry
            for entry in capture.registrations
        ),
    )


def _moved(child: Registration, old: Registration, new: Registration) -> Registration:
    name = new.name + child.name.removeprefix(old.name) if child.name.startswith(old.name) else child.name
    return replace(child, parent=new.urn, name=name, urn=f"{child.urn.rpartition('::')[0]}::{name}")
