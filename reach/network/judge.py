"""Whether a place reaches a target: every way there, the firewalls of both ends, and the best of what they say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reach.network.link import Link
from reach.network.places import (
    METADATA_PORT,
    Crowd,
    Exit,
    Front,
    Gate,
    Inside,
    Internet,
    Machine,
    Metadata,
    Place,
    Service,
    Target,
)
from reach.network.ranges import PUBLIC, Ranges, united, versions_of
from reach.network.rules import Flow, Party, Passed, Rule, passed
from reach.step import Path, Step

_OWN_FIREWALL = "the machine's own firewall lets it in"


@dataclass(frozen=True)
class Answer:
    """That a place reaches a target, and how."""

    path: Path
    sources: Ranges
    """Of a crowd those who do; of everything else where its address lies."""
    destinations: Ranges
    """Of the internet what is reached; of everything else where its address lies."""

    @property
    def perhaps(self) -> str:
        """The first doubt of its steps; empty where it is sure."""
        return next((step.perhaps for step in self.path if step.perhaps), "")


@dataclass(frozen=True, eq=False)
class Way:
    """One way from a place to a target: who is seen on either side, and the steps in between."""

    source: Party
    destination: Party
    steps: tuple[Step, ...]
    leaves: Ranges
    """Destinations that the way leads to."""


class Judge:
    """Answers for places and targets of one capture."""

    def __init__(self, links: Sequence[Link], cloud_of: dict[str, str], tables: dict[str, frozenset[str]]) -> None:
        self._links = links
        self._cloud_of = cloud_of
        """Cloud of each network by URN."""
        self._tables = tables
        """Route tables of each subnet by URN."""

    def answer(self, place: Place, target: Target, flow: Flow) -> Answer | None:
        """The surest and shortest answer, with all sources and destinations of all; None where it does not reach."""
        return next((answer for _, answer in self.answers(place, target, (flow,))), None)

    def answers(self, place: Place, target: Target, flows: Iterable[Flow]) -> Iterator[tuple[Flow, Answer]]:
        """The same for each flow with which it reaches. Ways are the same for all of them."""
        ways = tuple(self._ways(place, target))
        for flow in flows:
            if answer := self._answer(place, target, flow, ways):
                yield flow, answer

    def lets_in(self, place: Place, target: Target, flows: Iterable[Flow]) -> bool:
        """Whether the target's own side lets a place in with one of the flows, whatever that place lets out."""
        ways = tuple(self._ways(place, target))
        return any(_entered(place, target, way, flow) for way in ways for flow in flows)

    def _answer(self, place: Place, target: Target, flow: Flow, ways: Iterable[Way]) -> Answer | None:
        found = [each for way in ways for each in _through(place, target, way, flow)]
        if isinstance(target, Metadata):
            found = [*_metadata(place, target, flow)]
        if isinstance(target, Inside):
            found = [*self._inside(place, target)]
        if not found:
            return None
        best = min(found, key=lambda each: (bool(each.perhaps), len(each.path)))
        as_sure = [each for each in found if bool(each.perhaps) == bool(best.perhaps)]
        sources = united(each.sources for each in as_sure)
        return Answer(best.path, sources, united(each.destinations for each in as_sure))

    def _ways(self, place: Place, target: Target) -> Iterator[Way]:
        match target:
            case Machine():
                yield from self._to_machine(place, target)
            case Front():
                for party, step in target.entries:
                    yield from _to_public(place, party, (step,))
            case Internet():
                if isinstance(place, Machine):
                    yield from _to_public(place, target.party, ())
            case Service():
                if isinstance(place, Machine) and place.subnets & target.subnets:
                    yield Way(place.private, target.party, target.steps, PUBLIC)
            case Metadata() | Inside():
                pass

    def _to_machine(self, place: Place, target: Machine) -> Iterator[Way]:
        if isinstance(place, Crowd):
            if not place.reaches_inside:
                for public in target.publics:
                    yield Way(place.party, public, place.steps, PUBLIC)
            elif self._cloud_of.get(target.network, "") in place.reaches_inside:
                yield Way(place.party, target.private, place.steps, target.private.within)
            return
        if place is target and not place.is_many:
            return
        if place.network and place.network == target.network:
            yield Way(place.private, target.private, (), target.private.within)
        yield from self._linked(place, target)
        for public in target.publics:
            yield from _to_public(place, public, ())

    def _inside(self, place: Place, target: Inside) -> Iterator[Answer]:
        """Through a tunnel of the machines' own: what may pass inside is said on the machines."""
        if isinstance(place, Machine) and place.name == target.peer:
            carried = self.answer(place, target.machine, target.carrier)
            if carried is not None:
                step = Step(f"{place.name} is inside of the tunnel that {target.name} ends", target.urn, _OWN_FIREWALL)
                yield Answer((*carried.path, step), carried.sources, carried.destinations)

    def _linked(self, place: Machine, target: Machine) -> Iterator[Way]:
        stranger = Party(place.name, place.private.within, urns=place.private.urns)
        for each in place.exits:
            if each.network == target.network and each.network:
                face = place.private if each.keeps_groups else stranger
                # The answer needs a way back.
                if any(back.network == place.network for back in target.exits):
                    yield Way(face, target.private, each.steps, each.destinations)
        for link in self._links:
            if frozenset({place.network, target.network}) == link.networks and self._is_linked(link, place, target):
                yield Way(stranger, target.private, link.steps, target.private.within)

    def _is_linked(self, link: Link, *machines: Machine) -> bool:
        """Whether the route tables of both, where they have some, know the other side."""
        return all(
            any(self._tables.get(subnet, link.tables) & link.tables for subnet in machine.subnets)
            for machine in machines
        )


