"""An entry that leaves a list takes its own resources along, and no other entry becomes another one."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from capture import Capture, capture_stack
from policies.values import without_secret
from preview.compare import Comparison, Step, compare
from tests.lists import capture_with_lists, changes, lists_of
from tests.support import ROOT, STACKS, changed_stack_file

KEEP_THEIR_FIRST = {
    "aws.availabilityZones": "three zones, no more and no fewer",
    "link.insideCidrs": "one for each of the four tunnels that AWS has",
    "link.presharedKeys": "as insideCidrs",
    "devInstance.gitSsh.hostPublicKeys": "one of each of three types",
    "cloudNativeCluster.nodes.instanceTypes": "one resource, which EKS replaces when any of its types changes",
}
"""Lists that cannot lose an entry without more, with the reason."""

ASKED_IN_PLACE_OF_OTHERS = re.compile(r"^package-server-(probe-)?(apt|rpm)-")
"""The probe of a format asks the first repository of it: another one when that one goes."""

SHORTEST_WORD = 4
"""Shorter words stand in too many values to tell one entry from another."""


def outer(stack: str) -> list[str]:
    """Lists of the file that can lose their first entry."""
    return [path for path in _removable(stack) if not re.search(r"\.[0-9]+\.", path)]


def inner(stack: str) -> list[str]:
    """Lists inside the entries of lists."""
    return [path for path in _removable(stack) if re.search(r"\.[0-9]+\.", path)]


def _removable(stack: str) -> Iterator[str]:
    return (path for path, entries in lists_of(stack).items() if len(entries) > 1 and path not in KEEP_THEIR_FIRST)


@cache
def without_first(stack: str, which: str) -> Capture:
    """The file with all lists, from each of which the first entry is gone."""
    chosen = outer(stack) if which == "outer" else inner(stack)
    shorter = {path: lists_of(stack)[path][1:] for path in chosen}
    return capture_stack(ROOT, changed_stack_file(stack, {**changes(stack), **shorter}))


@pytest.fixture(params=[(stack, which) for stack in STACKS for which in ("outer", "inner")], ids="-".join)
def lists(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A stack, and whether its lists or those inside of their entries lose an entry."""
    return request.param


def plan(lists: tuple[str, str]) -> Comparison:
    stack, which = lists
    return compare(capture_with_lists(stack), without_first(stack, which))


def test_no_other_entry_is_replaced_or_made_anew(lists: tuple[str, str]) -> None:
    steps = [change for change in plan(lists).changes if change.step in (Step.REPLACE, Step.CREATE)]
    names = [change.registration.name for change in steps]

    assert [name for name in names if not ASKED_IN_PLACE_OF_OTHERS.match(name)] == []


def test_no_resource_of_one_entry_takes_the_values_of_another(lists: tuple[str, str]) -> None:
    assert turned(capture_with_lists(lists[0]), without_first(*lists), *words(*lists)) == []


def test_a_name_by_place_is_seen() -> None:
    """As it was: entry 0 of a list is B once A is gone."""
    before, after = capture_with_lists("staging"), without_first("staging", "outer")
    gone, stays = words("staging", "outer")
    first, second = (
        next(entry for entry in before.resources if entry.name == f"alerts-{address}")
        for address in ("first@example.com", "second@example.com")
    )
    by_place = replace(after, registrations=(*after.registrations, replace(second, urn=first.urn)))

    assert turned(before, by_place, gone, stays) == [first.urn]


def words(stack: str, which: str) -> tuple[set[str], set[str]]:
    """Words that the entries that go hold alone, and those of the ones that stay."""
    gone, stays = set[str](), set[str]()
    for path in outer(stack) if which == "outer" else inner(stack):
        first, *others = lists_of(stack)[path]
        gone |= set(_words(first))
        stays |= {word for entry in others for word in _words(entry)}
    return gone - stays, stays - gone


def turned(before: Capture, after: Capture, gone: set[str], stays: set[str]) -> list[str]:
    """Resources that held an entry that goes, and hold one that stays in its place."""
    found: list[str] = []
    for entry in before.resources:
        if entry.urn in after.by_urn:
            old, new = _text(entry.inputs), _text(after.by_urn[entry.urn].inputs)
            lost = any(word in old and word not in new for word in gone)
            if lost and any(word in new and word not in old for word in stays):
                found.append(entry.urn)
    return found


def _words(entry: object) -> Iterator[str]:
    return (word for word in re.findall(r'"([^"]+)"', json.dumps(entry)) if len(word) >= SHORTEST_WORD)


def _text(inputs: object) -> str:
    return json.dumps(inputs, default=lambda value: str(without_secret(value)), sort_keys=True)
