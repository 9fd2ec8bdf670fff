"""Who can newly do what by the rights of the table of who may, and who no longer can, each told once with the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture
from policies.who_may.known import Asked, Known, by_cause, called, known, told_once
from policies.who_may.rights import RIGHTS, Right
from reach.federation import are_among
from reach.model import Kind, Way
from reach.network.difference import same
from reach.step import Path

Key = tuple[str, ...]
"""What is the same resource, or the same principal, before and after."""


@dataclass(frozen=True)
class AbilityChange:
    """What somebody newly can do, or no longer, by one way."""

    is_gained: bool
    who: str
    """The principal, and what the table calls it, with the number of others who get as much by the same grant."""
    rights: tuple[str, ...]
    """In words, for example "read secret package-server-package-signing-key"."""
    path: Path
    """How he gets to the first of them, or got."""
    perhaps: str
    """The condition that is not understood and counts as holding; empty where there is none."""

    def __str__(self) -> str:
        """One line."""
        first, *others = self.rights
        verb = "can now" if self.is_gained else "no longer can"
        more = f" and {len(others)} more" if others else ""
        doubt = f", if {self.perhaps}" if self.perhaps else ""
        return f"{self.who} {verb} {first}{more}{doubt}"


def ability_changes(before: Capture, after: Capture) -> tuple[AbilityChange, ...]:
    """Gains before losses, in the order of the table.

    Told are resources that both captures have. Whoever gets there only through somebody who is told is left out.
    """
    was, now = _Side(before, {}), _Side(after, same(before, after))
    return (*_changes(was, now, is_gained=True), *_changes(now, was, is_gained=False))


class _Side:
    """Everybody with a right over a resource in one of the two captures, under keys that both have."""

    def __init__(self, capture: Capture, before: Mapping[str, str]) -> None:
        self.known: Known = known(capture)
        self._before = before
        self.found: dict[Key, tuple[Right, Asked, dict[Key, Way]]] = {}
        for number, right in enumerate(RIGHTS):
            for asked in self.known.answers(right.ask):
                kind = asked.what.partition(" ")[0] if " " in asked.what else ""
                resource = self._before.get(asked.urn, asked.urn) or asked.what
                ways = {self._principal(way): way for way in asked.ways}
                self.found[str(number), kind, resource] = (right, asked, ways)

    def _principal(self, way: Way) -> Key:
        principal = way.principal
        return principal.kind, self._before.get(principal.urn, principal.urn) or principal.name


def _changes(other: _Side, side: _Side, *, is_gained: bool) -> Iterator[AbilityChange]:
    grouped: dict[tuple[str, Path], list[tuple[str, Way]]] = {}
    for key, (right, asked, ways) in side.found.items():
        if key not in other.found:
            continue
        there = other.found[key][2]
        new = [way for principal, way in ways.items() if principal not in there and not _are_jobs_of(there, way)]
        for way in told_once(new, ways.values()):
            grouped.setdefault((str(way.principal), way.path[:-1]), []).append((f"{right.words} {asked.what}", way))
    for alike in by_cause(grouped.values()):
        way = alike[0][1]
        yield AbilityChange(
            is_gained=is_gained,
            who=called(side.known, (each for _, each in alike)),
            rights=tuple(dict.fromkeys(words for words, _ in alike)),
            path=way.path,
            perhaps=" and ".join(dict.fromkeys(step.perhaps for step in way.path if step.perhaps)),
        )


def _are_jobs_of(there: Mapping[Key, Way], way: Way) -> bool:
    """Whether jobs of one side are among those of the other, which has other words for them."""
    jobs = (each.principal for each in there.values() if each.principal.kind is Kind.JOB)
    return way.principal.kind is Kind.JOB and are_among(way.principal, jobs)
