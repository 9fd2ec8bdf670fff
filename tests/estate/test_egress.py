"""What the clouds let machines send, decided by what is registered: the lab's firewalls, without its network."""

import ipaddress
from collections.abc import Iterator

import pytest

from capture import Capture
from lab.network.firewall import Firewalls, Rule
from lab.placement import machines_of, place_of, seats_of
from settings.vocabulary import Cloud
from tests.support import estate

ANYWHERE = "203.0.113.77"
PROTOCOLS = ("tcp", "udp", "icmp", "esp")


class Senders:
    """All machines of a stack."""

    def __init__(self, stack: str) -> None:
        self.capture: Capture = estate(stack)
        self.places = {name: place_of(name, self.capture) for name in machines_of(self.capture)}
        self.seats = seats_of(self.places.values())
        self._firewalls = Firewalls(self.capture, self.places.values(), self.seats)

    def rules(self, name: str) -> tuple[Rule, ...]:
        return self._firewalls.rules(self.places[name], "EGRESS")

    def may(self, name: str, protocol: str, address: str, port: int = 0) -> bool:
        return next(rule.accepts for rule in self.rules(name) if fits(rule, protocol, address, port))

    def openings(self, name: str, *, beside: str) -> set[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """Everything that leaves but for a range: protocol, ports and ranges."""
        accepted = [rule for rule in self.rules(name) if rule.accepts]
        return {(rule.protocol, rule.ports, rule.ranges) for rule in accepted if beside not in rule.ranges}


def fits(rule: Rule, protocol: str, address: str, port: int) -> bool:
    ranges = (ipaddress.IPv4Network(text) for text in rule.ranges)
    ports = [text.partition("-") for text in rule.ports]
    return (
        any(ipaddress.IPv4Address(address) in network for network in ranges)
        and rule.protocol in ("all", protocol)
        and (not ports or any(int(first) <= port <= int(last or first) for first, _, last in ports))
    )


@pytest.fixture(scope="module", params=["staging", "production"])
def senders(request: pytest.FixtureRequest) -> Senders:
    return Senders(request.param)


def other_ports() -> Iterator[int]:
    yield from (port for port in (1, 21, 22, 25, 53, 79, 81, 123, 442, 444, 587, 5432, 8443, 11211, 51820, 65535))


def test_every_machine_reaches_the_web_and_no_other_port_of_strangers(senders: Senders) -> None:
    for name in senders.places:
        assert senders.may(name, "tcp", ANYWHERE, 80), name
        assert senders.may(name, "tcp", ANYWHERE, 443), name
        for protocol in PROTOCOLS:
            reached = [port for port in other_ports() if senders.may(name, protocol, ANYWHERE, port)]
            assert reached == [], f"{name} sends {protocol}"


def test_a_database_host_reaches_the_tunnel_of_its_peer_and_nothing_else_by_name(senders: Senders) -> None:
    for name, peer in (("pg-a", "pg-b"), ("pg-b", "pg-a")):
        public = senders.seats[peer].public
        assert public

        assert {ranges for _, _, ranges in senders.openings(name, beside="0.0.0.0/0")} == {(f"{public}/32",)}
        assert [port for port in other_ports() if senders.may(name, "udp", public, port)] == [51820]
        assert not senders.may(name, "tcp", public, 5432), "PostgreSQL goes through the tunnel"


def test_a_manager_reaches_workers_of_its_own_network_by_ssh_and_nothing_else_by_name(senders: Senders) -> None:
    managers = [name for name in senders.places if name.startswith("runner-manager-")]
    assert managers
    for name in managers:
        named = senders.openings(name, beside="0.0.0.0/0")
        assert {(protocol, ports) for protocol, ports, _ in named} == {("tcp", ("22",))}
        if senders.places[name].cloud is Cloud.GCP:
            assert {ranges for _, _, ranges in named} == {(str(senders.places[name].subnetwork),)}


def test_all_other_machines_reach_nothing_by_name(senders: Senders) -> None:
    for name in senders.places:
        if not name.startswith(("pg-", "runner-manager-")):
            assert senders.openings(name, beside="0.0.0.0/0") == set(), name
