"""The network of a capture: its places, its doors, and who reaches what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from capture import Capture
from reach.network.alike import Alike
from reach.network.amazon import AmazonNetworks
from reach.network.amazon_routes import VPC
from reach.network.google import GoogleNetworks
from reach.network.google_fronts import GoogleFronts
from reach.network.judge import Answer, Judge
from reach.network.link import links, tunnels
from reach.network.places import (
    FRONT_ENDS,
    IAP,
    METADATA_PORT,
    Crowd,
    Front,
    Inside,
    Internet,
    Kind,
    Machine,
    Metadata,
    Place,
    Service,
    Target,
)
from reach.network.ranges import PRIVATE, PUBLIC, Ranges
from reach.network.reading import range_of
from reach.network.references import References
from reach.network.rules import ANY, LAST_PORT, Flow, Party, Rule
from reach.step import Step

INTERNET = Crowd("the internet", Party("the internet", PUBLIC - IAP - FRONT_ENDS, is_crowd=True))


@dataclass(frozen=True)
class Door:
    """Ports that something answers at, for those whom its firewalls let in."""

    target: str
    """Its name in words, for example "machine pg-a" or "upload.example.com"."""
    urn: str
    flow: Flow
    backend: str = ""
    """Behind a load balancer the service that answers."""

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.target} {self.flow}" + (f" ({self.backend})" if self.backend else "")


class Network:
    """Everything that answers are computed from, read once."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        references = References(capture)
        google, amazon = GoogleNetworks(references), AmazonNetworks(references)
        self.machines: tuple[Machine, ...] = (*google.machines(), *amazon.machines())
        by_urn = {machine.urn: machine for machine in self.machines}
        fronts = GoogleFronts(references, by_urn)
        self.targets: tuple[Target, ...] = (
            *(machine for machine in self.machines if machine.is_target),
            *fronts.fronts(),
            *amazon.fronts(),
            *amazon.services(),
            *self._insides(),
            *(Metadata(each.metadata_urn, f"metadata of {each.name}") for each in self._with_metadata()),
            Internet(),
        )
        self.places: tuple[Place, ...] = (*(each for each in self.machines if each.is_place), *self._crowds())
        clouds = {machine.network: capture.by_urn[machine.urn].cloud for machine in self.machines}
        self._judge = Judge(tuple(links(references)), clouds, amazon.tables())

    def doors(self) -> tuple[Door, ...]:
        """Every port that somebody listens at, as far as firewalls and load balancers say it."""
        return tuple(
            Door(words_of(target), target.urn, flow, target.backend if isinstance(target, Front) else "")
            for target in self.targets
            for flow in joined(self.flows(target))
        )

    def answer(self, place: Place, target: Target, flow: Flow) -> Answer | None:
        """Whether a place reaches a target with one flow of `flows`, and how; None where it does not."""
        return self._judge.answer(place, target, flow)

    def who_reaches(self, door: Door) -> Mapping[str, Answer]:
        """By the words of the place, the answer for each that reaches a part of a door."""
        found: dict[str, Answer] = {}
        for target in self.targets:
            if (words_of(target), target.urn) != (door.target, door.urn):
                continue
            if isinstance(target, Front) and target.backend != door.backend:
                continue
            for flow in self.flows(target):
                if door.flow.covers(flow):
                    for place in self.places:
                        if place.words not in found and (answer := self.answer(place, target, flow)):
                            found[place.words] = answer
        return found

    @cached_property
    def matrix(self) -> Mapping[tuple[Place, Target], tuple[tuple[Flow, Answer], ...]]:
        """Every place and target of which one reaches the other, with the flows and answers."""
        found: dict[tuple[Place, Target], tuple[tuple[Flow, Answer], ...]] = {}
        alike = Alike(self.places)
        shut: set[tuple[int, int]] = set()
        """By the firewall of a target, the first place of each group that it lets in at no port."""
        for target in self.targets:
            flows, firewall = self.flows(target), alike.firewall(target)
            for places in alike.groups(target):
                if (firewall, id(places[0])) in shut:
                    continue
                reaching = flows
                for place in places:
                    answers = tuple(self._judge.answers(place, target, reaching))
                    if not answers:
                        # The others of the group are seen as this one is.
                        if place is not target and not self._judge.lets_in(place, target, flows):
                            shut.add((firewall, id(place)))
                        break
                    reaching = tuple(flow for flow, _ in answers)
                    found[place, target] = answers
        return found

    def flows(self, target: Target) -> tuple[Flow, ...]:
        """What may be asked of a target, cut where any rule of the capture begins or ends."""
        match target:
            case Machine():
                return self._cut(flow for rule in target.ingress if rule.allows for flow in rule.flows)
            case Front():
                return (target.flow,)
            case Service():
                return (Flow("tcp", 443, 443),)
            case Metadata():
                return (METADATA_PORT,)
            case Inside():
                return (Flow(ANY),)
            case Internet():
                return self._cut((Flow(ANY),), self._borders_of_egress)

    @property
    def protocols(self) -> frozenset[str]:
        """Those that flows of this network name, and every one together where nothing tells them apart."""
        return frozenset((*self._borders, ANY))

    def _cut(self, flows: Iterable[Flow], known: Mapping[str, tuple[int, ...]] | None = None) -> tuple[Flow, ...]:
        known = known or self._borders
        found: set[Flow] = set()
        for flow in flows:
            for protocol in known if flow.protocol == ANY else (flow.protocol,):
                borders = [each for each in known[protocol] if flow.first < each <= flow.last]
                starts = [flow.first, *borders]
                ends = [*(each - 1 for each in borders), flow.last]
                found |= {Flow(protocol, first, last) for first, last in zip(starts, ends, strict=True)}
        return tuple(sorted(found))

    @cached_property
    def _borders(self) -> Mapping[str, tuple[int, ...]]:
        """By protocol, the ports at which a rule begins, or which follow its last one."""
        return self._borders_of(
            (*machine.ingress, *machine.egress, *self._rules_of_gates(machine)) for machine in self.machines
        )

    @cached_property
    def _borders_of_egress(self) -> Mapping[str, tuple[int, ...]]:
        """The same for what leaves machines; protocols are those of all rules."""
        found = self._borders_of((*machine.egress, *self._rules_of_gates(machine)) for machine in self.machines)
        return {protocol: found.get(protocol, ()) for protocol in self._borders}

    @staticmethod
    def _borders_of(rules: Iterable[Iterable[Rule]]) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, set[int]] = {protocol: set() for protocol in ("tcp", "udp", "icmp", OTHERS)}
        for rule in {id(rule): rule for several in rules for rule in several}.values():
            for flow in rule.flows:
                if flow.protocol != ANY:
                    found.setdefault(flow.protocol, set()).update({flow.first, flow.last + 1})
        return {
            protocol: tuple(sorted(each for each in ports if 0 < each <= LAST_PORT))
            for protocol, ports in found.items()
        }

    @staticmethod
    def _rules_of_gates(machine: Machine) -> Iterator[Rule]:
        for gate in machine.gates:
            yield from (*gate.inward, *gate.outward)

    def _with_metadata(self) -> Iterator[Machine]:
        """Machines that have a metadata service; pods ask that of their node."""
        return (machine for machine in self.machines if machine.metadata and machine.kind is not Kind.PODS)

    def _insides(self) -> Iterator[Inside]:
        by_name = {machine.name: machine for machine in self.machines if machine.kind is Kind.MACHINE}
        for tunnel in tunnels(self.capture):
            if tunnel.machine in by_name:
                carrier = Flow("udp", tunnel.port, tunnel.port)
                name = f"{tunnel.address} of {tunnel.machine} in the tunnel"
                yield Inside(tunnel.document, name, by_name[tunnel.machine], tunnel.peer, carrier)

    def _crowds(self) -> Iterator[Crowd]:
        yield INTERNET
        asked = Step("Identity-Aware Proxy lets in whom IAM allows a tunnel")
        gcp = frozenset({"gcp"})
        yield Crowd(
            "Identity-Aware Proxy",
            Party("Identity-Aware Proxy", IAP, is_crowd=True),
            reaches_inside=gcp,
            steps=(asked,),
        )
        yield Crowd("Google's front ends", Party("Google's front ends", FRONT_ENDS, is_crowd=True), reaches_inside=gcp)
        ours = Ranges()
        for machine in self.machines:
            ours |= machine.private.within
        for vpc in self.capture.of_type(VPC):
            ours |= range_of(vpc.inputs.get("cidrBlock"))
        beyond = Step("comes from a private network", perhaps="a network with such addresses is joined to this one")
        yield Crowd(
            "other private networks",
            Party("other private networks", PRIVATE - ours, is_crowd=True),
            reaches_inside=frozenset({"aws", "gcp"}),
            steps=(beyond,),
        )


OTHERS = "another protocol"
"""Every protocol that no rule names."""


def words_of(target: Target) -> str:
    """A target as people say it."""
    return target.words if isinstance(target, Machine) else target.name


def joined(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """The fewest flows that hold the same ports."""
    found: list[Flow] = []
    for flow in sorted(flows):
        before = found[-1] if found else None
        if before and before.protocol == flow.protocol and flow.first <= before.last + 1:
            found[-1] = Flow(flow.protocol, before.first, max(before.last, flow.last))
        else:
            found.append(flow)
    return tuple(found)
