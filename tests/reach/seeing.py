"""Who tells a change of a capture: the table of who may, as a violation, or the comparison, as something new."""

from collections.abc import Iterator
from dataclasses import dataclass

from capture import Capture
from policies import POLICIES, Policy
from preview.able import ability_changes
from preview.reached import door_changes
from tests.reach.seeds import Seed

THE_TABLE: tuple[Policy, ...] = tuple(
    policy for policy in POLICIES if policy.__module__.startswith("policies.who_may.")
)


@dataclass(frozen=True)
class Told:
    """What is said of one change."""

    violations: tuple[str, ...]
    news: tuple[str, ...]
    """Each a line of the comparison; where somebody gets several rights, a line for each."""

    def tables(self, seed: Seed) -> bool:
        """Whether a violation names who gets a right; of many resources it names the first."""
        verb = f" {seed.gets.partition(' ')[0]}"
        return any(line.startswith(seed.who) and verb in line for line in self.violations)

    def compares(self, seed: Seed) -> bool:
        """Whether a line of the comparison names who gets it, and what."""
        return any(line.startswith(seed.who) and seed.gets in line for line in self.news)


def told(before: Capture, after: Capture) -> Told:
    """What a preview with a comparison says of who may and who reaches what."""
    return Told(
        violations=tuple(finding.message for policy in THE_TABLE for finding in policy(after)),
        news=tuple(_news(before, after)),
    )


def _news(before: Capture, after: Capture) -> Iterator[str]:
    for ability in ability_changes(before, after):
        verb = "can now" if ability.is_gained else "no longer can"
        yield from (f"{ability.who} {verb} {right}" for right in ability.rights)
    for door in door_changes(before, after):
        verb = "can now" if door.is_gained else "no longer can"
        yield from (f"{place} {verb} reach {door.door}" for place in door.places)
