"""Firewalls by chance: the lab's nftables and reach say the same of every packet, with more rules and with fewer.

Rules of both clouds are added to a stack, and others taken away; then packets at the borders of all of them are asked.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from capture import Capture, Registration
from lab.placement import machines_of, place_of
from reach.network import Network, reaches
from settings.vocabulary import Cloud
from tests.reach.network.lab_rules import IAP, PROBE, Lab, comes_to, lab_of
from tests.support import variant

SETTINGS: dict[str, object] = {
    # Addresses that a capture invents lie in the ranges of the stack file, and the lab knows them by number alone.
    "devInstance.gitSsh.allowedCidrs": ["192.0.2.0/24"],
    "devInstance.registry.allowedCidrs": ["192.0.2.0/24"],
}
STRANGERS = ("192.0.2.7", "192.0.2.200", "198.51.100.200", IAP, PROBE)
RANGES = ("0.0.0.0/0", "10.0.0.0/8", "192.0.0.0/16", "192.0.2.0/25", "192.0.2.7/32", "198.0.0.0/8", "35.0.0.0/8")
"""Each with all or none of the addresses that a capture invents, since reach does not know in which half they lie."""
PORTS = ("22", "80", "443", "400-500", "1-1024", "2222", "5432", "1024-65535")
ASKED = (1, 22, 23, 80, 399, 400, 443, 500, 501, 1024, 1025, 2222, 5432, 51820, 65535)
FIREWALL = "gcp:compute/firewall:Firewall"
SEEDS = range(24)


@dataclass(frozen=True)
class Packet:
    """From whom, to which machine, and how."""

    source: str
    target: str
    protocol: str
    port: int


@cache
def _stack(stack: str) -> Capture:
    return variant(stack, SETTINGS)


def _chance(stack: str, seed: int) -> random.Random:
    return random.Random(f"{stack} {seed}")  # noqa: S311 -- nothing is hidden by it


def _changed(capture: Capture, chance: random.Random) -> Capture:
    """Some rules away, and some more."""
    rules = [entry for entry in capture.resources if entry.type == FIREWALL or "SecurityGroup" in entry.kind]
    ways = [entry for entry in rules if entry.kind != "SecurityGroup"]
    gone = {entry.urn for entry in chance.sample(ways, 3)}
    kept = [entry for entry in capture.registrations if entry.urn not in gone]
    added = [_more(capture, chance.choice(ways), number, chance) for number in range(8)]
    return replace(capture, registrations=(*kept, *added))


def _more(capture: Capture, like: Registration, number: int, chance: random.Random) -> Registration:
    """One more rule of the cloud of another one."""
    inputs = _of_google(capture, chance) if like.type == FIREWALL else _of_amazon(capture, chance)
    return replace(like, urn=f"{like.urn}-{number}", name=f"{like.name}-{number}", inputs=inputs)


def _of_google(capture: Capture, chance: random.Random) -> dict[str, Any]:
    places = [place_of(name, capture) for name in machines_of(capture)]
    place = chance.choice([place for place in places if place.cloud is Cloud.GCP])
    inward, protocol = chance.random() < 0.7, chance.choice(("tcp", "tcp", "udp", "icmp", "all"))
    ports = {"ports": tuple(chance.sample(PORTS, chance.randint(1, 2)))} if protocol in ("tcp", "udp") else {}
    targets = chance.choice(
        (dict[str, Any](), {"targetServiceAccounts": (place.account,)}, {"targetTags": place.groups[:1]})
    )
    other = chance.choice(places).account or place.account
    named = ({"sourceServiceAccounts": (other,)}, {"sourceTags": place.groups[:1]})
    ranges = {"sourceRanges" if inward else "destinationRanges": tuple(chance.sample(RANGES, chance.randint(1, 2)))}
    # Accounts and tags do not stand side by side in one rule (Google Cloud, "VPC firewall rules").
    sources = chance.choice(named) if inward and not targets and chance.random() < 0.4 else ranges
    return {
        "network": place.network,
        "direction": "INGRESS" if inward else "EGRESS",
        "priority": chance.choice((900, 1000, 1000, 1100, 65534)),
        "allows" if chance.random() < 0.6 else "denies": ({"protocol": protocol, **ports},),
        **targets,
        **sources,
    }


def _of_amazon(capture: Capture, chance: random.Random) -> dict[str, Any]:
    groups = [group for name in machines_of(capture) for group in place_of(name, capture).groups]
    of_aws = [group for group in groups if group.startswith("securitygroup-")]
    protocol = chance.choice(("tcp", "tcp", "udp", "-1"))
    first, _, last = chance.choice(PORTS).partition("-")
    ports = {} if protocol == "-1" else {"fromPort": int(first), "toPort": int(last or first)}
    other = {"cidrIpv4": chance.choice(RANGES)}
    if chance.random() < 0.3:
        other = {"referencedSecurityGroupId": chance.choice(of_aws)}
    return {"securityGroupId": chance.choice(of_aws), "ipProtocol": protocol, **ports, **other}


def _packets(lab: Lab, chance: random.Random) -> Iterator[Packet]:
    for _ in range(120):
        source = chance.choice((*lab.places, *STRANGERS))
        target = chance.choice([name for name in lab.places if name != source])
        if source in lab.places or comes_to(lab.places[target], source):
            yield Packet(source, target, chance.choice(("tcp", "tcp", "udp")), chance.choice(ASKED))


def _passes(lab: Lab, packet: Packet) -> bool:
    if packet.source in lab.places:
        return lab.is_open(packet.source, packet.target, packet.protocol, packet.port)
    return lab.passes(packet.target, "INGRESS", packet.source, packet.protocol, packet.port)


def _agree(lab: Lab, network: Network, packet: Packet) -> bool:
    """Whether both say the same of a packet; where reach only says "perhaps", either is right."""
    place = f"machine {packet.source}" if packet.source in lab.places else packet.source
    path = reaches(network, place, f"machine {packet.target}", packet.port, packet.protocol)
    doubtful = path is not None and any(step.perhaps for step in path)
    return doubtful or _passes(lab, packet) is (path is not None)


@pytest.mark.parametrize("stack", ["staging", "production"])
@pytest.mark.parametrize("seed", SEEDS)
def test_firewalls_by_chance_let_through_what_reach_says(stack: str, seed: int) -> None:
    chance = _chance(stack, seed)
    capture = _changed(_stack(stack), chance)
    lab, network = lab_of(capture), Network(capture)

    for packet in _packets(lab, chance):
        assert _agree(lab, network, packet), packet


def test_firewalls_of_another_graph_are_found() -> None:
    """The proof that the comparison can fail: with the rules of before, most changes are seen."""
    found = 0
    for seed in SEEDS:
        chance = _chance("staging", seed)
        before, after = _stack("staging"), _changed(_stack("staging"), chance)
        old, network = lab_of(before), Network(after)
        found += not all(_agree(old, network, packet) for packet in _packets(old, chance))

    assert found > len(SEEDS) / 2
