"""What is registered of networks and is not judged, so that nobody takes silence for an answer."""

from collections.abc import Iterator, Mapping

from capture import Capture
from reach.step import Step
from reach.values import records, text

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

GCP_ROUTE = "gcp:compute/route:Route"
GCP_MACHINE = "gcp:compute/instance:Instance"
FORWARDING = ("gcp:compute/globalForwardingRule:GlobalForwardingRule", "gcp:compute/forwardingRule:ForwardingRule")

_DOUBT = "it lets somebody through"


def unjudged(capture: Capture) -> Iterator[Step]:
    """Each resource by which somebody may reach something, perhaps, and that no answer takes into account."""
    for entry in capture.resources:
        for beginning, words in UNJUDGED.items():
            if entry.type.startswith(beginning):
                yield Step(f"{entry.name} is {words}, which is not judged", entry.urn, _DOUBT)
        if entry.type == GCP_ROUTE and not entry.inputs.get("nextHopGateway"):
            yield Step(f"route {entry.name} leads to a machine or a tunnel, which is not judged", entry.urn, _DOUBT)
        if entry.type == GCP_MACHINE and len(tuple(records(entry.inputs.get("networkInterfaces")))) > 1:
            yield Step(f"{entry.name} stands in several networks, of which one is judged", entry.urn, _DOUBT)
        if entry.type in FORWARDING:
            is_inside = text(entry.inputs.get("loadBalancingScheme")).startswith("INTERNAL")
            if is_inside or entry.inputs.get("backendService") is not None:
                words = "a load balancer inside of a network" if is_inside else "a load balancer that passes packets on"
                yield Step(f"{entry.name} is {words}, which is not judged", entry.urn, _DOUBT)
