"""Each alarm of both stacks can go off, does so in time, stays quiet while all is well, and somebody hears it."""

import re
from functools import cache

import pytest

from lab.alarms import Series
from lab.alarms.amazon_alarms import ALARM
from lab.alarms.amazon_composite import COMPOSITE
from lab.alarms.google_alarms import POLICY
from lab.placement import document_of, machines_of, place_of
from lab.registered import uploaded
from tests.lab.alarms.meanings import TO_BE_WRITTEN
from tests.lab.alarms.senders import PROGRAMS, names_asked_for
from tests.lab.alarms.trial import Trial, trial_of
from tests.machines.support.programs import MACHINES
from tests.support import STACKS, estate


@cache
def trial(stack: str) -> Trial:
    return trial_of(estate(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_rings_in_time_for_somebody_and_is_quiet_while_all_is_well(stack: str) -> None:
    tried = trial(stack)
    faults = {alarm.registration.name: found for alarm in tried.alarms if (found := list(tried.faults(alarm)))}

    assert faults == {}


@pytest.mark.parametrize("stack", STACKS)
def test_no_alarm_is_left_out(stack: str) -> None:
    registered = {entry.urn for entry in estate(stack).resources if re.search("alarm|alert", entry.kind, re.IGNORECASE)}

    assert {alarm.registration.urn for alarm in trial(stack).alarms} == registered
    assert {entry.type for entry in estate(stack).resources if entry.urn in registered} <= {ALARM, COMPOSITE, POLICY}


@pytest.mark.parametrize("stack", STACKS)
def test_every_metric_that_no_program_writes_yet_is_named(stack: str) -> None:
    capture = estate(stack)
    documents = [document_of(place_of(name, capture), uploaded(capture)) for name in machines_of(capture)]
    asked = {name: each["role"] for each in documents for name in names_asked_for(each["settings"])}

    assert {name: role for name, role in asked.items() if role not in PROGRAMS} == TO_BE_WRITTEN


@pytest.mark.parametrize("name", TO_BE_WRITTEN)
def test_a_metric_that_a_program_writes_by_now_is_named_no_more(name: str) -> None:
    stem = name.removesuffix("_age_seconds")
    writers = [str(path) for path in MACHINES.rglob("*.py") if stem in path.read_text(encoding="utf-8")]

    assert writers == [], "its alarm shall be tried on what this program writes: PROGRAMS of senders.py"


def test_machines_send_what_their_own_programs_name() -> None:
    def names(cloud: str, machine: str) -> set[str]:
        label = "machine" if cloud == "aws" else "metric.machine"
        found: set[Series] = {each for each in trial("staging").own if dict(each.labels).get(label) == machine}
        return {each.metric.rpartition("/")[2] for each in found}

    assert names("gcp", "pg-a") == names("aws", "pg-b")
    assert {"disk_used_ratio", "converge_age_seconds", "database_fence_age_seconds"} <= names("aws", "pg-b")
