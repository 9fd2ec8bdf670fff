"""Places that a target sees alike, and targets that let in alike: of many workers one is judged and not each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from reach.network.places import Front, Inside, Machine, Metadata, Place, Target
from reach.network.rules import Rule

Profile = tuple[object, ...]


class Alike:
    """Places in groups: of one network, with the same addresses, ways out and rules for what leaves."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._kinds: dict[int, int] = {}
        """By a rule the first one that says the same, so that groups of workers with rules of their own are alike."""
        self._first: dict[Profile, int] = {}
        self._profiles: dict[Profile, list[Place]] = defaultdict(list)
        self._profile_of: dict[int, Profile] = {}
        self._firewalls: dict[Profile, int] = {}
        self._named: dict[str, list[Place]] = defaultdict(list)
        """By a group, tag or address that rules may name."""
        for place in places:
            profile = self._profile_of[id(place)] = self._profile(place)
            self._profiles[profile].append(place)
            if isinstance(place, Machine):
                for name in _names_of(place):
                    self._named[name].append(place)

    def groups(self, target: Target) -> Iterator[Sequence[Place]]:
        """Places of which either all reach a target or none does, with the same flows."""
        if isinstance(target, Metadata):
            yield from ((place,) for place in self._named.get(f"metadata {target.urn}", ()))
            return
        if isinstance(target, Inside):
            yield from ((place,) for places in self._profiles.values() for place in places if place.name == target.peer)
            return
        own = {id(place): place for name in _names_in(target) for place in self._named.get(name, ())}
        if isinstance(target, Machine):
            own[id(target)] = target
        named = {self._profile_of[each] for each in own if each in self._profile_of}
        for profile, places in self._profiles.items():
            if profile not in named:
                yield places
                continue
            if others := [place for place in places if id(place) not in own]:
                yield others
            yield from ((place,) for place in places if id(place) in own)

    def firewall(self, target: Target) -> int:
        """The same number for targets of which either all let a place in or none does, themselves left out."""
        return self._firewalls.setdefault(self._inward(target), len(self._firewalls))

    def _inward(self, target: Target) -> Profile:
        if not isinstance(target, Machine):
            return (id(target),)
        rules, gates = tuple(map(self._kind, target.ingress)), tuple(map(id, target.gates))
        addresses = (target.private.within, *(public.within for public in target.publics))
        # What comes over a peering needs a way back.
        back = frozenset(each.network for each in target.exits)
        return (target.network, target.subnets, addresses, rules, gates, back)

    def _profile(self, place: Place) -> Profile:
        if not isinstance(place, Machine):
            return (id(place),)
        exits = tuple((id(each.destinations), tuple(map(id, each.faces)), each.network) for each in place.exits)
        rules, gates = frozenset(map(self._kind, place.egress)), tuple(map(id, place.gates))
        return (place.network, place.subnets, place.private.within, exits, rules, gates, place.is_many)

    def _kind(self, rule: Rule) -> int:
        if id(rule) not in self._kinds:
            self._kinds[id(rule)] = self._first.setdefault(_said(rule), id(rule))
        return self._kinds[id(rule)]


def _said(rule: Rule) -> Profile:
    """What a rule decides, without its name."""
    selector = rule.selector
    other_side = (selector.ranges, selector.urns, selector.groups, selector.unknown)
    return (rule.allows, rule.flows, rule.priority, rule.perhaps, *other_side)


def _names_of(place: Machine) -> Iterator[str]:
    """What rules and lists may know a machine by, its own public addresses included."""
    yield from place.private.groups
    yield from place.private.urns
    yield f"metadata {place.metadata_urn}"
    for each in (*place.publics, *(face for way in place.exits for face in way.faces)):
        yield from each.urns


def _names_in(target: Target) -> set[str]:
    rules: Iterable[Rule] = ()
    if isinstance(target, Machine):
        rules = (*target.ingress, *(rule for gate in target.gates for rule in gate.inward))
    elif isinstance(target, Front):
        rules = (rule for guard in target.guards for rule in guard)
    return {name for rule in rules for name in (*rule.selector.groups, *rule.selector.urns)}
