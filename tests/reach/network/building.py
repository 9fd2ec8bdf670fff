"""Networks of a few registrations, made by hand for one question."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from capture import Capture, Registration, make_urn

STACK = Registration("urn:stack", "pulumi:pulumi:Stack", "stack", custom=False, inputs={})
PROJECT = "test"


@dataclass
class Building:
    """Registrations so far. The id of each is its kind and its logical name."""

    registrations: list[Registration] = field(default_factory=lambda: [STACK])

    def add(self, type_token: str, name: str, outputs: Mapping[str, Any] | None = None, **inputs: Any) -> str:
        """One more registration; its id."""
        urn = make_urn(PROJECT, PROJECT, "", type_token, name)
        identifier = f"{type_token.rpartition(':')[2]}/{name}"
        self.registrations.append(
            Registration(
                urn,
                type_token,
                name,
                custom=True,
                inputs=inputs,
                parent=STACK.urn,
                id=identifier,
                outputs=outputs or {},
                # What an input names by an id or an address is what the engine tracks as its origin.
                property_dependencies={key: tuple(self._named(value)) for key, value in inputs.items()},
            )
        )
        return identifier

    def capture(self) -> Capture:
        """All of them."""
        return Capture("test", "test", preview=False, registrations=tuple(self.registrations))

    def _named(self, value: Any) -> list[str]:
        if isinstance(value, Mapping):
            return [urn for inner in value.values() for urn in self._named(inner)]  # pyright: ignore[reportUnknownVariableType] -- nested values
        if isinstance(value, tuple):
            return [urn for inner in value for urn in self._named(inner)]  # pyright: ignore[reportUnknownVariableType] -- nested values
        return [entry.urn for entry in self.registrations if entry.id and entry.id == value]


@dataclass
class GoogleNetwork(Building):
    """A network with one subnet and machines, which nobody reaches until a rule says so."""

    network: str = ""
    subnet: str = ""

    def __post_init__(self) -> None:
        """Makes network and subnet."""
        self.network = self.add("gcp:compute/network:Network", "net", autoCreateSubnetworks=False)
        self.subnet = self.subnetwork("sub", "10.0.0.0/24")

    def subnetwork(self, name: str, cidr: str, network: str = "") -> str:
        """One more subnet."""
        return self.add("gcp:compute/subnetwork:Subnetwork", name, ipCidrRange=cidr, network=network or self.network)

    def machine(self, name: str, *tags: str, address: str = "", subnet: str = "", account: str = "") -> str:
        """A machine, with a public address where one is given."""
        card: dict[str, Any] = {"subnetwork": subnet or self.subnet}
        if address:
            given = self.add(
                "gcp:compute/address:Address", f"{name}-public", {"address": address}, addressType="EXTERNAL"
            )
            card["accessConfigs"] = ({"natIp": given},)
        more = {"serviceAccount": {"email": account}} if account else {}
        return self.add("gcp:compute/instance:Instance", name, networkInterfaces=(card,), tags=tags, **more)

    def rule(self, name: str, action: str, protocol: str, *ports: str, **inputs: Any) -> None:
        """A firewall rule that "allows" or "denies"."""
        flows = ({"protocol": protocol, **({"ports": ports} if ports else {})},)
        self.add("gcp:compute/firewall:Firewall", name, network=self.network, **{action: flows}, **inputs)


@dataclass
class AmazonNetwork(Building):
    """A VPC with a public and a private subnet, and groups that pass nothing until a rule says so."""

    vpc: str = ""
    public: str = ""
    private: str = ""
    gateway: str = ""
    public_table: str = ""
    private_table: str = ""

    def __post_init__(self) -> None:
        """Makes the VPC, its subnets and tables."""
        self.vpc = self.add("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.1.0.0/16")
        self.gateway = self.add("aws:ec2/internetGateway:InternetGateway", "gateway", vpcId=self.vpc)
        self.public, self.public_table = self.subnet("public", "10.1.1.0/24")
        self.private, self.private_table = self.subnet("private", "10.1.2.0/24")
        self.route("to-internet", self.public_table, "0.0.0.0/0", gatewayId=self.gateway)

    def subnet(self, name: str, cidr: str, vpc: str = "") -> tuple[str, str]:
        """One more subnet, and its table."""
        made = self.add("aws:ec2/subnet:Subnet", name, cidrBlock=cidr, vpcId=vpc or self.vpc)
        table = self.add("aws:ec2/routeTable:RouteTable", name, vpcId=vpc or self.vpc)
        self.add("aws:ec2/routeTableAssociation:RouteTableAssociation", name, subnetId=made, routeTableId=table)
        return made, table

    def route(self, name: str, table: str, cidr: str, **leads: Any) -> None:
        """One more route."""
        self.add("aws:ec2/route:Route", name, routeTableId=table, destinationCidrBlock=cidr, **leads)

    def nat(self, name: str, address: str, subnet: str = "") -> str:
        """A NAT gateway and its address."""
        given = self.add("aws:ec2/eip:Eip", name, {"publicIp": address}, domain="vpc")
        return self.add("aws:ec2/natGateway:NatGateway", name, allocationId=given, subnetId=subnet or self.public)

    def group(self, name: str, vpc: str = "") -> str:
        """A security group."""
        return self.add("aws:ec2/securityGroup:SecurityGroup", name, vpcId=vpc or self.vpc)

    def rule(self, direction: str, group: str, port: int | None = None, protocol: str = "tcp", **other: Any) -> None:
        """A rule of a group, "Ingress" or "Egress"; the other side by `cidrIpv4`, `prefixListId` and so on."""
        name = f"{group}-{direction}-{port}-{len(self.registrations)}"
        token = f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
        ports: dict[str, Any] = {} if port is None else {"fromPort": port, "toPort": port}
        self.add(token, name, securityGroupId=group, ipProtocol=protocol, **ports, **other)

    def machine(self, name: str, *groups: str, subnet: str = "", address: str = "", **inputs: Any) -> str:
        """A machine, with a public address where one is given."""
        made = self.add(
            "aws:ec2/instance:Instance",
            name,
            subnetId=subnet or self.private,
            **({"vpcSecurityGroupIds": groups} if groups else {}),
            **inputs,
        )
        if address:
            self.add("aws:ec2/eip:Eip", f"{name}-public", {"publicIp": address}, instance=made)
        return made
