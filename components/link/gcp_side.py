"""Google's side of the HA VPN: gateway, router, and for each tunnel an interface and a BGP session."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.link.tunnels import FarSide, Tunnel, TunnelEnd
from components.network import GcpNetwork
from settings.link.section import HaVpnLink

ENCRYPTION = "AES-CBC-256"
INTEGRITY = "HMAC-SHA2-256-128"
PRF = "PRF-HMAC-SHA2-256"
DH_GROUP = "Group-18"
"""Google's names of the algorithms in aws_side.py."""


@dataclass(frozen=True)
class GcpGateway:
    """What exists on Google's side before AWS has answered."""

    gateway: gcp.compute.HaVpnGateway
    router: gcp.compute.Router
    addresses: Sequence[pulumi.Output[str]]
    """Public addresses of interfaces 0 and 1."""


def gcp_gateway(component: Component, network: GcpNetwork, asn: int) -> GcpGateway:
    """The gateway, and a router of its own: that of Cloud NAT keeps no BGP sessions."""
    name, context = component.name, component.context
    gateway = gcp.compute.HaVpnGateway(
        name,
        name=context.physical_name(name, kind="gce"),
        network=network.network_id,
        region=context.gcp_region,
        labels=component.labels(),
        opts=component.child(),
    )
    router = gcp.compute.Router(
        name,
        name=context.physical_name(name, kind="gce"),
        network=network.network_id,
        region=context.gcp_region,
        bgp=gcp.compute.RouterBgpArgs(asn=asn, advertise_mode="CUSTOM", advertised_groups=["ALL_SUBNETS"]),
        opts=component.child(),
    )
    return GcpGateway(gateway, router, [_interface_address(gateway, index) for index in (0, 1)])


def gcp_tunnels(
    component: Component, near: GcpGateway, far: FarSide, settings: HaVpnLink, tunnels: Sequence[Tunnel]
) -> None:
    """Two tunnels from each interface, one to each of AWS's four addresses."""
    name = component.name
    outside = gcp.compute.ExternalVpnGateway(
        name,
        name=component.context.physical_name(name, kind="gce"),
        redundancy_type="FOUR_IPS_REDUNDANCY",
        interfaces=[
            gcp.compute.ExternalVpnGatewayInterfaceArgs(id=index, ip_address=end.address)
            for index, end in enumerate(far.ends)
        ],
        labels=component.labels(),
        opts=component.child(),
    )
    for tunnel, end in zip(tunnels, far.ends, strict=True):
        _tunnel(component, near, outside, settings, tunnel=tunnel, end=end)


def _interface_address(gateway: gcp.compute.HaVpnGateway, index: int) -> pulumi.Output[str]:
    def address(interfaces: Sequence[gcp.compute.outputs.HaVpnGatewayVpnInterface]) -> str:
        found = interfaces[index].ip_address
        if found is None:
            raise ValueError(f"Google gave interface {index} of the VPN gateway no address")
        return found

    return gateway.vpn_interfaces.apply(address)


def _tunnel(
    component: Component,
    near: GcpGateway,
    outside: gcp.compute.ExternalVpnGateway,
    settings: HaVpnLink,
    *,
    tunnel: Tunnel,
    end: TunnelEnd,
) -> None:
    name = f"{component.name}-{tunnel.number}"
    made = gcp.compute.VPNTunnel(
        name,
        name=component.context.physical_name(name, kind="gce"),
        region=component.context.gcp_region,
        vpn_gateway=near.gateway.self_link,
        vpn_gateway_interface=tunnel.number // 2,
        peer_external_gateway=outside.self_link,
        peer_external_gateway_interface=tunnel.number,
        router=near.router.self_link,
        ike_version=2,
        # Write-only: Google's key never enters the state. The number tells the provider when to send a new one.
        shared_secret_wo=tunnel.preshared_key,
        shared_secret_wo_version=str(settings.preshared_key_version),
        cipher_suite=_ciphers(),
        labels=component.labels(),
        opts=component.child(),
    )
    _bgp_session(component, name, near.router, made, end, peer_asn=settings.aws_asn)


def _bgp_session(
    component: Component,
    name: str,
    router: gcp.compute.Router,
    tunnel: gcp.compute.VPNTunnel,
    end: TunnelEnd,
    *,
    peer_asn: int,
) -> None:
    physical, region = component.context.physical_name(name, kind="gce"), component.context.gcp_region
    interface = gcp.compute.RouterInterface(
        name,
        name=physical,
        region=region,
        router=router.name,
        vpn_tunnel=tunnel.name,
        ip_range=pulumi.Output.concat(end.gcp_inside_address, "/30"),
        opts=component.child(),
    )
    gcp.compute.RouterPeer(
        name,
        name=physical,
        region=region,
        router=router.name,
        interface=interface.name,
        peer_ip_address=end.aws_inside_address,
        peer_asn=peer_asn,
        opts=component.child(),
    )


def _ciphers() -> gcp.compute.VPNTunnelCipherSuiteArgs:
    return gcp.compute.VPNTunnelCipherSuiteArgs(
        phase1=gcp.compute.VPNTunnelCipherSuitePhase1Args(
            encryptions=[ENCRYPTION], integrities=[INTEGRITY], prves=[PRF], dhs=[DH_GROUP]
        ),
        phase2=gcp.compute.VPNTunnelCipherSuitePhase2Args(
            encryptions=[ENCRYPTION], integrities=[INTEGRITY], pfs=[DH_GROUP]
        ),
    )
