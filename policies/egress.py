"""What machines may send: nobody sends anything anywhere."""

from collections.abc import Iterator, Sequence

from capture import Capture, Registration
from policies.open_ports import ALL_PORTS, aws_door, aws_ranges, gcp_door
from policies.policy import Finding
from policies.values import items, records, text, texts
from settings.addresses import is_covered, is_world

EVERYWHERE = "0.0.0.0/0"

WHOLE, WHOLE_RANGES = ("all", "tcp", "udp"), {ALL_PORTS, "1-65535"}
"""Protocols that carry anything, and what stands for every port of one."""

Openings = Sequence[tuple[Registration, str, tuple[str, ...]]]
"""Rules that let out every port of a protocol, the machines that each holds for, and the ranges that it leads to."""


def egress_is_named(capture: Capture) -> Iterator[Finding]:
    """A machine that may send anything anywhere can carry off whatever it reads."""
    for openings in (_on_aws(capture), _on_gcp(capture)):
        for rule, door, _ in openings:
            if is_world(cidr for _, other, ranges in openings if other == door for cidr in ranges):
                yield Finding(rule, "lets everything out to everywhere. HINT: name protocol and ports")


def networks_let_nothing_out_by_themselves(capture: Capture) -> Iterator[Finding]:
    """After all rules of a network GCP lets everything out, and in no log (VPC firewall rules, implied rules)."""
    closed = {
        network
        for rule in _egress(capture)
        if any(text(denied.get("protocol")) == "all" for denied in records(rule.inputs.get("denies")))
        and not any(items(rule.inputs.get(key)) for key in ("targetServiceAccounts", "targetTags"))
        and is_covered(EVERYWHERE, _destinations(rule))
        for network in rule.property_dependencies.get("network", ())
    }
    for network in capture.of_type("gcp:compute/network:Network"):
        if network.urn not in closed:
            yield Finding(network, "its machines send anything anywhere. HINT: gcp_no_egress, as its last rule")


def _on_aws(capture: Capture) -> Openings:
    rules = capture.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    return [(rule, aws_door(rule), aws_ranges(rule)) for rule in rules if text(rule.inputs.get("ipProtocol")) == "-1"]


def _on_gcp(capture: Capture) -> Openings:
    return [
        (rule, gcp_door(rule), _destinations(rule))
        for rule in _egress(capture)
        if any(
            text(allowed.get("protocol")) in WHOLE and set(texts(allowed.get("ports")) or WHOLE_RANGES) & WHOLE_RANGES
            for allowed in records(rule.inputs.get("allows"))
        )
    ]


def _egress(capture: Capture) -> Iterator[Registration]:
    for rule in capture.of_type("gcp:compute/firewall:Firewall"):
        if text(rule.inputs.get("direction")) == "EGRESS" and rule.inputs.get("disabled") is not True:
            yield rule


def _destinations(rule: Registration) -> tuple[str, ...]:
    """Without any GCP takes the whole world (compute API, firewalls.destinationRanges)."""
    return texts(rule.inputs.get("destinationRanges")) or (EVERYWHERE,)
