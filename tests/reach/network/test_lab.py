"""The lab's nftables and reach are two translations of the same registrations, and say the same of every packet.

Nothing boots here: the rules that the lab would load are asked in Python. `tests/lab/test_firewall.py` sends packets
through them.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lab.network.firewall import Direction, Firewalls, Rule
from lab.placement import Place, Seat, machines_of, place_of, seats_of
from reach.network import Network, reaches
from settings.vocabulary import Cloud
from tests.support import variant

OFFICE = "192.0.2.0/24"
SETTINGS: dict[str, object] = {
    "devInstance.gitSsh.port": 2222,
    # Addresses that a capture invents lie in the ranges of the stack file, and the lab knows them by number alone.
    "devInstance.gitSsh.allowedCidrs": [OFFICE],
    "devInstance.registry.allowedCidrs": [OFFICE],
}
APPLICATIONS = {"staging": "10.16.0.0/20", "production": "10.32.0.0/20"}
"""The subnet of the testground, all of which the databases let in: in the lab a machine may have any address of it."""
FLOWS = (
    *(("tcp", port) for port in (22, 80, 443, 2222, 5050, 5432, 8443, 8444, 9252, 65000)),
    *(("udp", port) for port in (53, 51820)),
)
IAP, PROBE = "35.235.240.9", "35.191.0.9"
STRANGERS = ("192.0.2.7", "198.51.100.200", IAP, PROBE)


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


@pytest.fixture(scope="module", params=["staging", "production"])
def both(request: pytest.FixtureRequest) -> tuple[Lab, Network]:
    capture = variant(request.param, {**SETTINGS, "databasePair.appCidrs": [APPLICATIONS[request.param]]})
    places = {name: place_of(name, capture) for name in machines_of(capture)}
    seats = seats_of(places.values())
    return Lab(Firewalls(capture, places.values(), seats), places, seats), Network(capture)


def test_machines_reach_each_other_in_the_lab_as_reach_says(both: tuple[Lab, Network]) -> None:
    lab, network = both
    said = {
        packet: reaches(network, f"machine {packet[0]}", f"machine {packet[1]}", packet[3], packet[2]) is not None
        for packet in _packets(lab)
    }

    assert [packet for packet, expected in said.items() if lab.is_open(*packet) is not expected] == []
    assert set(said.values()) == {True, False}


def test_strangers_reach_machines_in_the_lab_as_reach_says(both: tuple[Lab, Network]) -> None:
    lab, network = both
    seen: set[bool] = set()
    for name, place in lab.places.items():
        for stranger in STRANGERS:
            if not _comes_to(place, stranger):
                continue
            for protocol, port in FLOWS:
                expected = reaches(network, stranger, f"machine {name}", port, protocol) is not None
                seen.add(expected)

                assert lab.passes(name, "INGRESS", stranger, protocol, port) is expected, (stranger, name, port)
    assert seen == {True, False}


def _packets(lab: Lab) -> Iterator[tuple[str, str, str, int]]:
    for source in lab.places:
        for target in lab.places:
            if source != target:
                yield from ((source, target, protocol, port) for protocol, port in FLOWS)


def _comes_to(place: Place, stranger: str) -> bool:
    """Whether a packet from there arrives at all: to a public address, or from a service of Google inside."""
    return place.cloud is Cloud.GCP if stranger in (IAP, PROBE) else place.public is not None


def _fits(rule: Rule, address: str, protocol: str, port: int) -> bool:
    if not any(ipaddress.ip_address(address) in ipaddress.ip_network(each) for each in rule.ranges):
        return False
    if rule.protocol not in ("all", protocol):
        return False
    spans = [each.partition("-") for each in rule.ports]
    return not spans or any(int(first) <= port <= int(last or first) for first, _, last in spans)
