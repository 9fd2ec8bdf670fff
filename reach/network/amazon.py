"""Networks of AWS: machines with their security groups, gates and routes, clusters, and endpoints of services."""

from collections.abc import Iterator, Sequence

from capture import Registration, Value
from reach.network.amazon_routes import EIP, VPC, Routes
from reach.network.amazon_rules import (
    DEFAULT_GROUP,
    ENDPOINT,
    GROUP,
    INWARD,
    OUTWARD,
    SUBNET,
    SecurityGroups,
    everything,
    gates,
)
from reach.network.places import Front, Kind, Machine, Service
from reach.network.ranges import NOWHERE, PUBLIC, Ranges
from reach.network.reading import component_name, number, range_of
from reach.network.references import References, meet
from reach.network.rules import Flow, Party, Rule
from reach.step import Step
from reach.values import block, records, text

INSTANCE = "aws:ec2/instance:Instance"
CARD = "aws:ec2/networkInterface:NetworkInterface"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SCALED = "aws:autoscaling/group:Group"
NODES = "aws:eks/nodeGroup:NodeGroup"
CLUSTER = "aws:eks/cluster:Cluster"
TABLE = "aws:ec2/routeTable:RouteTable"

USUAL_HOPS = 1
"""How far answers of the metadata service go where nobody says it (EC2 docs, "Configure the metadata options")."""


