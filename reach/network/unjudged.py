"""What is registered of networks and is not judged, so that nobody takes silence for an answer."""

from collections.abc import Iterator, Mapping

from capture import Capture
from reach.step import Step
from reach.values import text

UNJUDGED: Mapping[str, str] = {
    "aws:alb/": "a load balancer of AWS",
    "aws:lb/": "a load balancer of AWS",
    "aws:elb/": "a load balancer of AWS",
    "aws:ec2transitgateway/": "a transit gateway",
    "aws:networkfirewall/": "a network firewall",
    "aws:vpclattice/": "a service network",
    "aws:globalaccelerator/": "an accelerator",
    "aws:cloudfront/": "a distribution",
    "aws:apigateway": "an API gateway",
    "aws:ec2clientvpn/": "a VPN for people",
    "aws:ec2/vpcEndpointService:": "an endpoint that others may use",
    "gcp:compute/firewallPolicy": "a firewall policy of an organisation",
    "gcp:compute/networkFirewallPolicy": "a firewall policy of a network",
    "gcp:compute/regionNetworkFirewallPolicy": "a firewall policy of a network",
    "gcp:compute/organizationSecurityPolicy": "a policy of an organisation",
    "gcp:compute/vPNGateway:": "a VPN of the old kind",
    "gcp:compute/interconnectAttachment:": "an interconnect",
    "gcp:compute/serviceAttachment:": "a service for other networks",
    "gcp:compute/targetPool:": "a load balancer that passes packets on",
    "gcp:networkconnectivity/": "a hub of networks",
    "gcp:cloudrunv2/": "a service without machines",
    "gcp:container/": "a cluster of GKE",
}
"""Beginnings of type tokens that let somebody reach something by a way that nothing here follows."""

FORWARDING = ("gcp:compute/globalForwardingRule:GlobalForwardingRule", "gcp:compute/forwardingRule:ForwardingRule")


def unjudged(capture: Capture) -> Iterator[Step]:
    """Each resource by which somebody may reach something, perhaps, and that no answer takes into account."""
    for entry in capture.resources:
        for beginning, words in UNJUDGED.items():
            if entry.type.startswith(beginning):
                yield Step(f"{entry.name} is {words}, which is not judged", entry.urn, "it lets somebody through")
        if entry.type in FORWARDING:
            is_inside = text(entry.inputs.get("loadBalancingScheme")).startswith("INTERNAL")
            if is_inside or entry.inputs.get("backendService") is not None:
                words = "a load balancer inside of a network" if is_inside else "a load balancer that passes packets on"
                yield Step(f"{entry.name} is {words}, which is not judged", entry.urn, "it lets somebody through")
