"""The AWS VPC of the sandbox account: tiers of subnets over three zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import pulumi
import pulumi_aws as aws

from components.aws_firewall import aws_ingress
from components.component import Component, StackContext
from components.iam import Statement, policy_document, service_trust
from components.roles import bounded_role
from settings.network.section import WORKER_SUBNETS, FlowLogs, NatMode
from settings.network.section import AwsNetwork as AwsNetworkSettings
from settings.vocabulary import Trust

Subnets = Mapping[str, aws.ec2.Subnet]
"""Subnets of one tier, by the letter of their zone, in the order of the zones."""


@dataclass(frozen=True, kw_only=True)
class AwsNetworkArgs:
    """Arguments of an AwsNetwork."""

    settings: AwsNetworkSettings
    availability_zones: tuple[str, str, str]
    trusted_tiers: Sequence[Trust] = ()
    """Tiers above untrusted that have build workers here."""
    flow_logs: FlowLogs


class AwsNetwork(Component):
    """A VPC over three zones whose machines have no public address unless one is made for them.

    **Pulumi type:** `packyard:network:AwsNetwork`

    Makes the VPC, nine subnets (public for NAT gateways and for machines whose protocol needs a public address of their
    own, private for systems, runners for untrusted build workers), NAT gateways, route tables, the S3 gateway endpoint,
    the interface endpoints of the settings, a closed default security group and flow logs. Each trusted tier has
    subnets, route tables and NAT gateways besides, so that nobody else has its public addresses. Systems bring their
    own security groups.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    cidr: str
    """IPv4 range of the VPC."""
    public_subnet_ids: list[pulumi.Output[str]]
    """Public subnets, in the order of the zones. They give no address by themselves."""
    private_subnet_ids: list[pulumi.Output[str]]
    """Private subnets of systems, in the order of the zones."""
    worker_subnet_ids: Mapping[Trust, list[pulumi.Output[str]]]
    """Private subnets of the build workers of each tier, in the order of the zones."""
    private_route_table_ids: Mapping[str, pulumi.Output[str]]
    """Route tables of all subnets that are not public, by name, such as "private-a" and "publish-a"."""
    public_route_table_id: pulumi.Output[str]
    """Route table of the public subnets."""
    nat_addresses: list[pulumi.Output[str]]
    """Public IPv4 addresses of all outgoing traffic but that of trusted workers."""
    trusted_nat_addresses: Mapping[Trust, list[pulumi.Output[str]]]
    """Public IPv4 addresses that the workers of a trusted tier alone have."""

    def __init__(
        self,
        name: str,
        args: AwsNetworkArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:network:AwsNetwork", name, context, providers=[aws_provider], opts=opts)
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.settings.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self.tags(name),
            opts=self.child(),
        )
        # A machine that names no security group gets this one: it must let nothing in or out.
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=vpc.id, tags=self.tags("closed"), opts=self.child())
        public = _subnets(self, vpc, args, "public")
        private = _subnets(self, vpc, args, "private")
        runners = _subnets(self, vpc, args, "runners")
        public_table = _public_routes(self, vpc, public)
        addresses, gateways = _nat_gateways(self, args, public)
        tables = _private_routes(self, vpc, gateways, {"systems": private, "runners": runners})
        trusted = {tier: _trusted_tier(self, vpc, args, public, tier) for tier in args.trusted_tiers}
        for tier in trusted.values():
            tables |= tier.tables
        _endpoints(self, vpc, args, private, tables)
        _flow_log(self, vpc, args)

        self.vpc_id = vpc.id
        self.cidr = args.settings.cidr
        self.public_subnet_ids = [subnet.id for subnet in public.values()]
        self.private_subnet_ids = [subnet.id for subnet in private.values()]
        workers = {Trust.UNTRUSTED: runners, **{tier: made.subnets for tier, made in trusted.items()}}
        self.worker_subnet_ids = {tier: [subnet.id for subnet in subnets.values()] for tier, subnets in workers.items()}
        self.private_route_table_ids = {name: table.id for name, table in tables.items()}
        self.public_route_table_id = public_table.id
        self.nat_addresses = [address.public_ip for address in addresses]
        self.trusted_nat_addresses = {
            tier: [address.public_ip for address in made.addresses] for tier, made in trusted.items()
        }
        self.register_outputs({"vpc_id": self.vpc_id, "nat_addresses": self.nat_addresses})


@dataclass(frozen=True, kw_only=True)
class TrustedTier:
    """What a trusted tier has of its own."""

    subnets: Subnets
    addresses: Sequence[aws.ec2.Eip]
    tables: Mapping[str, aws.ec2.RouteTable]


def _trusted_tier(
    component: Component, vpc: aws.ec2.Vpc, args: AwsNetworkArgs, public: Subnets, tier: Trust
) -> TrustedTier:
    name = WORKER_SUBNETS[tier]
    subnets = _subnets(component, vpc, args, name)
    addresses, gateways = _nat_gateways(component, args, public, tier=name)
    tables = _private_routes(component, vpc, gateways, {"workers": subnets}, table=name)
    return TrustedTier(subnets=subnets, addresses=addresses, tables=tables)


