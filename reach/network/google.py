"""Networks of Google Cloud: machines with the firewall rules that hold for them, and their ways out."""

from collections.abc import Iterable, Iterator, Sequence

from capture import Registration, Unknown, Value
from reach.network.places import Exit, Kind, Machine
from reach.network.ranges import PUBLIC, Ranges, ranges
from reach.network.reading import component_name, number, ports, range_of, unread
from reach.network.references import References, meet
from reach.network.rules import ANY, ANYBODY, EVERY_FLOW, Flow, Party, Rule, Selector, flow_of, in_order
from reach.step import Step
from reach.values import mapping, records, text, texts

NETWORK = "gcp:compute/network:Network"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
FIREWALL = "gcp:compute/firewall:Firewall"
ADDRESS = "gcp:compute/address:Address"
INSTANCE = "gcp:compute/instance:Instance"
TEMPLATE = "gcp:compute/instanceTemplate:InstanceTemplate"
NAT = "gcp:compute/routerNat:RouterNat"
PEERING = "gcp:compute/networkPeering:NetworkPeering"
ROUTE = "gcp:compute/route:Route"

USUAL_PRIORITY = 1000
"""Of a rule that names none (compute API, firewalls.priority)."""
IMPLIED_PRIORITY = 65536
"""Of the rules that a network has by itself, behind every other (VPC docs, "Implied rules")."""
IMPLIED_EGRESS = Rule(
    "",
    "GCP lets everything out where no rule says otherwise",
    allows=True,
    selector=ANYBODY,
    priority=IMPLIED_PRIORITY,
)