def _to_public(place: Place, party: Party, steps: tuple[Step, ...]) -> Iterator[Way]:
    """Ways over the internet to an address: as a crowd, or as each address that the place leaves by."""
    if isinstance(place, Crowd):
        if not place.reaches_inside:
            yield Way(place.party, party, (*place.steps, *steps), PUBLIC)
        return
    for each in place.exits:
        if not each.network:
            for face in each.faces:
                if _same_version(face, party) and (leading := _leading(place, each, party)):
                    yield Way(face, party, (*leading, *steps), each.destinations & versions_of(face.within))


def _leading(place: Machine, each: Exit, party: Party) -> tuple[Step, ...]:
    """The steps of an exit that leads to a party; nothing where it does not."""
    part = each.destinations & party.within
    is_sure = party.is_crowd or each.destinations.covers(party.within)
    if not part or not (is_sure or part.is_wide):
        return ()
    first, *rest = each.steps
    doubt = first.perhaps or ("" if is_sure else f"the address of {party.name} lies in {part}")
    return (Step(f"{place.words}: {first.words}", first.by, doubt), *rest)


def _same_version(face: Party, party: Party) -> bool:
    return bool((face.within.fourth and party.within.fourth) or (face.within.sixth and party.within.sixth))


def _through(place: Place, target: Target, way: Way, flow: Flow) -> Iterator[Answer]:
    """A way through the firewalls of both ends."""
    entered = _entered(place, target, way, flow)
    if not entered:
        # Most doors are closed to most places, which the one rule of the target says and a list of leaving need not.
        return
    out: Iterable[Passed | None] = (None,)
    if isinstance(place, Machine):
        out = _gated(passed(place.egress, way.destination, flow), place, target, way.destination, flow, outward=True)
    for leaving in out:
        destinations = way.destination.within if leaving is None else leaving.part
        if not (destinations := destinations & way.leaves) and way.destination.within:
            continue
        for entering in entered:
            steps = [*_step(place, leaving), *way.steps, *entering.steps]
            yield Answer(tuple(steps), entering.part, destinations)


@dataclass(frozen=True)
class _Entered:
    part: Ranges
    steps: tuple[Step, ...]


def _entered(place: Place, target: Target, way: Way, flow: Flow) -> tuple[_Entered, ...]:
    """Whom of those who come by a way the target's side lets in."""
    if isinstance(place, Crowd) and not _same_version(way.source, way.destination):
        return ()
    return tuple(_entering(place, target, _of_one_version(way.source, way.destination), flow))


def _entering(place: Place, target: Target, source: Party, flow: Flow) -> Iterator[_Entered]:
    match target:
        case Machine():
            for each in _gated(passed(target.ingress, source, flow), target, place, source, flow, outward=False):
                yield _Entered(each.part, (Step(f"{each.rule.words} at {target.name}", each.rule.urn, each.perhaps),))
        case Front():
            if target.flow.covers(flow):
                yield from _guarded(target, source, flow)
        case _:
            yield _Entered(source.within, ())


def _guarded(target: Front, source: Party, flow: Flow) -> Iterator[_Entered]:
    """Who passes every policy of a load balancer, with the surest rule of each."""
    part, steps = source.within, list[Step]()
    for guard in target.guards:
        found = passed(guard, source, flow)
        if not found:
            return
        doubt = found[0].perhaps
        let_in = found[0].part
        for each in found[1:]:
            if bool(each.perhaps) == bool(doubt):
                let_in |= each.part
        part = part & let_in
        steps.append(Step(f"{found[0].rule.words} {_whom(source, let_in)}", found[0].rule.urn, doubt))
    if part:
        yield _Entered(part, (*steps, *target.steps))


def _whom(source: Party, part: Ranges) -> str:
    if not source.is_crowd:
        return source.name
    return "everybody" if part.covers(source.within) else _first_words(part)


def _first_words(part: Ranges) -> str:
    words = list(part.networks())
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more ranges" if len(words) > 3 else "")


def _gated(
    found: tuple[Passed, ...], machine: Machine, other: Place | Target, party: Party, flow: Flow, *, outward: bool
) -> Iterator[Passed]:
    """What passes the network ACLs around a machine, too; within a subnet nothing stands between (VPC docs)."""
    gates = machine.gates
    if not gates or (isinstance(other, Machine) and len(machine.subnets | other.subnets) == 1):
        yield from found
        return
    for gate in gates:
        rules = _gate_rules(gate, outward=outward)
        for let in passed(rules, party, flow):
            for each in found:
                if part := each.part & let.part:
                    yield Passed(part, each.rule, each.perhaps or let.perhaps)
            return


def _gate_rules(gate: Gate, *, outward: bool) -> tuple[Rule, ...]:
    return gate.outward if outward else gate.inward


def _step(place: Place, leaving: Passed | None) -> Iterator[Step]:
    if leaving is not None:
        yield Step(f"{place.words}: {leaving.rule.words}", leaving.rule.urn, leaving.perhaps)


def _of_one_version(source: Party, destination: Party) -> Party:
    """A crowd speaks the version of the address that it asks."""
    if not source.is_crowd:
        return source
    fourth = source.within.fourth if destination.within.fourth else ()
    sixth = source.within.sixth if destination.within.sixth else ()
    return Party(source.name, Ranges(fourth, sixth), is_crowd=True)


def _metadata(place: Place, target: Metadata, flow: Flow) -> Iterator[Answer]:
    if (
        isinstance(place, Machine)
        and place.metadata
        and place.metadata_urn == target.urn
        and METADATA_PORT.covers(flow)
    ):
        yield Answer(place.metadata, place.private.within, Ranges())
