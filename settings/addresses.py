"""IPv4 ranges by what they are for, and sets of ranges judged as a whole.

Python's `is_private` is another question: it also holds for loopback, link-local, benchmarks and reserved addresses.
"""

import ipaddress
from collections.abc import Iterable, Mapping

PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""What a network of ones own may have (RFC 1918)."""

SPECIAL_RANGES: Mapping[str, str] = {
    "0.0.0.0/8": "this very host",
    "100.64.0.0/10": "carriers' own networks",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local, with the metadata servers of both clouds",
    "198.18.0.0/15": "benchmarks",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
"""Ranges that are neither of ones own nor of anyone on the internet, and what for (IANA IPv4 Special-Purpose Address
Registry). The three for documentation are left out: they stand for real ones in examples."""

ONE_ORGANISATION = 2**24
"""Public addresses that one organisation may have, a /8. Lists of more mean the world, however they are cut."""


def is_private(network: ipaddress.IPv4Network) -> bool:
    """Whether the whole network lies in one of the private ranges."""
    return _holder(network, PRIVATE_RANGES) is not None


def special_purpose(network: ipaddress.IPv4Network) -> str | None:
    """What a network is for that lies in a special range, as "127.0.0.0/8 (loopback)"; None for all others."""
    holder = _holder(network, SPECIAL_RANGES)
    return None if holder is None else f"{holder} ({SPECIAL_RANGES[holder]})"


def joined(ranges: Iterable[str]) -> tuple[ipaddress.IPv4Network, ...]:
    """The fewest networks that hold the same addresses."""
    return tuple(ipaddress.collapse_addresses(map(ipaddress.IPv4Network, ranges)))


def is_world(ranges: Iterable[str]) -> bool:
    """Whether the ranges together are more than one organisation can have: 0.0.0.0/1 and 128.0.0.0/1 are the world."""
    return sum(network.num_addresses for network in outside(joined(ranges), PRIVATE_RANGES)) > ONE_ORGANISATION


def outside(networks: Iterable[ipaddress.IPv4Network], excluded: Iterable[str]) -> tuple[ipaddress.IPv4Network, ...]:
    """What is left of networks without some ranges, as the fewest networks."""
    left = list(networks)
    for taken in map(ipaddress.IPv4Network, excluded):
        left = [part for network in left for part in _without(network, taken)]
    return tuple(ipaddress.collapse_addresses(left))


def _without(network: ipaddress.IPv4Network, taken: ipaddress.IPv4Network) -> Iterable[ipaddress.IPv4Network]:
    if network.subnet_of(taken):
        return ()
    return network.address_exclude(taken) if taken.subnet_of(network) else (network,)


def _holder(network: ipaddress.IPv4Network, ranges: Iterable[str]) -> str | None:
    return next((text for text in ranges if network.subnet_of(ipaddress.IPv4Network(text))), None)
