"""Rules of AWS security groups, in the one form that all systems use: one port, one peer."""

import pulumi
import pulumi_aws as aws

from components.component import Component


def aws_ingress(
    component: Component,
    name: str,
    security_group_id: pulumi.Input[str],
    *,
    description: str,
    port: int,
    protocol: str = "tcp",
    cidr: pulumi.Input[str] | None = None,
    peer_group_id: pulumi.Input[str] | None = None,
    tag: str | None = None,
) -> None:
    """Lets a range of addresses, or the machines of another group, in. `tag` is the name that the console shows."""
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=security_group_id,
        description=description,
        cidr_ipv4=cidr,
        referenced_security_group_id=peer_group_id,
        ip_protocol=protocol,
        from_port=port,
        to_port=port,
        tags=component.tags(tag),
        opts=component.child(),
    )


def aws_egress(
    component: Component,
    name: str,
    security_group_id: pulumi.Input[str],
    *,
    description: str,
    port: int,
    protocol: str = "tcp",
    cidr: pulumi.Input[str] | None = None,
    peer_group_id: pulumi.Input[str] | None = None,
    prefix_list_id: pulumi.Input[str] | None = None,
    tag: str | None = None,
) -> None:
    """Lets machines of the group reach a range of addresses, a list of ranges, or the machines of another group."""
    aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=security_group_id,
        description=description,
        cidr_ipv4=cidr,
        referenced_security_group_id=peer_group_id,
        prefix_list_id=prefix_list_id,
        ip_protocol=protocol,
        from_port=port,
        to_port=port,
        tags=component.tags(tag),
        opts=component.child(),
    )
