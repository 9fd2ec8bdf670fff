"""Answers by hand: who reaches a port, and whether one place does, with names as people type them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from reach.network.judge import Answer
from reach.network.network import Network, joined, words_of
from reach.network.places import Crowd, Front, Inside, Internet, Kind, Machine, Place, Target
from reach.network.ranges import PRIVATE, Ranges, are_ranges, ranges, versions_of
from reach.network.rules import ANY, LAST_PORT, PROTOCOLS, Flow, Party, flow_of
from reach.step import Path


class UnknownNameError(Exception):
    """A place, a target or a port that a question names and nobody knows; its text says which would be right."""


@dataclass(frozen=True)
class Reached:
    """One line of an answer."""

    place: str
    target: str
    flows: tuple[Flow, ...]
    path: Path
    part: str
    """Of a crowd the ranges of those who do; empty where it is everybody of it."""
    perhaps: str


def answer_reaches(network: Network, text: str) -> tuple[Reached, ...]:
    """Who reaches what a text names: "package-server:443", "pg-b:51820/udp", "upload.example.com:443", "pg-a".

    Raises UnknownNameError for a name or a port that nothing has.
    """
    name, flow = _asked(text)
    found = [
        line
        for target in targets_named(network, name)
        for place in network.places
        for line in _lines(network, place, target, flow)
    ]
    return tuple(sorted(found, key=lambda line: (line.target, bool(line.perhaps), line.place)))


def reaches(network: Network, place: str, address: str, port: int, protocol: str = "tcp") -> Path | None:
    """How a place reaches a port of an address, which is a name or a number; None where it does not.

    A place is a machine, a group of workers or nodes, a subnet, "the internet", or an address or range.
    Raises UnknownNameError for a name that nothing has.
    """
    flow = flow_of(protocol, port, port)
    found = [
        line
        for target in targets_named(network, address)
        for each in places_named(network, place)
        for line in _lines(network, each, target, flow)
    ]
    return min(found, key=lambda line: (bool(line.perhaps), len(line.path))).path if found else None


def places_named(network: Network, name: str) -> tuple[Place, ...]:
    """Places of a name, of a component, or at an address. Raises UnknownNameError where there is none."""
    if are_ranges(name):
        return (_crowd_at(network, name),)
    found = tuple(each for each in network.places if name in _names_of_place(each))
    if not found:
        raise UnknownNameError(
            _nearest("place", name, (one for each in network.places for one in _names_of_place(each)))
        )
    return found


def targets_named(network: Network, name: str) -> tuple[Target, ...]:
    """Targets of a name, of a component, or at an address. Raises UnknownNameError where there is none."""
    if are_ranges(name):
        return tuple(_targets_at(network, ranges((name,)), name))
    found = tuple(each for each in network.targets if name in _names_of_target(each))
    if not found:
        raise UnknownNameError(
            _nearest("target", name, (one for each in network.targets for one in _names_of_target(each)))
        )
    return found


def _lines(network: Network, place: Place, target: Target, flow: Flow) -> Iterator[Reached]:
    found: dict[tuple[Path, str], list[tuple[Flow, Answer]]] = {}
    for each in _meant(network, target, flow):
        answer = network.answer(place, target, each)
        if answer is not None:
            found.setdefault((answer.path, answer.perhaps), []).append((each, answer))
    for (path, perhaps), answers in found.items():
        sources = answers[0][1].sources
        is_part = isinstance(place, Crowd) and not sources.covers(place.party.within & versions_of(sources))
        told = joined(each for each, _ in answers)
        name = (
            f"{words_of(target)} ({target.backend})"
            if isinstance(target, Front) and target.backend
            else words_of(target)
        )
        part = str(sources) if is_part else ""
        yield Reached(place.words, name, told, path, part=part, perhaps=perhaps)


def _meant(network: Network, target: Target, flow: Flow) -> Iterator[Flow]:
    """Flows of a target that a question is about, cut to the port that it names."""
    for each in network.flows(target):
        if flow.covers(each):
            yield each
        elif each.covers(flow):
            yield flow


def _asked(text: str) -> tuple[str, Flow]:
    """Name and flow of a question; a name may be an address of version 6 in brackets."""
    rest, _, protocol = text.strip().partition("/") if not are_ranges(text.strip()) else (text.strip(), "", "")
    if are_ranges(rest):
        name, port = rest, ""
    else:
        name, _, port = rest.rpartition(":") if ":" in rest else (rest, "", "")
    if port and not (port.isdigit() and int(port) <= LAST_PORT):
        raise UnknownNameError(f"{text!r}: {port!r} is no port. HINT: a number up to {LAST_PORT}, as in {name}:443")
    known = {*PROTOCOLS.values(), "ipip"}
    if protocol and protocol not in known:
        raise UnknownNameError(f"{text!r}: {protocol!r} is no protocol. HINT: one of {', '.join(sorted(known))}")
    if not port:
        return name.strip("[]"), Flow(protocol or ANY)
    return name.strip("[]"), flow_of(protocol or "tcp", int(port), int(port))


def _names_of_place(place: Place) -> frozenset[str]:
    if isinstance(place, Crowd):
        return frozenset((place.name, place.name.removeprefix("the "), place.words))
    names = {place.name, place.words}
    return frozenset({*names, place.component} if place.kind is not Kind.SUBNET else names) - {""}


def _names_of_target(target: Target) -> frozenset[str]:
    names = {target.name, words_of(target)}
    match target:
        case Machine():
            names.add(target.component)
        case Front():
            names |= {target.component, target.backend, *target.other_names}
        case Inside():
            names |= {target.name.partition(" ")[0], target.machine.name}
        case Internet():
            names.add("internet")
        case _:
            pass
    return frozenset(names) - {""}


def _crowd_at(network: Network, name: str) -> Crowd:
    """Whoever is at an address: of the crowd that has such addresses, else from the internet."""
    within = ranges((name,))
    for each in network.places:
        if isinstance(each, Crowd) and each.party.within.covers(within):
            return Crowd(name, Party(name, within, is_crowd=True), reaches_inside=each.reaches_inside, steps=each.steps)
    inside = frozenset({"aws", "gcp"}) if within & PRIVATE else frozenset[str]()
    return Crowd(name, Party(name, within, is_crowd=True), reaches_inside=inside)


def _targets_at(network: Network, within: Ranges, name: str) -> Iterator[Target]:
    """What may be at an address: machines of the subnet, who has it in public, else something on the internet."""
    found = False
    for target in network.targets:
        parties: Sequence[Party] = ()
        if isinstance(target, Machine):
            parties = (target.private, *target.publics)
        elif isinstance(target, Front):
            parties = tuple(party for party, _ in target.entries)
        if any(party.within.covers(within) and not party.within.is_wide for party in parties):
            found = True
            yield target
    if not found:
        yield Internet(Party(name, within, is_crowd=True), name=name)


def _nearest(kind: str, name: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    close = get_close_matches(name, names, n=3) or names[:10]
    return f"there is no {kind} {name!r}. HINT: {', '.join(close)}"
