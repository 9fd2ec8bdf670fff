"""What a change of the program lets anybody newly reach, and what nobody reaches any more, with the path."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from capture import Capture, Registration
from reach.network.judge import Answer
from reach.network.network import OTHERS, Network, joined, words_of
from reach.network.places import Crowd, Front, Internet, Kind, Machine, Place, Target
from reach.network.ranges import Ranges
from reach.network.rules import Flow
from reach.step import Path

Key = tuple[str, ...]
"""What is the same place or target before and after."""
Reached = Mapping[Flow, Answer]


@dataclass(frozen=True)
class Change:
    """A place that reaches a target newly, or no longer."""

    is_gained: bool
    place: str
    target: str
    flows: tuple[Flow, ...]
    path: Path
    """As it is now, or as it was."""
    part: str = ""
    """Of a crowd or of the internet the ranges in question; empty where it is all of them."""
    perhaps: str = ""

    def __str__(self) -> str:
        """One line, as a merge request tells it."""
        verb = "can now reach" if self.is_gained else "no longer reaches"
        doubt = f", if {self.perhaps}" if self.perhaps else ""
        part = f" ({self.part})" if self.part else ""
        return f"{self.place} {verb} {self.target} at {', '.join(map(str, self.flows))}{part}{doubt}"


def difference(before: Network, after: Network) -> tuple[Change, ...]:
    """Every gain first, then every loss; what is renamed, moved, split or put in another order is none.

    Left out is what somebody may yet put into a subnet, since nothing stands there.
    """
    was = _Side(before, {})
    now = _Side(after, same(before.capture, after.capture))
    gains = [each for key in now.reached for each in _changes(key, was, now, is_gained=True)]
    losses = [each for key in was.reached for each in _changes(key, now, was, is_gained=False)]
    return (*gains, *losses)


def same(before: Capture, after: Capture) -> dict[str, str]:
    """By the URN of a registration the URN that it had before: by its aliases, its name, or the name in its cloud."""
    gone = [entry for entry in before.resources if entry.urn not in after.by_urn]
    found: dict[str, str] = {}
    for entry in after.resources:
        if entry.urn in before.by_urn:
            continue
        aliases = [alias for alias in entry.aliases if alias in before.by_urn]
        alike = [old for old in gone if old.type == entry.type and _is_alike(old, entry)]
        if aliases:
            found[entry.urn] = aliases[0]
        elif len(alike) == 1:
            found[entry.urn] = alike[0].urn
    return found


def _is_alike(old: Registration, new: Registration) -> bool:
    physical = new.inputs.get("name")
    return old.name == new.name or (isinstance(physical, str) and old.inputs.get("name") == physical)


class _Side:
    """What is reached in one of the two captures, under keys that both have."""

    def __init__(self, network: Network, before: Mapping[str, str]) -> None:
        self._before = before
        self._network = network
        self.reached: dict[tuple[Key, Key], Reached] = {}
        self.words: dict[tuple[Key, Key], tuple[Place, Target]] = {}
        for (place, target), answers in network.matrix.items():
            if isinstance(place, Machine) and place.kind is Kind.SUBNET:
                continue
            key = (self._key(place), self._target_key(target))
            self.reached[key] = {**self.reached.get(key, {}), **dict(answers)}
            self.words[key] = (place, target)

    def find(self, key: tuple[Key, Key], flow: Flow) -> Answer | None:
        """The answer for a flow that no rule of either side cuts; what no rule here names is another protocol."""
        protocol = flow.protocol if flow.protocol in self._network.protocols else OTHERS
        meant = Flow(protocol, flow.first, flow.last)
        return next((answer for each, answer in self.reached.get(key, {}).items() if each.covers(meant)), None)

    def _key(self, thing: Place | Target) -> Key:
        if isinstance(thing, Crowd | Internet):
            return (thing.name,)
        kind = thing.kind if isinstance(thing, Machine) else type(thing).__name__
        return (kind, self._before.get(thing.urn, thing.urn))

    def _target_key(self, target: Target) -> Key:
        return (*self._key(target), target.name) if isinstance(target, Front) else self._key(target)


def _changes(key: tuple[Key, Key], other: _Side, side: _Side, *, is_gained: bool) -> Iterator[Change]:
    """What one side reaches and the other does not; flows of the same answer are told together."""
    place, target = side.words[key]
    found: dict[tuple[str, str], list[tuple[Flow, Answer]]] = {}
    flows = _refined(side.reached[key], other.reached.get(key, {}))
    for flow in flows:
        here, there = side.find(key, flow), other.find(key, flow)
        if here is None:
            continue
        part = _part(place, target, here, there)
        if part is None and not (is_gained and there is not None and there.perhaps and not here.perhaps):
            continue
        found.setdefault((_words(part), here.perhaps), []).append((flow, here))
    for (part, perhaps), answers in found.items():
        told = joined(flow for flow, _ in answers)
        yield Change(
            is_gained=is_gained,
            place=place.words,
            target=words_of(target),
            flows=told,
            path=answers[0][1].path,
            part=part,
            perhaps=perhaps,
        )


def _part(place: Place, target: Target, here: Answer, there: Answer | None) -> Ranges | None:
    """The addresses that only one side has, nothing where it has them all; None where both are the same."""
    if there is None:
        if isinstance(place, Crowd) and not here.sources.covers(place.party.within):
            return here.sources
        return Ranges()
    if isinstance(place, Crowd) and (more := here.sources - there.sources):
        return more
    if isinstance(target, Internet) and (more := here.destinations - there.destinations):
        return more
    return None


def _words(part: Ranges | None) -> str:
    if not part:
        return ""
    networks = list(part.networks())
    return ", ".join(networks[:3]) + (f" and {len(networks) - 3} more ranges" if len(networks) > 3 else "")


def _refined(some: Iterable[Flow], others: Iterable[Flow]) -> Sequence[Flow]:
    """The flows of one side, cut where those of the other begin or end."""
    borders: dict[str, set[int]] = {}
    for flow in others:
        borders.setdefault(flow.protocol, set()).update({flow.first, flow.last + 1})
    found: list[Flow] = []
    for flow in some:
        cuts = sorted(each for each in borders.get(flow.protocol, ()) if flow.first < each <= flow.last)
        starts, ends = [flow.first, *cuts], [*(each - 1 for each in cuts), flow.last]
        found += [Flow(flow.protocol, first, last) for first, last in zip(starts, ends, strict=True)]
    return found
