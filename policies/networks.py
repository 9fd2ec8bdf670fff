"""Networks: subnets that lie where they belong, and tunnels that nobody opens by an old key exchange."""

import ipaddress
import re
from collections.abc import Iterator

from capture import Capture
from policies.policy import Finding
from policies.values import number, related, text, texts
from settings.addresses import is_covered

WEAKEST_GROUP = 14
"""Diffie-Hellman groups below it are broken or nearly (RFC 8247, 2.4); AWS still offers 2."""


def subnets_lie_in_their_network(capture: Capture) -> Iterator[Finding]:
    """AWS refuses one that lies outside or overlaps, in the middle of an update."""
    for vpc in capture.of_type("aws:ec2/vpc:Vpc"):
        seen: dict[ipaddress.IPv4Network, str] = {}
        for subnet in related(capture, vpc, "vpcId", "aws:ec2/subnet:Subnet"):
            if not (cidr := text(subnet.inputs.get("cidrBlock"))):
                continue
            if not is_covered(cidr, [text(vpc.inputs.get("cidrBlock"))]):
                yield Finding(subnet, f"{cidr} lies outside of its VPC. HINT: a part of its cidr_block")
            network = ipaddress.IPv4Network(cidr)
            other = next((name for range_, name in seen.items() if range_.overlaps(network)), None)
            if other is not None:
                yield Finding(subnet, f"{cidr} overlaps {other}. HINT: a part of the VPC that no subnet has")
            seen[network] = subnet.name


def tunnels_speak_modern_ike(capture: Capture) -> Iterator[Finding]:
    """Left to itself AWS takes IKEv1 and groups of 1,024 bits, and whoever is on the way chooses the weakest."""
    for connection in capture.of_type("aws:ec2/vpnConnection:VpnConnection"):
        for tunnel in ("tunnel1", "tunnel2"):
            if texts(connection.inputs.get(f"{tunnel}IkeVersions")) != ("ikev2",):
                yield Finding(connection, f'{tunnel} takes IKEv1. HINT: {tunnel}_ike_versions=["ikev2"]')
            for phase in ("Phase1", "Phase2"):
                groups = connection.inputs.get(f"{tunnel}{phase}DhGroupNumbers")
                numbers = [number(group) for group in groups] if isinstance(groups, tuple) else []
                if not numbers or min(numbers) < WEAKEST_GROUP:
                    yield Finding(
                        connection,
                        f"{tunnel} takes weak groups in {phase}. HINT: dh_group_numbers of {WEAKEST_GROUP} or above",
                    )
    for tunnel in capture.of_type("gcp:compute/vPNTunnel:VPNTunnel"):
        if not re.fullmatch("2(.0)?", str(tunnel.inputs.get("ikeVersion", 2))):
            yield Finding(tunnel, "takes IKEv1. HINT: ike_version=2")
