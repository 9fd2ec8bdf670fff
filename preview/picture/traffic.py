"""Who reaches whom over the network, read from the rules that let traffic through."""

import ipaddress
from collections.abc import Iterator

from capture import Capture, Registration
from policies.addresses import PROBES
from policies.firewalls import IAP
from policies.open_ports import Opening, openings
from policies.values import at, records, text, texts
from preview.picture.boxes import CACHES, DISTRIBUTION, NATS
from preview.picture.model import Arrow, ArrowKind
from preview.picture.owners import Owners

INTERNET, OPERATORS, PROBERS = "the internet", "Google IAP", "Google's front ends"

FIREWALL = "gcp:compute/firewall:Firewall"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
URL_MAP = "gcp:compute/uRLMap:URLMap"


class Traffic:
    """The arrows of one capture. An end is the key of a box, or the name of something outside the estate."""

    def __init__(self, capture: Capture, owned: Owners) -> None:
        self._capture = capture
        self._owned = owned
        self._networks = {
            ipaddress.ip_network(text(entry.inputs.get(key))): entry.name
            for kind, key in (("gcp:compute/subnetwork:Subnetwork", "ipCidrRange"), ("aws:ec2/vpc:Vpc", "cidrBlock"))
            for entry in capture.of_type(kind)
            if text(entry.inputs.get(key))
        }

    def arrows(self) -> Iterator[Arrow]:
        """Every arrow, one for each rule and pair of ends."""
        for opening in openings(self._capture):
            for start in self._sources(opening):
                yield from self._to_all(start, self._targets(opening.registration), _ports(opening))
        yield from self._between_groups()
        yield from self._out()
        yield from self._behind_balancers()
        for kind in NATS:
            for entry in self._capture.of_type(kind):
                yield from self._to_all(entry.urn, (INTERNET,), "out")

    def _to_all(self, start: str, ends: tuple[str, ...], label: str) -> Iterator[Arrow]:
        yield from (Arrow(start, end, ArrowKind.TRAFFIC, (label,)) for end in ends if end != start)

    def _sources(self, opening: Opening) -> tuple[str, ...]:
        if opening.to_the_world:
            return (INTERNET,)
        rule = opening.registration
        named = [end for source in opening.sources for end in self._ends_of(source, rule)]
        tagged = self._tagged(texts(rule.inputs.get("sourceTags")), rule)
        return tuple(dict.fromkeys([*named, *tagged, *self._owners_of(rule, "sourceServiceAccounts")]))

    def _ends_of(self, source: str, rule: Registration) -> tuple[str, ...]:
        """The owner of an address that a rule takes from another resource, else the range under its name."""
        taken = {urn for urns in rule.property_dependencies.values() for urn in urns}
        for urn in sorted(taken):
            if source.partition("/")[0] in self._capture.invented.get(urn, {}) and urn in self._owned:
                return self._owned[urn]
        network = ipaddress.ip_network(source)
        if isinstance(network, ipaddress.IPv4Network) and network.subnet_of(IAP):
            return (OPERATORS,)
        if source in PROBES:
            return (PROBERS,)
        name = next((name for own, name in self._networks.items() if own == network), "")
        return (f"{source} network {name}" if name else source,)

    def _targets(self, rule: Registration) -> tuple[str, ...]:
        """What a rule opens. A door is open by itself."""
        if rule.urn in self._owned:
            return self._owned[rule.urn]
        if rule.type == FIREWALL:
            return self._machines_of(rule)
        return self._owners_of(rule, "securityGroupId")

    def _machines_of(self, rule: Registration) -> tuple[str, ...]:
        accounts, tags = "targetServiceAccounts", texts(rule.inputs.get("targetTags"))
        if rule.inputs.get(accounts):
            return self._owners_of(rule, accounts)
        return self._tagged(tags, rule) if tags else self._in_network(rule, None)

    def _tagged(self, tags: tuple[str, ...], rule: Registration) -> tuple[str, ...]:
        return self._in_network(rule, frozenset(tags)) if tags else ()

    def _in_network(self, rule: Registration, tags: frozenset[str] | None) -> tuple[str, ...]:
        """Machines and templates in the network of a rule, with one of the tags where it names some."""
        networks = set(rule.property_dependencies.get("network", ()))
        found: dict[str, None] = {}
        for kind in ("gcp:compute/instance:Instance", "gcp:compute/instanceTemplate:InstanceTemplate"):
            for entry in self._capture.of_type(kind):
                if networks & self._networks_of(entry) and (
                    tags is None or tags & set(texts(entry.inputs.get("tags")))
                ):
                    found.update(dict.fromkeys(self._owned.get(entry.urn, ())))
        return tuple(found)

    def _networks_of(self, entry: Registration) -> set[str]:
        taken = set(entry.property_dependencies.get("networkInterfaces", ()))
        subnets = (self._capture.by_urn[urn] for urn in taken)
        return taken | {urn for one in subnets for urn in one.property_dependencies.get("network", ())}

    def _owners_of(self, rule: Registration, key: str) -> tuple[str, ...]:
        urns = rule.property_dependencies.get(key, ())
        return tuple(dict.fromkeys(end for urn in urns for end in self._owned.get(urn, ())))

    def _between_groups(self) -> Iterator[Arrow]:
        for rule in self._capture.of_type(INGRESS):
            for start in self._owners_of(rule, "referencedSecurityGroupId"):
                yield from self._to_all(start, self._owners_of(rule, "securityGroupId"), _rule_ports(rule))

    def _out(self) -> Iterator[Arrow]:
        """What leaves for named ranges; what a rule of the other end lets in is told by that one."""
        for rule in self._capture.of_type(EGRESS):
            target = text(rule.inputs.get("cidrIpv4"))
            if target and target != "0.0.0.0/0":
                for end in self._ends_of(target, rule):
                    if end not in self._owned:
                        for start in self._owners_of(rule, "securityGroupId"):
                            yield from self._to_all(start, (end,), _rule_ports(rule))
        for rule in self._capture.of_type(FIREWALL):
            if text(rule.inputs.get("direction")) != "EGRESS":
                continue
            told = {"0.0.0.0/0", *self._ranges_of_network(rule)}
            for target in texts(rule.inputs.get("destinationRanges")):
                for allowed in records(rule.inputs.get("allows")) if target not in told else ():
                    label = f"{text(allowed.get('protocol'))} {', '.join(texts(allowed.get('ports')))}".strip()
                    for start in self._machines_of(rule):
                        yield from self._to_all(start, self._ends_of(target, rule), label)

    def _ranges_of_network(self, rule: Registration) -> Iterator[str]:
        """Of the rule's own: whom of its machines it reaches is told by the rules that let them be reached."""
        networks = set(rule.property_dependencies.get("network", ()))
        for subnet in self._capture.of_type("gcp:compute/subnetwork:Subnetwork"):
            if networks & set(subnet.property_dependencies.get("network", ())):
                yield text(subnet.inputs.get("ipCidrRange"))

    def _behind_balancers(self) -> Iterator[Arrow]:
        """From a load balancer to what its URL map names, through the CDN where that is on."""
        for rules in self._capture.of_type(URL_MAP):
            starts = self._balancers_of(rules)
            named = {urn for urns in rules.property_dependencies.values() for urn in urns}
            for backend in (self._capture.by_urn[urn] for urn in sorted(named)):
                if backend.type not in CACHES:
                    continue
                doors = self._owned.get(backend.urn, ()) or starts
                if doors is not starts:
                    for start in starts:
                        yield from self._to_all(start, doors, "cached paths")
                for door in doors:
                    yield from self._to_all(door, self._behind(backend), self._backend_port(backend))
        for entry in self._capture.of_type(DISTRIBUTION):
            for door in self._owned[entry.urn]:
                yield from self._to_all(INTERNET, (door,), "tcp 443")

    def _balancers_of(self, rules: Registration) -> tuple[str, ...]:
        """The boxes whose forwarding rules lead to a URL map, by way of a proxy."""
        proxies = {
            entry.urn for entry in self._capture.resources if rules.urn in entry.property_dependencies.get("urlMap", ())
        }
        leading = (
            entry.urn
            for entry in self._capture.resources
            if proxies.intersection(entry.property_dependencies.get("target", ()))
        )
        return tuple(dict.fromkeys(end for urn in leading for end in self._owned.get(urn, ())))

    def _behind(self, backend: Registration) -> tuple[str, ...]:
        return (*self._owners_of(backend, "backends"), *self._owners_of(backend, "bucketName"))

    def _backend_port(self, backend: Registration) -> str:
        if backend.kind == "BackendBucket":
            return "objects"
        ports = [
            f"tcp {named.get('port')}"
            for urn in backend.property_dependencies.get("backends", ())
            for named in records(self._capture.by_urn[urn].inputs.get("namedPorts"))
            if named.get("name") == backend.inputs.get("portName")
        ]
        return ", ".join(ports) or text(backend.inputs.get("protocol")).lower()


def _ports(opening: Opening) -> str:
    protocol = "all" if opening.protocol == "-1" else opening.protocol
    return protocol if opening.ports == "0-65535" else f"{protocol} {opening.ports}"


def _rule_ports(rule: Registration) -> str:
    first, last = (at(rule.inputs, key) for key in ("fromPort", "toPort"))
    protocol = text(rule.inputs.get("ipProtocol")).replace("-1", "all")
    return protocol if first is None else f"{protocol} {first if first == last else f'{first}-{last}'}"
