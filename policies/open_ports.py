"""What the world may reach: named ports of named systems, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.values import at, component_chain, component_token, items, mapping, records, text, texts
from settings.addresses import is_world

ALL_PORTS = "0-65535"

OPEN_PORTS: Mapping[tuple[str, str, str], str] = {
    ("packyard:dev_instance:DevInstance", "tcp", "443"): "contributors, and jobs of other projects, reach the instance",
    ("packyard:dev_instance:DevInstance", "tcp", "80"): "ACME challenges, and the redirect to HTTPS",
    ("packyard:package_server:PackageServer", "tcp", "443"): "users of the packages",
    ("packyard:package_server:PackageServer", "tcp", "80"): "the redirect to HTTPS",
}
"""Component token, protocol and port that anyone may reach, with the reason."""

OPEN_RULES: Mapping[tuple[str, str], str] = {
    (
        "packyard:dev_instance:DevInstance",
        "-git-ssh",
    ): "a public instance takes git over SSH from everyone, on its own port",
    ("packyard:dev_instance:DevInstance", "-registry"): "a public instance serves its images to everyone",
}
"""Component token and end of the name of a rule whose port is a setting, with the reason. Never good for SSH itself."""

PUBLIC_MACHINES: Mapping[str, str] = {
    "packyard:database_pair:DatabasePair": "each host is the other's WireGuard peer; nobody else passes the firewall",
    "packyard:dev_instance:DevInstance": "the instance itself, and git over SSH, which no HTTP load balancer carries",
}
"""Systems whose machines have public addresses, with the reason."""

SSH_PORT = 22


@dataclass(frozen=True)
class Opening:
    """Ports that a rule opens, and to whom."""

    registration: Registration
    protocol: str
    """ "tcp", "udp", "all" or another name or number of the rule."""
    ports: str
    """One port, or first and last joined by a hyphen."""
    sources: tuple[str, ...]
    """CIDR ranges."""
    door: str
    """What it opens: a security group, or a network with its tags and accounts. Rules of one door add up."""
    beside: tuple[str, ...] = ()
    """Ranges for which other rules open these ports of the same door, but for rules that alone open it to the world."""

    @property
    def to_the_world(self) -> bool:
        """Whether anyone on the internet may pass: by this rule, or by this one together with its neighbours."""
        return is_world((*self.sources, *self.beside))

    def holds(self, protocol: str, port: int) -> bool:
        """Whether the port is among the opened ones."""
        first, _, last = self.ports.partition("-")
        return self.protocol in (protocol, "all", "-1") and int(first) <= port <= int(last or first)

    def covers(self, other: "Opening") -> bool:
        """Whether it opens all that the other one opens of the same door."""
        if self.door != other.door:
            return False
        if other.protocol not in ("tcp", "udp"):
            # What AWS calls ports of ICMP are types and codes.
            return self.protocol in ("all", "-1") or (self.protocol, self.ports) == (other.protocol, other.ports)
        return all(self.holds(other.protocol, int(port)) for port in other.ports.split("-"))


def openings(capture: Capture) -> Iterator[Opening]:
    """Every rule of the estate that lets traffic in by address range."""
    found = tuple(_rules(capture))
    halves = [opening for opening in found if not is_world(opening.sources)]
    for opening in found:
        beside = (source for other in halves if other.covers(opening) for source in other.sources)
        yield replace(opening, beside=tuple(dict.fromkeys(beside)))


def _rules(capture: Capture) -> Iterator[Opening]:
    for registration in capture.resources:
        match registration.type:
            case "gcp:compute/firewall:Firewall":
                yield from _gcp_firewall(registration)
            case "gcp:compute/globalForwardingRule:GlobalForwardingRule" | "gcp:compute/forwardingRule:ForwardingRule":
                yield from _gcp_load_balancer(registration)
            case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
                yield from _aws_rule(registration)
            case "aws:eks/cluster:Cluster":
                yield from _kubernetes_api(registration)
            case _:
                pass


def only_named_ports_are_open_to_the_world(capture: Capture) -> Iterator[Finding]:
    """Whatever anyone can reach is attacked within minutes, so each port is named with its reason."""
    for opening in openings(capture):
        if opening.to_the_world and not opening.holds("tcp", SSH_PORT) and not _is_named(opening):
            yield Finding(
                opening.registration,
                f"{opening.protocol} {opening.ports} is open to the world. HINT: name the callers' ranges; a port that"
                " anyone must reach belongs into OPEN_PORTS of policies/open_ports.py with its reason",
            )


def no_ssh_from_the_world(capture: Capture) -> Iterator[Finding]:
    """Administration goes through IAP or SSM, which ask who it is before the first packet reaches the machine."""
    for opening in openings(capture):
        if opening.to_the_world and opening.holds("tcp", SSH_PORT):
            yield Finding(opening.registration, "SSH is open to the world. HINT: use IAP (35.235.240.0/20) or SSM")


def only_named_machines_have_public_addresses(capture: Capture) -> Iterator[Finding]:
    """A machine without a public address cannot be reached by mistake, whatever its rules say."""
    for registration in capture.resources:
        match registration.type:
            case "gcp:compute/instance:Instance":
                interfaces = records(registration.inputs.get("networkInterfaces"))
                public = any(interface.get("accessConfigs") for interface in interfaces)
            case "aws:ec2/instance:Instance":
                public = registration.inputs.get("associatePublicIpAddress") is True
            case "aws:ec2/eip:Eip":
                public = any(registration.inputs.get(key) for key in ("networkInterface", "instance"))
            case _:
                public = False
        if public and not PUBLIC_MACHINES.keys() & set(component_chain(registration)):
            yield Finding(
                registration, "gives a machine a public address. HINT: go out through NAT, or name the system"
            )


def security_groups_take_rules_apart(capture: Capture) -> Iterator[Finding]:
    """Rules inside a group and rules beside it delete each other at every update (docs of aws.ec2.SecurityGroup)."""
    for group in capture.of_type("aws:ec2/securityGroup:SecurityGroup"):
        if items(group.inputs.get("ingress")) or items(group.inputs.get("egress")):
            yield Finding(group, "holds rules of its own. HINT: use aws.vpc.SecurityGroupIngressRule and EgressRule")
    for rule in capture.of_type("aws:ec2/securityGroupRule:SecurityGroupRule"):
        yield Finding(rule, "is of the old kind of rule. HINT: use aws.vpc.SecurityGroupIngressRule or EgressRule")


def default_security_groups_are_closed(capture: Capture) -> Iterator[Finding]:
    """A machine that names no group gets the default one, so it must pass nothing."""
    for group in capture.of_type("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"):
        if items(group.inputs.get("ingress")) or items(group.inputs.get("egress")):
            yield Finding(group, "the default security group lets traffic through. HINT: give it no rules")
    closed = {
        vpc for group in capture.of_type("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup") for vpc in _vpcs(group)
    }
    for vpc in capture.of_type("aws:ec2/vpc:Vpc"):
        if vpc.urn not in closed:
            yield Finding(vpc, "its default security group is open. HINT: adopt it as aws.ec2.DefaultSecurityGroup")


def machines_hide_behind_nat(capture: Capture) -> Iterator[Finding]:
    """A subnet that hands out public addresses exposes whatever is put into it by mistake."""
    for subnet in capture.of_type("aws:ec2/subnet:Subnet"):
        if subnet.inputs.get("mapPublicIpOnLaunch") is True:
            yield Finding(subnet, "hands out public addresses. HINT: map_public_ip_on_launch=False")


def _vpcs(group: Registration) -> tuple[str, ...]:
    return group.property_dependencies.get("vpcId", ())


def _gcp_firewall(rule: Registration) -> Iterator[Opening]:
    if text(rule.inputs.get("direction")) == "EGRESS" or rule.inputs.get("disabled") is True:
        return
    # Without any source GCP takes the whole world (compute API, firewalls.sourceRanges). An unknown one is a source.
    named = any(rule.inputs.get(key) for key in ("sourceRanges", "sourceTags", "sourceServiceAccounts"))
    sources = texts(rule.inputs.get("sourceRanges")) if named else ("0.0.0.0/0",)
    for allowed in records(rule.inputs.get("allows")):
        for ports in texts(allowed.get("ports")) or (ALL_PORTS,):
            yield Opening(rule, text(allowed.get("protocol")), ports, sources, gcp_door(rule))


def _gcp_load_balancer(rule: Registration) -> Iterator[Opening]:
    if text(rule.inputs.get("loadBalancingScheme")).startswith("INTERNAL"):
        return
    ports = text(rule.inputs.get("portRange")) or ALL_PORTS
    first, _, last = ports.partition("-")
    protocol = (text(rule.inputs.get("ipProtocol")) or "TCP").lower()
    yield Opening(rule, protocol, first if first == last else ports, ("0.0.0.0/0",), rule.urn)


def _aws_rule(rule: Registration) -> Iterator[Opening]:
    ranges, door = aws_ranges(rule), aws_door(rule)
    protocol = text(rule.inputs.get("ipProtocol"))
    first, last = rule.inputs.get("fromPort"), rule.inputs.get("toPort")
    if ranges and (protocol == "-1" or not isinstance(first, int)):
        yield Opening(rule, "all" if protocol == "-1" else protocol, ALL_PORTS, ranges, door)
    elif ranges:
        yield Opening(rule, protocol, str(first) if first == last else f"{first}-{last}", ranges, door)


def aws_ranges(rule: Registration) -> tuple[str, ...]:
    """Addresses of the other side of a rule of a security group."""
    return tuple(filter(None, (text(rule.inputs.get("cidrIpv4")), text(rule.inputs.get("cidrIpv6")))))


def gcp_door(rule: Registration) -> str:
    """The network of a rule and its machines there."""
    whose = ("network", "targetTags", "targetServiceAccounts")
    return " ".join(str(rule.property_dependencies.get(key) or rule.inputs.get(key)) for key in whose)


def aws_door(rule: Registration) -> str:
    """The group of a rule, which is known before the group exists."""
    return str(rule.property_dependencies.get("securityGroupId") or rule.inputs.get("securityGroupId"))


def _kubernetes_api(cluster: Registration) -> Iterator[Opening]:
    access: Mapping[str, Value] = mapping(at(cluster.inputs, "vpcConfig"))
    # EKS opens the API to the world unless it is told otherwise (CreateCluster API reference).
    if access.get("endpointPublicAccess") is not False:
        yield Opening(cluster, "tcp", "443", texts(access.get("publicAccessCidrs")) or ("0.0.0.0/0",), cluster.urn)


def _is_named(opening: Opening) -> bool:
    token, name = component_token(opening.registration), opening.registration.name
    return (token, opening.protocol, opening.ports) in OPEN_PORTS or any(
        token == named and name.endswith(suffix) for named, suffix in OPEN_RULES
    )
