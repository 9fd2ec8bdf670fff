"""What workers on AWS reach.

A security group cannot deny, and network ACLs do not see traffic inside a subnet. So instead of closing the private
ranges, a list opens every range that is not private: workers reach no other worker, no endpoint of the VPC and nothing
behind a peering.
"""

import ipaddress
from collections.abc import Iterator

import pulumi_aws as aws

from components.aws_firewall import aws_egress
from components.component import Component
from components.network import AwsNetwork
from components.runner_fleet.reach import PRIVATE_RANGES, WORKER_PORTS

NEVER_ROUTED = ("224.0.0.0/3",)
"""Multicast and reserved addresses. Leaving them out brings the list to 30 ranges: AWS counts each of them as a rule,
for both ports, and allows a group 60 (AWS, VPC quotas)."""


def worker_egress(component: Component, network: AwsNetwork) -> aws.ec2.SecurityGroup:
    """The group that lets all workers out. Security groups cannot deny, so it allows everything but private ranges."""
    name = f"{component.name}-egress"
    group = aws.ec2.SecurityGroup(
        name,
        vpc_id=network.vpc_id,
        description="Workers: web traffic to public addresses, nothing in",
        tags=component.tags("worker-egress"),
        opts=component.child(),
    )
    public = sorted(_public_ranges())
    ranges = aws.ec2.ManagedPrefixList(
        name,
        name=component.context.physical_name(component.name, "public", kind="secret"),
        address_family="IPv4",
        max_entries=len(public),
        entries=[aws.ec2.ManagedPrefixListEntryArgs(cidr=str(part)) for part in public],
        tags=component.tags("public-ranges"),
        opts=component.child(),
    )
    for protocol, port in WORKER_PORTS.items():
        aws_egress(
            component,
            f"{name}-{protocol}",
            group.id,
            description=f"{protocol.upper()} to public addresses",
            port=port,
            prefix_list_id=ranges.id,
            tag=protocol,
        )
    return group


def _public_ranges() -> Iterator[ipaddress.IPv4Network]:
    """Everything but private and never routed ranges."""
    left = [ipaddress.IPv4Network("0.0.0.0/0")]
    for excluded in map(ipaddress.IPv4Network, (*PRIVATE_RANGES, *NEVER_ROUTED)):
        left = [part for network in left for part in _without(network, excluded)]
    yield from left


def _without(network: ipaddress.IPv4Network, excluded: ipaddress.IPv4Network) -> Iterator[ipaddress.IPv4Network]:
    if excluded.subnet_of(network):
        yield from network.address_exclude(excluded)
    else:
        yield network