class AmazonNetworks:
    """Machines, groups of machines, nodes, pods and endpoints of one capture."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._routes = Routes(references)
        self._gates = gates(references)
        self._groups = SecurityGroups(references)
        for cluster in references.of_type(CLUSTER):
            # The group that EKS makes (EKS docs, "View Amazon EKS security group requirements").
            words = f"EKS lets everything between the members of cluster {cluster.name}"
            self._groups.add(cluster.urn, INWARD, everything(cluster.urn, words, cluster.urn))
            self._groups.add(
                cluster.urn, OUTWARD, everything(cluster.urn, f"EKS lets everything out of {cluster.name}")
            )

    def machines(self) -> Iterator[Machine]:
        """Every machine, the machines of every group, nodes and pods, endpoints, and what may yet stand in a subnet."""
        for entry in self._references.of_type(INSTANCE):
            yield self._instance(entry)
        for entry in self._references.of_type(SCALED):
            yield self._scaled(entry)
        for entry in self._references.of_type(NODES):
            yield from self._nodes(entry)
        for entry in self._references.of_type(CLUSTER):
            yield self._control_plane(entry)
        for entry in self._references.of_type(ENDPOINT):
            if text(entry.inputs.get("vpcEndpointType")) == "Interface":
                subnets = self._references.named(entry, "subnetIds", SUBNET)
                groups = self._named_groups(entry, "securityGroupIds", entry.inputs.get("securityGroupIds"))
                yield self._made(entry, Kind.ENDPOINT, subnets, groups, is_place=False)
        for entry in self._references.of_type(SUBNET):
            yield self._made(entry, Kind.SUBNET, (entry,), frozenset(), is_target=False)

    def services(self) -> Iterator[Service]:
        """Services behind gateway endpoints, to which route tables lead."""
        for entry in self._references.of_type(ENDPOINT):
            if (text(entry.inputs.get("vpcEndpointType")) or "Gateway") != "Gateway":
                continue
            vpc = self._references.one(entry, "vpcId", VPC)
            tables = self._references.named(entry, "routeTableIds", TABLE)
            has_policy = entry.inputs.get("policy") is not None
            yield Service(
                urn=entry.urn,
                name=text(entry.inputs.get("serviceName")) or entry.name,
                network="" if vpc is None else vpc.urn,
                party=Party(f"endpoint {entry.name}", Ranges(PUBLIC.fourth), urns=frozenset({entry.urn})),
                subnets=frozenset(
                    subnet.urn
                    for subnet in self._references.of_type(SUBNET)
                    if (table := self._routes.table_of(subnet)) is not None and table in tables
                ),
                steps=(
                    Step(
                        f"endpoint {entry.name} leads to {text(entry.inputs.get('serviceName'))}",
                        entry.urn,
                        "the policy of the endpoint lets the request through" if has_policy else "",
                    ),
                ),
            )

    def fronts(self) -> Iterator[Front]:
        """Kubernetes APIs that answer on the internet, as EKS lets them unless told (EKS docs, "Endpoint access")."""
        for entry in self._references.of_type(CLUSTER):
            access = block(entry.inputs.get("vpcConfig"))
            if access.get("endpointPublicAccess") is False:
                continue
            listed = access.get("publicAccessCidrs")
            values = listed if isinstance(listed, tuple) else ("0.0.0.0/0",)
            selector = self._references.selector(entry, "vpcConfig", values)
            words = f"cluster {entry.name} lets its public_access_cidrs in"
            yield Front(
                urn=entry.urn,
                name=f"{entry.name} API",
                entries=(
                    (Party(entry.name, Ranges(PUBLIC.fourth)), Step(f"{entry.name} has a public API", entry.urn)),
                ),
                flow=Flow("tcp", 443, 443),
                backend="",
                guards=((Rule(entry.urn, words, allows=True, selector=selector),),),
                component=component_name(self._references.capture, entry),
            )

    def tables(self) -> dict[str, frozenset[str]]:
        """URN of the route table of each subnet, by the URN of the subnet."""
        found = {subnet.urn: self._routes.table_of(subnet) for subnet in self._references.of_type(SUBNET)}
        return {urn: frozenset(() if table is None else (table.urn,)) for urn, table in found.items()}

    def _instance(self, entry: Registration) -> Machine:
        cards = [
            *self._references.named(entry, "primaryNetworkInterface", CARD),
            *self._references.named(entry, "networkInterfaces", CARD),
        ]
        subnets, groups = list(self._references.named(entry, "subnetId", SUBNET)), frozenset[str]()
        if entry.inputs.get("vpcSecurityGroupIds") is not None:
            groups |= self._named_groups(entry, "vpcSecurityGroupIds", entry.inputs["vpcSecurityGroupIds"])
        for card in cards:
            subnets += self._references.named(card, "subnetId", SUBNET)
            groups |= self._named_groups(card, "securityGroups", card.inputs.get("securityGroups"))
        addresses = [
            address
            for address in self._references.of_type(EIP)
            if meet(self._references.named(address, "networkInterface", CARD), cards)
            or entry in self._references.named(address, "instance", INSTANCE)
        ]
        return self._made(
            entry,
            Kind.MACHINE,
            subnets,
            groups,
            urns=frozenset({entry.urn, *(card.urn for card in cards)}),
            addresses=addresses,
            has_public=entry.inputs.get("associatePublicIpAddress"),
            options=entry,
        )

    def _scaled(self, entry: Registration) -> Machine:
        template = self._template(entry)
        subnets = self._references.named(entry, "vpcZoneIdentifiers", SUBNET)
        tags = {text(tag.get("key")): text(tag.get("value")) for tag in records(entry.inputs.get("tags"))}
        return self._made(
            entry,
            Kind.WORKERS,
            subnets,
            self._template_groups(template),
            has_public=_public_card(template),
            options=template,
            trust=tags.get("trust", ""),
        )

    def _nodes(self, entry: Registration) -> Iterator[Machine]:
        template = self._references.one(entry, "launchTemplate", TEMPLATE)
        groups = self._template_groups(template)
        if not groups:
            groups = frozenset(cluster.urn for cluster in self._references.named(entry, "clusterName", CLUSTER))
        subnets = self._references.named(entry, "subnetIds", SUBNET)
        public = _public_card(template)
        yield self._made(entry, Kind.NODES, subnets, groups, has_public=public, options=template)
        # The network plugin gives pods addresses of their subnet and the groups of their node (EKS docs, "VPC CNI").
        yield self._made(entry, Kind.PODS, subnets, groups, options=template, is_behind=True)

    def _control_plane(self, entry: Registration) -> Machine:
        access = block(entry.inputs.get("vpcConfig"))
        groups = frozenset({entry.urn}) | self._named_groups(entry, "vpcConfig", access.get("securityGroupIds"))
        subnets = self._references.named(entry, "vpcConfig", SUBNET, value=access.get("subnetIds"))
        return self._made(entry, Kind.ENDPOINT, subnets, groups, is_place=False)

    def _made(
        self,
        entry: Registration,
        kind: Kind,
        subnets: Sequence[Registration],
        groups: frozenset[str],
        *,
        urns: frozenset[str] = frozenset(),
        addresses: Sequence[Registration] = (),
        has_public: Value = None,
        options: Registration | None = None,
        is_behind: bool = False,
        is_place: bool = True,
        is_target: bool = True,
        trust: str = "",
    ) -> Machine:
        vpc = next((vpc for subnet in subnets for vpc in self._references.named(subnet, "vpcId", VPC)), None)
        groups = groups or self._default_groups(vpc)
        within = NOWHERE
        for subnet in subnets:
            within |= range_of(subnet.inputs.get("cidrBlock"))
        publics = self._publics(entry, subnets, addresses, has_public)
        surrounded = [self._gates[subnet.urn] for subnet in subnets if subnet.urn in self._gates]
        return Machine(
            urn=entry.urn,
            name=entry.name,
            kind=kind,
            network="" if vpc is None else vpc.urn,
            private=Party(entry.name, within, urns=urns or frozenset({entry.urn}), groups=groups),
            subnets=frozenset(subnet.urn for subnet in subnets),
            publics=publics if any(self._routes.leads_to_the_internet(subnet) for subnet in subnets) else (),
            ingress=self._groups.of(groups, INWARD),
            egress=self._groups.of(groups, OUTWARD),
            exits=tuple(each for subnet in subnets for each in self._routes.exits(subnet, publics)),
            gates=tuple(surrounded) if len(surrounded) == len(subnets) else (),
            trust=trust,
            component=component_name(self._references.capture, entry),
            is_place=is_place,
            is_target=is_target,
            metadata=_metadata(options, is_behind=is_behind) if is_place and kind is not Kind.SUBNET else (),
            metadata_urn=entry.urn,
        )

    def _publics(
        self, entry: Registration, subnets: Sequence[Registration], addresses: Sequence[Registration], has_public: Value
    ) -> tuple[Party, ...]:
        found: list[Party] = []
        for address in addresses:
            within = self._references.address(address, "publicIp") or Ranges(PUBLIC.fourth)
            found.append(Party(entry.name, within, urns=frozenset({entry.urn, address.urn})))
        given = has_public in (True, "true") or (
            has_public is None and any(subnet.inputs.get("mapPublicIpOnLaunch") is True for subnet in subnets)
        )
        if given and not addresses:
            found.append(Party(entry.name, Ranges(PUBLIC.fourth), urns=frozenset({entry.urn})))
        if any(subnet.inputs.get("assignIpv6AddressOnCreation") is True for subnet in subnets):
            found.append(Party(entry.name, Ranges((), PUBLIC.sixth), urns=frozenset({f"{entry.urn} IPv6"})))
        return tuple(found)

    def _default_groups(self, vpc: Registration | None) -> frozenset[str]:
        """Who names no group gets the default one of the VPC (VPC docs, "Default security groups")."""
        return frozenset(
            group.urn
            for group in self._references.of_type(DEFAULT_GROUP)
            if vpc is not None and vpc in self._references.named(group, "vpcId", VPC)
        )

    def _named_groups(self, entry: Registration, key: str, value: Value) -> frozenset[str]:
        if value is None:
            return frozenset()
        return frozenset(each.urn for each in self._references.named(entry, key, GROUP, DEFAULT_GROUP, value=value))

    def _template(self, group: Registration) -> Registration | None:
        found = self._references.one(group, "launchTemplate", TEMPLATE) or self._references.one(
            group, "mixedInstancesPolicy", TEMPLATE
        )
        return found or next(iter(self._references.of_types(group.dependencies, (TEMPLATE,))), None)

    def _template_groups(self, template: Registration | None) -> frozenset[str]:
        if template is None:
            return frozenset()
        found = self._named_groups(template, "vpcSecurityGroupIds", template.inputs.get("vpcSecurityGroupIds"))
        for card in records(template.inputs.get("networkInterfaces")):
            found |= self._named_groups(template, "networkInterfaces", card.get("securityGroups"))
        return found


def _public_card(template: Registration | None) -> Value:
    cards = [] if template is None else list(records(template.inputs.get("networkInterfaces")))
    return next((card["associatePublicIpAddress"] for card in cards if "associatePublicIpAddress" in card), None)


def _metadata(options: Registration | None, *, is_behind: bool) -> tuple[Step, ...]:
    """Who is behind a machine, as a container is, needs a second hop (EC2 docs, "Configure the metadata options")."""
    told = block(None if options is None else options.inputs.get("metadataOptions"))
    if told.get("httpEndpoint") == "disabled":
        return ()
    hops = number(told.get("httpPutResponseHopLimit"), USUAL_HOPS)
    needs_token = told.get("httpTokens") == "required"
    if is_behind and hops <= USUAL_HOPS and needs_token:
        return ()
    how = "with a token" if needs_token else "without a token"
    return (Step(f"EC2 answers metadata {how}, {hops:.0f} hop(s) far", "" if options is None else options.urn),)