class GoogleNetworks:
    """Machines and groups of machines of one capture."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._private_exits: dict[tuple[str, ...], tuple[Exit, ...]] = {}
        self._rules = {
            direction: [_Firewall(entry, references) for entry in self._firewalls(direction)]
            for direction in ("INGRESS", "EGRESS")
        }

    def machines(self) -> Iterator[Machine]:
        """Every machine, the machines of every template, and what somebody may yet put into a subnet."""
        for entry in self._references.of_type(INSTANCE):
            yield self._machine(entry, Kind.MACHINE)
        for entry in self._references.of_type(TEMPLATE):
            yield self._machine(entry, Kind.WORKERS)
        for subnet in self._references.of_type(SUBNET):
            network = self._references.one(subnet, "network", NETWORK)
            if network is not None:
                private = Party(subnet.name, _range_of(subnet))
                yield self._made(subnet, Kind.SUBNET, network, (subnet,), private=private)

    def _machine(self, entry: Registration, kind: Kind) -> Machine:
        subnets = self._of_cards(entry, "subnetwork", SUBNET)
        networks = self._of_cards(entry, "network", NETWORK) or tuple(
            network for subnet in subnets for network in self._references.named(subnet, "network", NETWORK)
        )
        addresses = self._references.of_types(entry.property_dependencies.get("networkInterfaces", ()), (ADDRESS,))
        inside = [address for address in addresses if address.inputs.get("addressType") == "INTERNAL"]
        within = ranges(())
        for subnet in subnets:
            within |= _range_of(subnet)
        for address in inside:
            within = self._references.address(address, "address") or within
        private = Party(
            entry.name,
            within,
            urns=frozenset({entry.urn, *(address.urn for address in inside)}),
            groups=frozenset((*(f"tag:{tag}" for tag in texts(entry.inputs.get("tags"))), *self._accounts(entry))),
        )
        outside = [address for address in addresses if address not in inside]
        network, publics = (networks[0] if networks else None), self._publics(entry, outside)
        return self._made(entry, kind, network, subnets, private=private, publics=publics)

    def _made(
        self,
        entry: Registration,
        kind: Kind,
        network: Registration | None,
        subnets: Sequence[Registration],
        *,
        private: Party,
        publics: tuple[Party, ...] = (),
    ) -> Machine:
        exits = self._exits(network, subnets, publics) if network is not None else ()
        return Machine(
            urn=entry.urn,
            name=entry.name,
            kind=kind,
            network="" if network is None else network.urn,
            private=private,
            subnets=frozenset(subnet.urn for subnet in subnets),
            publics=publics if any(not each.network for each in exits) else (),
            ingress=self._rules_for(network, private, "INGRESS"),
            egress=self._rules_for(network, private, "EGRESS"),
            exits=tuple(exits),
            trust=text(mapping(entry.inputs.get("labels")).get("trust")),
            component=component_name(self._references.capture, entry),
            is_target=kind is not Kind.SUBNET,
            metadata=_metadata(entry) if kind is not Kind.SUBNET else (),
            metadata_urn=entry.urn,
        )

    def _of_cards(self, entry: Registration, key: str, resource_type: str) -> tuple[Registration, ...]:
        found = {
            each.urn: each
            for card in records(entry.inputs.get("networkInterfaces"))
            if key in card
            for each in self._references.named(entry, "networkInterfaces", resource_type, value=card[key])
        }
        return tuple(found.values())

    def _accounts(self, entry: Registration) -> Iterator[str]:
        for record in records(entry.inputs.get("serviceAccount")):
            yield from _account_groups(self._references, entry, "serviceAccount", (record.get("email"),))

    def _publics(self, entry: Registration, addresses: Sequence[Registration]) -> tuple[Party, ...]:
        cards = list(records(entry.inputs.get("networkInterfaces")))
        found: list[Party] = []
        if any(card.get("accessConfigs") for card in cards):
            # Without an address of its own Google gives it one that lasts until it stops.
            known = [self._references.address(address, "address") for address in addresses]
            within = next(filter(None, known), None) or Ranges(PUBLIC.fourth)
            found.append(Party(entry.name, within, urns=frozenset({entry.urn, *(each.urn for each in addresses)})))
        if any(card.get("ipv6AccessConfigs") for card in cards):
            found.append(Party(entry.name, Ranges((), PUBLIC.sixth), urns=frozenset({f"{entry.urn} IPv6"})))
        return tuple(found)

    def _exits(
        self, network: Registration, subnets: Sequence[Registration], publics: tuple[Party, ...]
    ) -> tuple[Exit, ...]:
        key = (network.urn, *(subnet.urn for subnet in subnets))
        if not publics:
            if key not in self._private_exits:
                self._private_exits[key] = self._read_exits(network, subnets, publics)
            return self._private_exits[key]
        return self._read_exits(network, subnets, publics)

    def _read_exits(
        self, network: Registration, subnets: Sequence[Registration], publics: tuple[Party, ...]
    ) -> tuple[Exit, ...]:
        exits = list(self._peerings(network))
        routes = self._default_routes(network)
        if not routes:
            return tuple(exits)
        for public in publics:
            steps = (*routes, Step(f"leaves by its own address, that of {public.name}", min(public.urns)))
            exits.append(Exit(PUBLIC, steps, (public,)))
        # A machine with an address of its own does not use Cloud NAT (Cloud NAT docs, "Specifications").
        if not any(public.within.fourth for public in publics):
            exits += [each for nat in self._references.of_type(NAT) for each in self._nat(nat, subnets, routes)]
        return tuple(exits)

    def _default_routes(self, network: Registration) -> tuple[Step, ...]:
        if network.inputs.get("deleteDefaultRoutesOnCreate") is not True:
            return (Step(f"network {network.name} has a route to the internet", network.urn),)
        for route in self._references.of_type(ROUTE):
            if network in self._references.named(route, "network", NETWORK) and route.inputs.get("nextHopGateway"):
                return (Step(f"route {route.name} leads to the internet", route.urn),)
        return ()

    def _nat(self, nat: Registration, subnets: Sequence[Registration], routes: tuple[Step, ...]) -> Iterator[Exit]:
        every = text(nat.inputs.get("sourceSubnetworkIpRangesToNat")).startswith("ALL_")
        served = [
            subnet
            for record in records(nat.inputs.get("subnetworks"))
            for subnet in self._references.named(nat, "subnetworks", SUBNET, value=record.get("name"))
        ]
        router = self._references.one(nat, "router", "gcp:compute/router:Router")
        own = router is not None and any(
            meet(self._references.named(router, "network", NETWORK), self._references.named(subnet, "network", NETWORK))
            for subnet in subnets
        )
        if meet(served, subnets) or (every and own):
            addresses = self._references.named(nat, "natIps", ADDRESS)
            for address in addresses or (nat,):
                within = self._references.address(address, "address") or Ranges(PUBLIC.fourth)
                face = Party(f"address {address.name}", within, urns=frozenset({address.urn}))
                step = Step(f"leaves by {address.name}, an address of NAT {nat.name}", address.urn)
                yield Exit(Ranges(PUBLIC.fourth), (*routes, step), (face,))

    def _peerings(self, network: Registration) -> Iterator[Exit]:
        """A peering carries packets when both sides have asked for it (VPC docs, "VPC Network Peering")."""
        asked = {
            (one.urn, other.urn): entry
            for entry in self._references.of_type(PEERING)
            for one in self._references.named(entry, "network", NETWORK)
            for other in self._references.named(entry, "peerNetwork", NETWORK)
        }
        for (one, other), entry in asked.items():
            if one == network.urn and (other, one) in asked:
                yield Exit(self._ranges_in(other), (Step(f"peering {entry.name}", entry.urn),), network=other)

    def _ranges_in(self, network: str) -> Ranges:
        found = Ranges()
        for subnet in self._references.of_type(SUBNET):
            if any(entry.urn == network for entry in self._references.named(subnet, "network", NETWORK)):
                found |= _range_of(subnet)
        return found

    def _firewalls(self, direction: str) -> Iterator[Registration]:
        for entry in self._references.of_type(FIREWALL):
            known = entry.inputs.get("direction") or "INGRESS"
            if known in (direction, Unknown()) and entry.inputs.get("disabled") is not True:
                yield entry

    def _rules_for(self, network: Registration | None, private: Party, direction: str) -> tuple[Rule, ...]:
        rules = [
            rule
            for firewall in self._rules[direction]
            if network is not None and firewall.is_for(network, private)
            for rule in firewall.rules
        ]
        if direction == "EGRESS":
            # Mail to port 25 is held back in most projects, which nobody sees from here, so it counts as free.
            rules.append(IMPLIED_EGRESS)
        return in_order(rules)


class _Firewall:
    """One firewall rule as registered; it may allow or deny several protocols."""

    def __init__(self, entry: Registration, references: References) -> None:
        self._networks = {network.urn for network in references.named(entry, "network", NETWORK)}
        self._targets = frozenset(
            (
                *(f"tag:{tag}" for tag in texts(entry.inputs.get("targetTags"))),
                *_account_groups(
                    references, entry, "targetServiceAccounts", _listed(entry.inputs.get("targetServiceAccounts"))
                ),
            )
        )
        doubt = unread(entry.inputs, "direction", "disabled", "priority", "targetTags", "allows", "denies")
        priority = 0 if doubt else int(number(entry.inputs.get("priority"), USUAL_PRIORITY))
        self.rules = [
            Rule(
                entry.urn,
                f"firewall rule {entry.name} {verb} {flow}",
                allows=key == "allows",
                selector=_other_side(entry, references),
                flows=(flow,),
                priority=priority,
                perhaps=doubt,
            )
            for key, verb in (("allows", "lets in" if not _is_outward(entry) else "lets out"), ("denies", "denies"))
            for flow in _all_flows(entry.inputs.get(key))
        ]

    def is_for(self, network: Registration, party: Party) -> bool:
        return network.urn in self._networks and (not self._targets or bool(self._targets & party.groups))


def _is_outward(entry: Registration) -> bool:
    return text(entry.inputs.get("direction")) == "EGRESS"


def _other_side(entry: Registration, references: References) -> Selector:
    key = "destinationRanges" if _is_outward(entry) else "sourceRanges"
    values = _listed(entry.inputs.get(key))
    groups = [f"tag:{tag}" for tag in texts(entry.inputs.get("sourceTags"))]
    groups += _account_groups(
        references, entry, "sourceServiceAccounts", _listed(entry.inputs.get("sourceServiceAccounts"))
    )
    if not values and not groups and not unread(entry.inputs, "sourceTags", "sourceServiceAccounts"):
        # Without a source or destination it is for everybody (compute API, firewalls.sourceRanges).
        return ANYBODY
    return references.selector(entry, key, values, groups)


def _account_groups(references: References, entry: Registration, key: str, emails: Iterable[Value]) -> Iterator[str]:
    """A service account by the URN of its registration, or by its address where the program does not make it."""
    for email in emails:
        made = references.named(entry, key, "gcp:serviceaccount/account:Account", value=email)
        yield from (f"account:{account.urn}" for account in made)
        if not made and isinstance(email, str):
            yield f"account:{email}"


def _all_flows(value: Value) -> Iterator[Flow]:
    """What a rule is for; everything where nobody knows it yet."""
    if isinstance(value, Unknown):
        yield EVERY_FLOW
    for record in records(value):
        yield from _flows(record.get("protocol"), record.get("ports"))


def _flows(protocol: Value, listed: Value) -> tuple[Flow, ...]:
    name = text(protocol) or ANY
    return tuple(flow_of(name, first, last) for first, last in ports(listed)) or (flow_of(name),)


def _listed(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _range_of(subnet: Registration) -> Ranges:
    return range_of(subnet.inputs.get("ipCidrRange"))


def _metadata(entry: Registration) -> tuple[Step, ...]:
    return (Step("GCP always lets a machine reach its metadata service, also from containers on it", entry.urn),)
