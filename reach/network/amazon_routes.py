"""Routes of AWS: the ways out of each subnet, the most specific route first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from capture import Registration, Value
from reach.network.amazon_rules import PREFIX_LIST, SUBNET
from reach.network.places import Exit
from reach.network.ranges import PUBLIC, Ranges, are_ranges, ranges
from reach.network.references import References
from reach.network.rules import Party
from reach.step import Step
from reach.values import records, text

VPC = "aws:ec2/vpc:Vpc"
TABLE = "aws:ec2/routeTable:RouteTable"
MAIN_TABLE = "aws:ec2/defaultRouteTable:DefaultRouteTable"
MAIN = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
EGRESS_GATEWAY = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
NAT = "aws:ec2/natGateway:NatGateway"
EIP = "aws:ec2/eip:Eip"
PEERING = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"

DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "cidrBlock", "ipv6CidrBlock")
UNJUDGED = (
    "transitGatewayId",
    "networkInterfaceId",
    "vpcEndpointId",
    "localGatewayId",
    "carrierGatewayId",
    "coreNetworkArn",
)
"""Ways that a route may lead and that nothing here follows."""


@dataclass(frozen=True, eq=False)
class Way:
    """One route: what it is for, and the registration and block that say where it leads."""

    destinations: Ranges
    width: int
    """Length of its prefix; the longest that fits decides (VPC docs, "Route priority")."""
    entry: Registration
    record: Mapping[str, Value]


class Routes:
    """Route tables of one capture."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._table_of: dict[str, Registration | None] = {}
        self._private_exits: dict[str, tuple[Exit, ...]] = {}
        self._ways = {table.urn: tuple(self._read(table)) for table in self._tables()}

    def table_of(self, subnet: Registration) -> Registration | None:
        """The table of a subnet, else the main one of its VPC; None where the program registers neither."""
        if subnet.urn not in self._table_of:
            self._table_of[subnet.urn] = self._find_table(subnet)
        return self._table_of[subnet.urn]

    def _find_table(self, subnet: Registration) -> Registration | None:
        for link in self._references.of_type(ASSOCIATION):
            if subnet in self._references.named(link, "subnetId", SUBNET):
                return self._references.one(link, "routeTableId", TABLE)
        vpc = self._references.one(subnet, "vpcId", VPC)
        for link in self._references.of_type(MAIN):
            if vpc is not None and vpc in self._references.named(link, "vpcId", VPC):
                return self._references.one(link, "routeTableId", TABLE)
        for table in self._references.of_type(MAIN_TABLE):
            if vpc is not None and vpc.urn in table.property_dependencies.get("defaultRouteTableId", ()):
                return table
        return None

    def exits(self, subnet: Registration, publics: Sequence[Party]) -> tuple[Exit, ...]:
        """Where packets of a machine in a subnet may go beyond its VPC, and as whom."""
        if not publics and subnet.urn in self._private_exits:
            return self._private_exits[subnet.urn]
        found = tuple(self._read_exits(subnet, publics))
        if not publics:
            self._private_exits[subnet.urn] = found
        return found

    def _read_exits(self, subnet: Registration, publics: Sequence[Party]) -> Iterator[Exit]:
        table = self.table_of(subnet)
        if table is None:
            return
        taken = Ranges()
        for way in sorted(self._ways[table.urn], key=lambda way: -way.width):
            destinations = way.destinations - taken
            taken |= way.destinations
            step = Step(f"route table {table.name} leads {way.destinations} on", way.entry.urn)
            yield from self._follow(way, destinations, step, publics)

    def leads_to_the_internet(self, subnet: Registration) -> bool:
        """Whether a subnet is public: a route of it leads to an internet gateway."""
        table = self.table_of(subnet)
        return table is not None and any(
            self._named(way, "gatewayId", GATEWAY) and way.destinations & PUBLIC for way in self._ways[table.urn]
        )

    def _follow(self, way: Way, destinations: Ranges, step: Step, publics: Sequence[Party]) -> Iterator[Exit]:
        outside = destinations & PUBLIC
        if self._named(way, "gatewayId", GATEWAY):
            for public in publics:
                leaving = Step(f"leaves by its own address, that of {public.name}", min(public.urns))
                yield Exit(outside, (step, leaving), (public,))
        elif self._named(way, "egressOnlyGatewayId", EGRESS_GATEWAY):
            for public in publics:
                if public.within.sixth:
                    yield Exit(outside, (step,), (public,))
        elif nats := self._named(way, "natGatewayId", NAT):
            for nat in nats:
                yield from self._nat(nat, outside, step)
        elif peerings := self._named(way, "vpcPeeringConnectionId", PEERING):
            for peering in peerings:
                yield from self._peering(peering, way.entry, destinations, step)
        elif any(way.record.get(key) is not None for key in UNJUDGED):
            doubt = Step(step.words, step.by, "what it leads to carries it on")
            behind = Party("whoever it leads to", Ranges(PUBLIC.fourth))
            yield Exit(destinations, (doubt,), (behind,))

    def _nat(self, nat: Registration, outside: Ranges, step: Step) -> Iterator[Exit]:
        own = self._references.one(nat, "subnetId", SUBNET)
        if text(nat.inputs.get("connectivityType")) == "private" or own is None or not self.leads_to_the_internet(own):
            return
        addresses = self._references.named(nat, "allocationId", EIP) or (nat,)
        for address in (*addresses, *self._references.named(nat, "secondaryAllocationIds", EIP)):
            within = self._references.address(address, "publicIp") or Ranges(PUBLIC.fourth)
            face = Party(f"address {address.name}", within, urns=frozenset({address.urn}))
            leaving = Step(f"leaves by {address.name}, the address of NAT gateway {nat.name}", address.urn)
            yield Exit(Ranges(outside.fourth), (step, leaving), (face,))

    def _peering(self, peering: Registration, entry: Registration, to: Ranges, step: Step) -> Iterator[Exit]:
        table = self._references.one(entry, "routeTableId", TABLE)
        here = None if table is None else self._references.one(table, "vpcId", VPC)
        for key in ("vpcId", "peerVpcId"):
            for vpc in self._references.named(peering, key, VPC):
                if here is not None and vpc.urn != here.urn:
                    yield Exit(
                        to, (step, Step(f"peering {peering.name}", peering.urn)), network=vpc.urn, keeps_groups=True
                    )

    def _tables(self) -> tuple[Registration, ...]:
        return (*self._references.of_type(TABLE), *self._references.of_type(MAIN_TABLE))

    def _read(self, table: Registration) -> Iterator[Way]:
        written = [(table, record) for record in records(table.inputs.get("routes"))]
        written += [
            (entry, entry.inputs)
            for entry in self._references.of_type(ROUTE)
            if table in self._references.named(entry, "routeTableId", TABLE, MAIN_TABLE)
        ]
        for entry, record in written:
            for cidr in self._destinations(entry, record):
                yield Way(ranges((cidr,)), int(cidr.partition("/")[2] or 128), entry, record)

    def _destinations(self, entry: Registration, record: Mapping[str, Value]) -> Iterator[str]:
        yield from (text(record[key]) for key in DESTINATIONS if key in record and are_ranges(text(record[key])))
        for each in self._references.named(entry, "destinationPrefixListId", PREFIX_LIST):
            yield from (text(one.get("cidr")) for one in records(each.inputs.get("entries")))

    def _named(self, way: Way, key: str, *types: str) -> tuple[Registration, ...]:
        """What a route leads to; in a table of its own routes the engine knows only the whole list."""
        value = way.record.get(key)
        if value is None:
            return ()
        return self._references.named(
            way.entry, key if way.record is way.entry.inputs else "routes", *types, value=value
        )
