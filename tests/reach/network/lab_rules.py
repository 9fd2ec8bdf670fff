"""The firewalls that a lab would load, asked in Python: the first rule that fits decides, as in nftables."""

import ipaddress
from dataclasses import dataclass

from capture import Capture
from lab.network.firewall import Direction, Firewalls, Rule
from lab.placement import Place, Seat, machines_of, place_of, seats_of
from settings.vocabulary import Cloud

IAP, PROBE = "35.235.240.9", "35.191.0.9"
"""Of Google's Identity-Aware Proxy and of its load balancers."""


@dataclass(frozen=True)
class Lab:
    """The firewalls that a lab would load."""

    firewalls: Firewalls
    places: dict[str, Place]
    seats: dict[str, Seat]

    def passes(self, name: str, direction: Direction, address: str, protocol: str, port: int) -> bool:
        """Whether the rules of a machine let a packet from or to an address pass; the first that fits decides."""
        rules = self.firewalls.rules(self.places[name], direction)
        return next(rule.accepts for rule in rules if _fits(rule, address, protocol, port))

    def is_open(self, source: str, target: str, protocol: str, port: int) -> bool:
        """Whether a machine reaches another: inside of one network, or by public addresses."""
        one, two = self.seats[source], self.seats[target]
        ways = [(one.private, two.private)] if one.network == two.network else []
        if one.leaves_by and two.public:
            ways.append((one.leaves_by, two.public))
        return any(
            self.passes(source, "EGRESS", there, protocol, port)
            and self.passes(target, "INGRESS", here, protocol, port)
            for here, there in ways
        )


def lab_of(capture: Capture) -> Lab:
    """That of every machine of a capture."""
    places = {name: place_of(name, capture) for name in machines_of(capture)}
    seats = seats_of(places.values())
    return Lab(Firewalls(capture, places.values(), seats), places, seats)


def comes_to(place: Place, stranger: str) -> bool:
    """Whether a packet from there arrives at all: to a public address, or from a service of Google inside."""
    return place.cloud is Cloud.GCP if stranger in (IAP, PROBE) else place.public is not None


def _fits(rule: Rule, address: str, protocol: str, port: int) -> bool:
    if not any(ipaddress.ip_address(address) in ipaddress.ip_network(each) for each in rule.ranges):
        return False
    if rule.protocol not in ("all", protocol):
        return False
    spans = [each.partition("-") for each in rule.ports]
    return not spans or any(int(first) <= port <= int(last or first) for first, _, last in spans)
