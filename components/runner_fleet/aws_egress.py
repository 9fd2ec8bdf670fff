"""What workers on AWS reach.

A security group cannot deny, and network ACLs do not see traffic inside a subnet. So instead of closing ranges, a list
opens every other one: workers reach no other worker, no endpoint of the VPC and nothing behind a peering.
"""

import ipaddress

import pulumi
import pulumi_aws as aws

from components.aws_firewall import aws_egress
from components.component import Component
from components.network import AwsNetwork
from components.runner_fleet.reach import CLOSED_RANGES, WORKER_PORTS
from settings.addresses import outside

EVERYWHERE = ipaddress.IPv4Network("0.0.0.0/0")


def worker_egress(component: Component, network: AwsNetwork) -> list[pulumi.Output[str]]:
    """The groups that let all workers out, one for each port.

    A rule counts as many times as its list has ranges, and a group takes 60 rules (AWS, VPC quotas). The list has just
    under 60, so each port has a group of its own; a machine takes five groups.
    """
    name = f"{component.name}-egress"
    public = [str(part) for part in outside([EVERYWHERE], CLOSED_RANGES)]
    ranges = aws.ec2.ManagedPrefixList(
        name,
        name=component.context.physical_name(component.name, "public", kind="secret"),
        address_family="IPv4",
        max_entries=len(public),
        entries=[aws.ec2.ManagedPrefixListEntryArgs(cidr=cidr) for cidr in public],
        tags=component.tags("public-ranges"),
        opts=component.child(),
    )
    return [_group(component, network, ranges, protocol, port).id for protocol, port in WORKER_PORTS.items()]


def _group(
    component: Component, network: AwsNetwork, ranges: aws.ec2.ManagedPrefixList, protocol: str, port: int
) -> aws.ec2.SecurityGroup:
    name = f"{component.name}-egress-{protocol}"
    group = aws.ec2.SecurityGroup(
        name,
        vpc_id=network.vpc_id,
        description=f"Workers: {protocol.upper()} to public addresses, nothing in",
        tags=component.tags(f"worker-egress-{protocol}"),
        opts=component.child(),
    )
    aws_egress(
        component,
        name,
        group.id,
        description=f"{protocol.upper()} to public addresses",
        port=port,
        prefix_list_id=ranges.id,
        tag=protocol,
    )
    return group
