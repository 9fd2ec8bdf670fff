"""Settings that do nothing yet: what a living machine takes at its next rebuild, or not before it is stopped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from capture import Registration
from preview.compare import Change, Comparison, Step
from preview.difference import PropertyChange

STEPS = "components/machine/README.md"
"""Where the commands stand."""

AT_A_REBUILD = "holds from its next rebuild on"
AT_A_STOP = "the cloud refuses it while the machine runs: stop it first"

TYPES = {"gcp:compute/instance:Instance": "machineType", "aws:ec2/instance:Instance": "instanceType"}
"""Machines, and the input that needs a stop."""


@dataclass(frozen=True)
class Later:
    """A change that does not hold after the update."""

    machine: Registration
    change: PropertyChange
    when: str


def later(comparison: Comparison) -> tuple[Later, ...]:
    """Everything that a living machine does not take at once, by machine."""
    return tuple(_later((*comparison.changes, *comparison.ignored)))


def _later(changes: Iterable[Change]) -> Iterator[Later]:
    for change in changes:
        needs_a_stop = TYPES.get(change.registration.type)
        if needs_a_stop is None or change.step in (Step.CREATE, Step.DELETE, Step.REPLACE):
            continue
        yield from (Later(change.registration, found, AT_A_REBUILD) for found in change.ignored)
        for found in change.properties:
            if found.path == needs_a_stop:
                yield Later(change.registration, found, AT_A_STOP)
