"""An entry that stands twice in a list is a fault at its place, in every list that a stack file can have."""

import copy
import re

import pytest

from settings.declarations import item
from settings.distinct import MayRepeat
from settings.places import places
from settings.stack import Settings
from tests.lists import changes, lists_of
from tests.support import STACKS, faults_of

DECLARED = {place.path: place.field for place in places(Settings) if item(place.field) is not None}
"""Every list that a stack file can have."""

FULL = "production"


def declared(path: str) -> str:
    """The place of a list in the models: runnerFleet.shards[].periods for runnerFleet.shards.0.periods."""
    return re.sub(r"\.[0-9]+(?=\.|$)", "[]", path)


def test_the_file_with_all_lists_is_right_and_has_every_list() -> None:
    for stack in STACKS:
        assert faults_of(stack, changes(stack)) == ()
        filled = {declared(path) for path, entries in lists_of(stack).items() if len(entries) > 1}
        assert filled == set(DECLARED), "tests/lists.py gives every list two entries"


def test_a_list_that_may_repeat_itself_says_why() -> None:
    marks = [mark for field in DECLARED.values() for mark in field.metadata if isinstance(mark, MayRepeat)]

    assert all(len(mark.why.split()) > 3 for mark in marks)


@pytest.mark.parametrize("path", [path for path, entries in lists_of(FULL).items() if len(entries) > 1])
def test_an_entry_that_stands_twice_is_a_fault_at_its_place(path: str) -> None:
    entries = copy.deepcopy(lists_of(FULL)[path])
    entries[-1] = copy.deepcopy(entries[0])

    faults = faults_of(FULL, {**changes(FULL), path: entries})

    second = (*(int(part) if part.isdigit() else part for part in path.split(".")), len(entries) - 1)
    at = [fault for fault in faults if fault.path[: len(second)] == second]
    # A rule of the section may say it in its own words, of the whole list.
    assert at or [fault for fault in faults if fault.path == second[: len(fault.path)]], faults
