"""A GCP VPC network of one project, closed by default."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.gcp_firewall import gcp_ingress, gcp_no_egress, gcp_no_ingress
from settings.network.section import FlowLogs

IAP_RANGE = "35.235.240.0/20"
"""Source of every IAP TCP tunnel (Google, "Using IAP for TCP forwarding"); the only way to SSH into a machine."""

IAP_TAG = "iap-ssh"
"""Network tag of machines that operators may reach through IAP."""

LAST_PRIORITY = 65534
"""Just before GCP's own last words, which write no log: nothing in, everything out."""


@dataclass(frozen=True, kw_only=True)
class GcpNetworkArgs:
    """Arguments of a GcpNetwork."""

    cidr: str
    """Range of its one subnet."""
    flow_logs: FlowLogs


class GcpNetwork(Component):
    """A VPC network with one subnet, Cloud NAT from a fixed address, and a firewall that is closed but to IAP.

    **Pulumi type:** `packyard:network:GcpNetwork`

    Makes the network, subnet with flow logs, router, NAT and its address, a logged deny rule for each direction and the
    IAP rule. Machines and systems add the rules that they need. It leaves the project's default network alone.
    """

    network_id: pulumi.Output[str]
    """Id of the VPC network."""
    subnet_id: pulumi.Output[str]
    """Id of the subnet."""
    cidr: str
    """Range of the subnet."""
    nat_address: pulumi.Output[str]
    """Public IPv4 address of all outgoing traffic of machines without one of their own."""

    def __init__(
        self,
        name: str,
        args: GcpNetworkArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:network:GcpNetwork", name, context, providers=[gcp_provider], opts=opts)
        network = gcp.compute.Network(
            name,
            name=context.physical_name(name, kind="gce"),
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=self.child(),
        )
        subnet = _subnet(self, network, args)
        nat_address = _nat(self, network, subnet)
        _firewall(self, network)

        self.network_id = network.id
        self.subnet_id = subnet.id
        self.cidr = args.cidr
        self.nat_address = nat_address.address
        self.register_outputs(
            {"network_id": self.network_id, "subnet_id": self.subnet_id, "nat_address": self.nat_address}
        )


def _subnet(component: Component, network: gcp.compute.Network, args: GcpNetworkArgs) -> gcp.compute.Subnetwork:
    return gcp.compute.Subnetwork(
        f"{component.name}-subnet",
        name=component.context.physical_name(component.name, kind="gce"),
        network=network.id,
        region=component.context.gcp_region,
        ip_cidr_range=args.cidr,
        private_ip_google_access=True,
        log_config=gcp.compute.SubnetworkLogConfigArgs(
            aggregation_interval="INTERVAL_5_SEC",
            flow_sampling=args.flow_logs.sampling,
            metadata="INCLUDE_ALL_METADATA",
        ),
        opts=component.child(),
    )


def _nat(component: Component, network: gcp.compute.Network, subnet: gcp.compute.Subnetwork) -> gcp.compute.Address:
    region = component.context.gcp_region
    # Others allow-list this address, so losing it is an outage at their end.
    address = gcp.compute.Address(
        f"{component.name}-nat",
        name=component.context.physical_name(component.name, "nat", kind="gce"),
        region=region,
        address_type="EXTERNAL",
        deletion_policy=component.deletion_policy,
        labels=component.labels(),
        opts=component.stateful(),
    )
    router = gcp.compute.Router(
        f"{component.name}-router",
        name=component.context.physical_name(component.name, kind="gce"),
        network=network.id,
        region=region,
        opts=component.child(),
    )
    gcp.compute.RouterNat(
        f"{component.name}-nat",
        name=component.context.physical_name(component.name, kind="gce"),
        router=router.name,
        region=region,
        nat_ip_allocate_option="MANUAL_ONLY",
        nat_ips=[address.self_link],
        source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
        subnetworks=[gcp.compute.RouterNatSubnetworkArgs(name=subnet.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"])],
        # A build opens many connections to one package registry; dynamic ports keep it from running out.
        enable_dynamic_port_allocation=True,
        enable_endpoint_independent_mapping=False,
        min_ports_per_vm=256,
        max_ports_per_vm=8192,
        log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
        opts=component.child(),
    )
    return address


def _firewall(component: Component, network: gcp.compute.Network) -> None:
    gcp_no_ingress(component, "deny-ingress", network.id, priority=LAST_PRIORITY)
    gcp_no_egress(component, "rest", network.id, priority=LAST_PRIORITY)
    gcp_ingress(component, "allow-iap", network.id, sources=[IAP_RANGE], ports=["22"], tags=[IAP_TAG])
