"""The link between the clouds: a VPN whose both ends are registered, and tunnels between machines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from capture import Capture, Registration, Secret, Value
from reach.network.references import References
from reach.step import Step
from reach.values import mapping, text

CONNECTION = "aws:ec2/vpnConnection:VpnConnection"
CUSTOMER = "aws:ec2/customerGateway:CustomerGateway"
NEAR_GATEWAY = "aws:ec2/vpnGateway:VpnGateway"
PROPAGATION = "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation"
ROUTE = "aws:ec2/route:Route"
TABLES = ("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable")
VPC = "aws:ec2/vpc:Vpc"
FAR_GATEWAY = "gcp:compute/haVpnGateway:HaVpnGateway"
TUNNEL = "gcp:compute/vPNTunnel:VPNTunnel"
NETWORK = "gcp:compute/network:Network"


@dataclass(frozen=True, eq=False)
class Link:
    """Two networks that a VPN joins; what passes is each machine's own firewall."""

    networks: frozenset[str]
    """URNs of both."""
    tables: frozenset[str]
    """URNs of the route tables that know the other side; other subnets of that VPC get no answer through it."""
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Tunnel:
    """An encrypted tunnel that two machines keep themselves, as their documents say."""

    machine: str
    """Logical name of the machine that answers."""
    peer: str
    port: int
    """UDP port that carries it."""
    address: str
    """Of the machine inside of the tunnel."""
    document: str
    """URN of the document that says it."""


def links(references: References) -> Iterator[Link]:
    """Every VPN of which this program makes both ends."""
    for connection in references.of_type(CONNECTION):
        near = references.one(connection, "vpnGatewayId", NEAR_GATEWAY)
        customer = references.one(connection, "customerGatewayId", CUSTOMER)
        far = None if customer is None else references.one(customer, "ipAddress", FAR_GATEWAY)
        vpc = None if near is None else references.one(near, "vpcId", VPC)
        network = None if far is None else references.one(far, "network", NETWORK)
        ends = references.of_type(TUNNEL)
        tunnels = [each for each in ends if far in references.named(each, "vpnGateway", FAR_GATEWAY)]
        if near is not None and vpc is not None and network is not None and tunnels:
            words = f"VPN connection {connection.name} joins {vpc.name} and {network.name}"
            end = Step(f"tunnel {tunnels[0].name} ends on the other side", tunnels[0].urn)
            yield Link(
                frozenset({vpc.urn, network.urn}),
                frozenset(_tables(references, near)),
                (Step(words, connection.urn), end),
            )


def _tables(references: References, gateway: Registration) -> Iterator[str]:
    for kind, key in ((PROPAGATION, "vpnGatewayId"), (ROUTE, "gatewayId")):
        for entry in references.of_type(kind):
            if gateway in references.named(entry, key, NEAR_GATEWAY):
                yield from (table.urn for table in references.named(entry, "routeTableId", *TABLES))


def tunnels(capture: Capture) -> Iterator[Tunnel]:
    """Tunnels of WireGuard, from the documents of machines whose peers know each other."""
    for entry in capture.resources:
        if not entry.name.endswith("-document"):
            continue
        identity = mapping(mapping(_parsed(entry.inputs.get("content")).get("settings")).get("identity"))
        address, peer = text(identity.get("wireguardAddress")), text(identity.get("peer"))
        endpoint = text(identity.get("peerEndpoint")).rpartition(":")[2]
        if address and peer and endpoint.isdigit():
            yield Tunnel(entry.name.removesuffix("-document"), peer, int(endpoint), address, entry.urn)


def _parsed(value: Value) -> dict[str, Value]:
    content = value.plain if isinstance(value, Secret) else value
    if not isinstance(content, str) or '"wireguardAddress"' not in content:
        return {}
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return cast("dict[str, Value]", found) if isinstance(found, dict) else {}
