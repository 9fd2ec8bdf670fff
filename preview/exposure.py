"""What anyone on the internet can reach or read."""

from collections.abc import Iterator
from dataclasses import dataclass

from capture import Capture, Registration
from policies.open_ports import openings
from policies.values import policy_statements, text

ANYONE = ("allUsers", "allAuthenticatedUsers")
"""Members that mean the world in IAM of Google Cloud."""

NAT = (("gcp:compute/routerNat:RouterNat", "natIps"), ("aws:ec2/natGateway:NatGateway", "allocationId"))
"""What lets out and never in, and the input that holds its address."""


@dataclass(frozen=True)
class Exposure:
    """One door to the world."""

    kind: str
    """One of "port", "address", "load balancer", "content" and "CDN"."""
    urn: str
    name: str
    cloud: str
    what: str
    """What can be reached, for example "tcp 443"."""


def exposures(capture: Capture) -> tuple[Exposure, ...]:
    """Everything that is open to the world, by kind and name."""
    found = [*_ports(capture)]
    for entry in capture.resources:
        found.extend(_addresses(capture, entry))
        found.extend(_content(entry))
    return tuple(sorted(found, key=lambda door: (door.kind, door.name, door.what)))


def _ports(capture: Capture) -> Iterator[Exposure]:
    for opening in openings(capture):
        if opening.to_the_world:
            what = opening.protocol if opening.ports == "0-65535" else f"{opening.protocol} {opening.ports}"
            yield _door("port", opening.registration, what)


def _addresses(capture: Capture, entry: Registration) -> Iterator[Exposure]:
    match entry.type:
        case "gcp:compute/address:Address" | "gcp:compute/globalAddress:GlobalAddress":
            # Without a type it is a public one (Compute Engine API, addresses.addressType).
            if text(entry.inputs.get("addressType")) != "INTERNAL":
                yield _door("address", entry, _address(capture, entry))
        case "aws:ec2/eip:Eip":
            yield _door("address", entry, _address(capture, entry))
        case "aws:lb/loadBalancer:LoadBalancer" | "aws:alb/loadBalancer:LoadBalancer":
            if entry.inputs.get("internal") is not True:
                yield _door("load balancer", entry, text(entry.inputs.get("loadBalancerType")) or "application")
        case "aws:cloudfront/distribution:Distribution":
            yield _door("CDN", entry, "tcp 443")
        case _:
            pass


def _address(capture: Capture, entry: Registration) -> str:
    users = (other for kind, key in NAT for other in capture.of_type(kind) if entry.urn in _taken(other, key))
    # Only GCP's addresses say their version, and only where it is not 4.
    version = "IPv6" if entry.inputs.get("ipVersion") == "IPV6" else "IPv4"
    return f"static {version}, outgoing only (NAT)" if any(users) else f"static {version}"


def _taken(entry: Registration, key: str) -> tuple[str, ...]:
    return entry.property_dependencies.get(key, ())


def _content(entry: Registration) -> Iterator[Exposure]:
    match entry.type:
        case "gcp:storage/bucketIAMMember:BucketIAMMember" if text(entry.inputs.get("member")) in ANYONE:
            yield _door("content", entry, f"{text(entry.inputs.get('role'))} for everyone")
        case "gcp:storage/bucketIAMBinding:BucketIAMBinding" if _names_anyone(entry):
            yield _door("content", entry, f"{text(entry.inputs.get('role'))} for everyone")
        case "aws:s3/bucketPolicy:BucketPolicy" if _allows_anyone(entry):
            yield _door("content", entry, "bucket policy allows everyone")
        case _:
            pass


def _names_anyone(entry: Registration) -> bool:
    members = entry.inputs.get("members")
    return isinstance(members, tuple) and any(member in ANYONE for member in members)


def _allows_anyone(entry: Registration) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and not statement.get("Condition")
        for statement in policy_statements(entry, "policy")
    )


def _door(kind: str, entry: Registration, what: str) -> Exposure:
    return Exposure(kind, entry.urn, entry.name, entry.cloud, what)
