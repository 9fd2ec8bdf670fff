"""One machine stands for others where they differ in names and sizes alone, and never else."""

import copy
import json
from typing import Any

import pytest

from tests.machines.booted.alike import Named, standing_for
from tests.machines.support.programs import MACHINES

SCHEMA = json.loads((MACHINES / "document.schema.json").read_text())
ONE, OTHER = Named("staging", "one"), Named("production", "other")
DOCUMENT: dict[str, Any] = {
    "stack": "staging",
    "cloud": "gcp",
    "role": "package-server",
    "dataDisk": {"device": "/dev/disk/by-id/google-data", "sizeGiB": 100},
    "maintenanceWindow": {"day": "Tue", "minutes": 120},
    "ssmAgent": None,
    "settings": {
        "host": "one.example.com",
        "cached": True,
        "entries": [{"format": "apt", "name": "a"}, {"format": "rpm", "name": "b"}],
    },
}


def alike(**changes: object) -> bool:
    """Whether the one stands for the other, whose document differs in some places."""
    other = copy.deepcopy(DOCUMENT)
    for path, value in changes.items():
        *way, last = path.split("__")
        place = other
        for key in way:
            place = place[key]
        place[last] = value
    return standing_for({ONE: DOCUMENT, OTHER: other}, SCHEMA)[OTHER] == ONE


def test_names_sizes_times_and_numbers_of_like_entries_make_no_other_machine() -> None:
    more = [{"format": kind, "name": name} for name in "abc" for kind in ("rpm", "apt")]

    assert alike(stack="production", settings__host="other.example.com", dataDisk__sizeGiB=5)
    assert alike(maintenanceWindow={"day": "Mon", "minutes": 5}, settings__entries=more)


@pytest.mark.parametrize(
    "changes",
    [
        {"cloud": "aws"},
        {"role": "dev-instance"},
        {"dataDisk": None},
        {"ssmAgent": {"version": "1"}},
        {"settings__cached": False},
        {"settings__more": 1},
        {"settings__entries": [{"format": "apt", "name": "a"}]},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_whatever_else_differs_makes_another_machine(changes: dict[str, object]) -> None:
    assert not alike(**changes)
