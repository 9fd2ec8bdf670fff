"""The rows of the table about rights in the clouds: nobody else gets them, by whatever number of steps."""

from collections.abc import Iterable, Iterator

from capture import Capture
from policies.policy import Finding
from policies.who_may.known import Asked, Known, known, violations
from policies.who_may.table import MACHINE_STORES, SECRETS
from reach.model import Target
from reach.verbs import VERBS


def machine_stores_are_written_by_deployments_alone(capture: Capture) -> Iterator[Finding]:
    """Machines run as root what lies there, so whoever writes it owns every machine of every tier."""
    asked = known(capture)
    stores = [target for target in asked.reach.targets if asked.crews.owner(target.urn).system == "machine store"]
    actions = (*VERBS["write", "objects"], *VERBS["delete", "objects"], *VERBS["change", "bucket"])
    yield from violations(asked, "write", MACHINE_STORES, _who_may(asked, actions, stores))


def secrets_are_read_by_their_machine_alone(capture: Capture) -> Iterator[Finding]:
    """A second reader is a second way to a key that signs packages, or to the runners of another tier."""
    asked = known(capture)
    yield from violations(asked, "read", SECRETS, _who_may(asked, VERBS["read", "secret"], asked.targets("secret")))


def _who_may(asked: Known, actions: Iterable[str], targets: Iterable[Target]) -> Iterator[Asked]:
    listed = tuple(actions)
    for target in targets:
        yield Asked(target, asked.reach.who_may(listed, [target]))
