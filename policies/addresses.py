"""Names, addresses and health checks: they lead to what they are for."""

from collections.abc import Iterator

from capture import Capture, Registration, Value
from policies.open_ports import Opening, openings
from policies.policy import Finding
from policies.values import mapping, records, text, texts
from settings.addresses import is_covered, leads_nowhere

PROBES = ("35.191.0.0/16", "130.211.0.0/22")
"""Where Google's health checks and load balancers come from (Cloud Load Balancing docs, firewall rules)."""

CHECKS = ("httpHealthCheck", "httpsHealthCheck", "http2HealthCheck", "tcpHealthCheck", "sslHealthCheck")

RESERVED = (
    "gcp:compute/address:Address",
    "gcp:compute/globalAddress:GlobalAddress",
    "aws:ec2/eip:Eip",
)

NETWORK_SIDE = ("networkInterface", "instance")
"""Inputs by which an Elastic IP says itself where it goes."""


def public_records_are_public(capture: Capture) -> Iterator[Finding]:
    """A public name that leads to a private address tells the network plan, and fails for everyone outside."""
    public = {
        text(zone.inputs.get("name"))
        for zone in capture.of_type("gcp:dns/managedZone:ManagedZone")
        if zone.inputs.get("visibility") in (None, "public")
    }
    for record in capture.of_type("gcp:dns/recordSet:RecordSet"):
        if record.inputs.get("type") not in ("A", "AAAA") or text(record.inputs.get("managedZone")) not in public:
            continue
        private = [value for value in texts(record.inputs.get("rrdatas")) if leads_nowhere(value)]
        internal = [entry.name for entry in _behind(capture, record) if entry.inputs.get("addressType") == "INTERNAL"]
        if private or internal:
            yield Finding(
                record, f"leads to {', '.join(private or internal)}, which is private. HINT: a public address"
            )


def health_checks_ask_the_service(capture: Capture) -> Iterator[Finding]:
    """A check on another port says that a dead service lives, or the other way round."""
    for service in capture.of_type("gcp:compute/backendService:BackendService"):
        name = text(service.inputs.get("portName"))
        ports = {
            str(port.get("port"))
            for group in _used(capture, service, "backends", "gcp:compute/instanceGroup:InstanceGroup")
            for port in records(group.inputs.get("namedPorts"))
            if text(port.get("name")) == name
        }
        for check in _used(capture, service, "healthChecks", "gcp:compute/healthCheck:HealthCheck"):
            asked = _port(check)
            if ports and asked is not None and str(asked) not in ports:
                yield Finding(check, f"asks port {asked}, not that of {name or 'its service'}. HINT: port={min(ports)}")


def firewalls_let_health_checks_in(capture: Capture) -> Iterator[Finding]:
    """A backend that no probe reaches counts as dead, and the load balancer answers 502 for all of it."""
    allowed = list(openings(capture))
    for check in capture.of_type("gcp:compute/healthCheck:HealthCheck"):
        port = _port(check)
        if isinstance(port, int) and not all(_is_let_in(allowed, probe, port) for probe in PROBES):
            ranges = " and ".join(PROBES)
            yield Finding(check, f"no rule lets probes reach port {port}. HINT: a firewall rule from {ranges}")


def reserved_addresses_are_used(capture: Capture) -> Iterator[Finding]:
    """An address that nothing uses is paid for, and is often one that something should have got."""
    used = {
        urn
        for entry in capture.resources
        for urns in entry.property_dependencies.values()
        for urn in urns
        if entry.type != "gcp:dns/recordSet:RecordSet"
    }
    for token in RESERVED:
        for address in capture.of_type(token):
            if address.urn not in used and not any(address.inputs.get(key) for key in NETWORK_SIDE):
                yield Finding(address, "nothing uses it. HINT: give it to what it was made for, or leave it out")


def _behind(capture: Capture, record: Registration) -> Iterator[Registration]:
    for urn in record.property_dependencies.get("rrdatas", ()):
        if (entry := capture.by_urn.get(urn)) is not None:
            yield entry


def _used(capture: Capture, user: Registration, key: str, token: str) -> Iterator[Registration]:
    named = user.property_dependencies.get(key, ())
    return (entry for entry in capture.of_type(token) if entry.urn in named)


def _port(check: Registration) -> Value:
    return next((mapping(check.inputs[key]).get("port") for key in CHECKS if key in check.inputs), None)


def _is_let_in(allowed: list[Opening], probe: str, port: int) -> bool:
    rules = (opening for opening in allowed if opening.registration.type == "gcp:compute/firewall:Firewall")
    return is_covered(probe, (source for rule in rules if rule.holds("tcp", port) for source in rule.sources))