def _subnets(component: Component, vpc: aws.ec2.Vpc, args: AwsNetworkArgs, tier: str) -> Subnets:
    return {
        zone[-1]: aws.ec2.Subnet(
            f"{component.name}-{tier}-{zone[-1]}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=args.settings.subnet_cidr(tier, index),
            map_public_ip_on_launch=False,
            tags={**component.tags(f"{tier}-{zone[-1]}"), "tier": tier},
            opts=component.child(),
        )
        for index, zone in enumerate(args.availability_zones)
    }


def _public_routes(component: Component, vpc: aws.ec2.Vpc, subnets: Subnets) -> aws.ec2.RouteTable:
    name = component.name
    gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags=component.tags(name), opts=component.child())
    table = aws.ec2.RouteTable(f"{name}-public", vpc_id=vpc.id, tags=component.tags("public"), opts=component.child())
    aws.ec2.Route(
        f"{name}-public",
        route_table_id=table.id,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=gateway.id,
        opts=component.child(),
    )
    for zone, subnet in subnets.items():
        aws.ec2.RouteTableAssociation(
            f"{name}-public-{zone}", route_table_id=table.id, subnet_id=subnet.id, opts=component.child()
        )
    return table


def _nat_gateways(
    component: Component, args: AwsNetworkArgs, subnets: Subnets, *, tier: str | None = None
) -> tuple[list[aws.ec2.Eip], list[aws.ec2.NatGateway]]:
    """One gateway, or one in each zone; always with addresses that outlive it."""
    addresses: list[aws.ec2.Eip] = []
    gateways: list[aws.ec2.NatGateway] = []
    wanted = 1 if args.settings.nat_gateways is NatMode.SINGLE else len(subnets)
    for zone, subnet in islice(subnets.items(), wanted):
        place = f"nat-{zone}" if tier is None else f"nat-{tier}-{zone}"
        name = f"{component.name}-{place}"
        # Others allow-list these addresses, so losing one is an outage at their end.
        address = aws.ec2.Eip(name, domain="vpc", tags=component.tags(place), opts=component.stateful())
        gateway = aws.ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=component.tags(place),
            opts=component.child(),
        )
        addresses.append(address)
        gateways.append(gateway)
    return addresses, gateways


def _private_routes(
    component: Component,
    vpc: aws.ec2.Vpc,
    gateways: list[aws.ec2.NatGateway],
    tiers: Mapping[str, Subnets],
    *,
    table: str = "private",
) -> dict[str, aws.ec2.RouteTable]:
    """A route table for each zone, shared by the tiers of that zone, through the nearest NAT gateway; by its name."""
    tables: dict[str, aws.ec2.RouteTable] = {}
    zones = next(iter(tiers.values()))
    for zone, gateway in zip(zones, cycle(gateways), strict=False):
        place = f"{table}-{zone}"
        name = f"{component.name}-{place}"
        made = aws.ec2.RouteTable(name, vpc_id=vpc.id, tags=component.tags(place), opts=component.child())
        aws.ec2.Route(
            name,
            route_table_id=made.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=gateway.id,
            opts=component.child(),
        )
        for tier, subnets in tiers.items():
            aws.ec2.RouteTableAssociation(
                f"{name}-{tier}", route_table_id=made.id, subnet_id=subnets[zone].id, opts=component.child()
            )
        tables[place] = made
    return tables


def _endpoints(
    component: Component,
    vpc: aws.ec2.Vpc,
    args: AwsNetworkArgs,
    subnets: Subnets,
    tables: Mapping[str, aws.ec2.RouteTable],
) -> None:
    name, region = component.name, component.context.aws_region
    aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in tables.values()],
        tags=component.tags("s3"),
        opts=component.child(),
    )
    if not args.settings.interface_endpoints:
        return
    group = aws.ec2.SecurityGroup(
        f"{name}-endpoints",
        vpc_id=vpc.id,
        description="HTTPS from the VPC to interface endpoints",
        tags=component.tags("endpoints"),
        opts=component.child(),
    )
    aws_ingress(
        component,
        f"{name}-endpoints",
        group.id,
        description="HTTPS from the VPC",
        port=443,
        cidr=args.settings.cidr,
        tag="endpoints",
    )
    for service in args.settings.interface_endpoints:
        aws.ec2.VpcEndpoint(
            f"{name}-{service}",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.id for subnet in subnets.values()],
            security_group_ids=[group.id],
            tags=component.tags(service),
            opts=component.child(),
        )


def _flow_log(component: Component, vpc: aws.ec2.Vpc, args: AwsNetworkArgs) -> None:
    name = f"{component.name}-flow-log"
    group = aws.cloudwatch.LogGroup(
        name, retention_in_days=args.flow_logs.retention_days, tags=component.tags(), opts=component.child()
    )
    role = bounded_role(
        component,
        name,
        trust=service_trust(
            "vpc-flow-logs.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": component.context.aws_account_id}},
        ),
    )
    aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=policy_document(
            Statement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                resources=[pulumi.Output.concat(group.arn, ":*")],
            )
        ),
        opts=component.child(),
    )
    aws.ec2.FlowLog(
        name,
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags=component.tags(),
        opts=component.child(),
    )
