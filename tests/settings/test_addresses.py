"""Ranges are judged by what they are for, and lists of them as a whole, however they are cut."""

import ipaddress
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.addresses import is_documentation, is_world, outside
from tests.support import faults_of

WORLD = ipaddress.IPv4Network("0.0.0.0/0")

NOBODYS = (
    "198.18.0.0/16",
    "169.254.0.0/16",
    "127.0.0.0/16",
    "0.0.0.0/16",
    "240.16.0.0/16",
    "100.64.0.0/16",
    "224.0.0.0/16",
)
"""Ranges that Python calls private or reserved, and that are no network of ours."""


@pytest.mark.parametrize("cidr", [*NOBODYS, "172.32.0.0/16", "192.88.0.0/16", "203.0.0.0/16"])
def test_a_network_is_one_of_the_three_private_ranges_alone(cidr: str) -> None:
    assert [fault.path for fault in faults_of("staging", {"network.aws.cidr": cidr})] == [("network", "aws", "cidr")]


@pytest.mark.parametrize("cidr", ["10.99.0.0/16", "172.31.0.0/16", "192.168.0.0/16"])
def test_each_private_range_is_accepted(cidr: str) -> None:
    assert faults_of("staging", {"network.aws.cidr": cidr}) == ()


@pytest.mark.parametrize("cidr", ["169.254.169.254/32", "100.64.0.0/28", "127.0.0.1/32", "198.18.0.0/28"])
def test_no_worker_reaches_what_is_nobodys(cidr: str) -> None:
    endpoint = {"cidr": cidr, "port": 443, "purpose": "mirror of Debian packages"}

    (fault,) = faults_of("staging", {"runnerFleet.shards.0.privateAccess": [endpoint]})

    assert fault.path == ("runnerFleet", "shards", 0, "privateAccess", 0, "cidr")


ALLOW_LISTS = {
    "packageServer.uploadAllowedCidrs": "packageServer.uploadAllowedCidrs",
    "devInstance.gitSsh.allowedCidrs": "devInstance.gitSsh",
    "devInstance.registry.allowedCidrs": "devInstance.registry",
    "devInstance.monitoringAllowedCidrs": "devInstance",
    "cloudNativeCluster.apiAccessCidrs": "cloudNativeCluster",
}
"""Lists of ranges that may be let in, and where a fault of the whole list stands."""


@pytest.mark.parametrize("key", ALLOW_LISTS)
@pytest.mark.parametrize("cidr", ["169.254.169.254/32", "127.0.0.0/8", "100.64.0.0/10", "240.0.0.0/8", "224.0.0.1/32"])
def test_an_allow_list_holds_nothing_that_is_nobodys(key: str, cidr: str) -> None:
    (fault,) = faults_of("staging", {key: ["203.0.113.0/24", cidr]})

    assert fault.path == (*key.split("."), 1)
    assert "lies in" in fault.wrong


CUTS = st.lists(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address), max_size=6)


def cut(addresses: list[ipaddress.IPv4Address]) -> list[str]:
    """The world in pieces: each address halves the piece that holds it."""
    pieces = [WORLD]
    for address in addresses:
        piece = next(piece for piece in pieces if address in piece)
        pieces = [*(other for other in pieces if other != piece), *piece.subnets()]
    return [str(piece) for piece in pieces]


@given(CUTS, st.randoms(use_true_random=False))
def test_the_world_in_pieces_is_the_world(addresses: list[ipaddress.IPv4Address], order: random.Random) -> None:
    pieces = cut(addresses)
    order.shuffle(pieces)

    assert is_world(pieces)
    # One piece left out closes nothing.
    assert len(pieces) < 3 or is_world(pieces[1:])


@pytest.mark.parametrize("key", ALLOW_LISTS)
@pytest.mark.parametrize(
    "cidrs", [["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["8.0.0.0/7"], ["9.0.0.0/8", "11.0.0.0/8"]]
)
def test_no_allow_list_is_the_world_in_pieces(key: str, cidrs: list[str]) -> None:
    faults = faults_of("staging", {key: cidrs})

    assert faults
    assert all(".".join(map(str, fault.path)).startswith(ALLOW_LISTS[key]) for fault in faults)


def test_two_halves_of_a_wide_range_are_as_wide() -> None:
    (first, second) = faults_of("staging", {"packageServer.uploadAllowedCidrs": ["203.2.0.0/16", "203.3.0.0/16"]})

    assert "203.2.0.0/15" in first.wrong
    assert [first.path[-1], second.path[-1]] == [0, 1]


@pytest.mark.parametrize(
    "cidrs", [[], ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], ["9.0.0.0/8"], ["203.0.113.0/24"] * 2]
)
def test_ranges_of_one_organisation_are_not_the_world(cidrs: list[str]) -> None:
    assert not is_world(cidrs)


@given(CUTS)
def test_what_is_outside_holds_every_other_address_once(addresses: list[ipaddress.IPv4Address]) -> None:
    excluded = cut(addresses)[::2]
    left = outside([WORLD], excluded)

    assert sum(part.num_addresses for part in left) == 2**32 - sum(
        ipaddress.IPv4Network(part).num_addresses for part in excluded
    )
    assert not any(part.overlaps(ipaddress.IPv4Network(other)) for part in left for other in excluded)


@pytest.mark.parametrize(
    ("text", "is_nobodys"),
    [("203.0.113.7", True), ("2001:db8::1", True), ("203.0.112.7", False), ("2001:db9::1", False), ("a name", False)],
)
def test_addresses_for_documentation_are_told_from_those_of_somebody(text: str, *, is_nobodys: bool) -> None:
    assert is_documentation(text) is is_nobodys
