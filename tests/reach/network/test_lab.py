"""The lab's nftables and reach are two translations of the same registrations, and say the same of every packet.

Nothing boots here: the rules that the lab would load are asked in Python. `tests/lab/test_firewall.py` sends packets
through them.
"""

from collections.abc import Iterator

import pytest

from reach.network import Network, reaches
from tests.reach.network.lab_rules import IAP, PROBE, Lab, comes_to, lab_of
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
STRANGERS = ("192.0.2.7", "198.51.100.200", IAP, PROBE)


@pytest.fixture(scope="module", params=["staging", "production"])
def both(request: pytest.FixtureRequest) -> tuple[Lab, Network]:
    capture = variant(request.param, {**SETTINGS, "databasePair.appCidrs": [APPLICATIONS[request.param]]})
    return lab_of(capture), Network(capture)


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
            if not comes_to(place, stranger):
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
