"""The firewalls of both clouds are in force in a lab as they are registered, shown by connections."""

from collections.abc import Iterator

import pytest

from tests.lab.wires import Wires, wired
from tests.needed import FOR_CONTAINERS, skip_without
from tests.support import variant

pytestmark = pytest.mark.machine

GIT, WEB, SSH, POSTGRESQL = 2222, 443, 22, 5432
OFFICE = "192.0.2.0/24"
SOMEONE_THERE, STRANGER, CLIENT = "192.0.2.7", "198.51.100.200", "10.16.0.17"
IAP = "35.235.240.9"
"""Of Google's Identity-Aware Proxy, by which operators reach SSH (Google Cloud, "Using IAP for TCP forwarding")."""

SETTINGS: dict[str, object] = {
    "devInstance.gitSsh.port": GIT,
    "devInstance.gitSsh.allowedCidrs": [OFFICE],
    "databasePair.appCidrs": [],
}
NAMES = ("dev-instance", "package-server", "pg-a", "pg-b", "runner-manager-gcp-blue")
PORTS = (GIT, WEB, SSH, POSTGRESQL)


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    skip_without(FOR_CONTAINERS)
    with wired(variant("staging", SETTINGS), NAMES, PORTS) as made:
        yield made


def test_a_rule_lets_its_ranges_in_and_nobody_else(wires: Wires) -> None:
    assert wires.seen_from(SOMEONE_THERE, "dev-instance", GIT) == SOMEONE_THERE
    assert not wires.seen_from(STRANGER, "dev-instance", GIT)
    assert wires.seen_from(STRANGER, "dev-instance", WEB) == STRANGER, "open to the world"


def test_a_rule_is_for_the_machines_that_it_names(wires: Wires) -> None:
    assert not wires.seen_from(SOMEONE_THERE, "package-server", GIT)
    assert not wires.seen_from(STRANGER, "pg-a", WEB)


def test_a_rule_by_network_tag_lets_operators_in(wires: Wires) -> None:
    for name in ("dev-instance", "package-server", "pg-a"):
        assert wires.seen_from(IAP, name, SSH) == IAP
    assert not wires.seen_from(IAP, "pg-b", SSH), "AWS has no such rule"


def test_a_public_address_is_reached_from_a_public_address(wires: Wires) -> None:
    dev = wires.seats["dev-instance"].public
    assert dev

    for name in ("pg-a", "pg-b", "runner-manager-gcp-blue"):
        assert wires.seen(name, dev, WEB) == wires.seats[name].leaves_by


def test_machines_reach_no_private_address_of_another_network(wires: Wires) -> None:
    inside = wires.seats["dev-instance"].private

    assert wires.seen("pg-a", inside, WEB) == wires.seats["pg-a"].private
    assert not wires.seen("pg-b", inside, WEB)
    assert not wires.seen("runner-manager-gcp-blue", inside, WEB)


def test_machines_of_both_clouds_open_connections_to_the_web_alone() -> None:
    skip_without(FOR_CONTAINERS)
    capture = variant("staging", {**SETTINGS, "devInstance.gitSsh.allowedCidrs": ["203.0.113.0/24"]})
    with wired(capture, ("dev-instance", "pg-a", "pg-b"), PORTS) as opened:
        dev = opened.seats["dev-instance"].public
        assert dev

        for name in ("pg-a", "pg-b"):
            assert opened.seen(name, dev, WEB) == opened.seats[name].leaves_by
            assert not opened.seen(name, dev, GIT)
        assert opened.seen_from("203.0.113.7", "dev-instance", GIT), "the door itself is open"


@pytest.mark.parametrize("name", ["pg-a", "pg-b"])
def test_a_changed_stack_file_opens_what_it_says(wires: Wires, name: str) -> None:
    assert not wires.seen_from(CLIENT, name, POSTGRESQL)

    with wired(variant("staging", {**SETTINGS, "databasePair.appCidrs": [f"{CLIENT}/32"]}), [name], PORTS) as opened:
        assert opened.seen_from(CLIENT, name, POSTGRESQL) == CLIENT
        assert not opened.seen_from(STRANGER, name, POSTGRESQL)
