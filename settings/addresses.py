"""Ranges of addresses by what they are for, and sets of ranges judged as a whole; here, and nowhere else.

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

DOCUMENTATION_RANGES = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
DOCUMENTATION_RANGES_IPV6 = ("2001:db8::/32",)
"""Ranges that nobody has (RFC 5737 and RFC 3849); they stand for real ones in examples."""

PRIVATE_RANGES_IPV6 = ("fc00::/7", "fe80::/10", "::1/128")
"""Addresses of IPv6 that no packet from the internet reaches (RFC 4193 and 4291)."""

ONE_ORGANISATION: Mapping[int, int] = {4: 2**24, 6: 2**120}
"""Public addresses that one organisation may have, a /8, by version of the protocol. Lists of more mean the world,
however they are cut."""

EVERYBODY = "*"
"""How Cloud Armor writes the world."""


def is_private(network: ipaddress.IPv4Network) -> bool:
    """Whether the whole network lies in one of the private ranges."""
    return _holder(network, PRIVATE_RANGES) is not None


def special_purpose(network: ipaddress.IPv4Network) -> str | None:
    """What a network is for that lies in a special range, as "127.0.0.0/8 (loopback)"; None for all others."""
    holder = _holder(network, SPECIAL_RANGES)
    return None if holder is None else f"{holder} ({SPECIAL_RANGES[holder]})"


def is_documentation(text: str) -> bool:
    """Whether a text is an address out of the ranges for documentation."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    listed = map(ipaddress.ip_network, (*DOCUMENTATION_RANGES, *DOCUMENTATION_RANGES_IPV6))
    return any(address in network for network in listed)


def joined(ranges: Iterable[str]) -> tuple[ipaddress.IPv4Network, ...]:
    """The fewest networks that hold the same addresses."""
    return tuple(ipaddress.collapse_addresses(map(ipaddress.IPv4Network, ranges)))


def is_world(ranges: Iterable[str]) -> bool:
    """Whether the ranges together are more than one organisation can have: 0.0.0.0/1 and 128.0.0.0/1 are the world."""
    texts = tuple(ranges)
    if EVERYBODY in texts:
        return True
    networks = [ipaddress.ip_network(text) for text in texts]
    fourth = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    sixth = [network for network in networks if isinstance(network, ipaddress.IPv6Network) and not network.is_private]
    return (
        _count(outside(fourth, PRIVATE_RANGES)) > ONE_ORGANISATION[4]
        or _count(ipaddress.collapse_addresses(sixth)) > ONE_ORGANISATION[6]
    )


def is_covered(network: str, ranges: Iterable[str]) -> bool:
    """Whether ranges together hold all of an IPv4 network; ranges of IPv6 hold none of it."""
    fourth = [text for text in ranges if ipaddress.ip_network(text).version == 4]
    return not outside([ipaddress.IPv4Network(network)], fourth)


def leads_nowhere(address: str) -> bool:
    """Whether the internet does not lead to an address, of either version."""
    network = ipaddress.ip_network(address)
    if isinstance(network, ipaddress.IPv6Network):
        return any(network.subnet_of(ipaddress.IPv6Network(text)) for text in PRIVATE_RANGES_IPV6)
    return is_private(network) or special_purpose(network) is not None


def outside(networks: Iterable[ipaddress.IPv4Network], excluded: Iterable[str]) -> tuple[ipaddress.IPv4Network, ...]:
    """What is left of networks without some ranges, as the fewest networks."""
    left = list(networks)
    for taken in map(ipaddress.IPv4Network, excluded):
        left = [part for network in left for part in _without(network, taken)]
    return tuple(ipaddress.collapse_addresses(left))


def _count(networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> int:
    return sum(network.num_addresses for network in networks)


def _without(network: ipaddress.IPv4Network, taken: ipaddress.IPv4Network) -> Iterable[ipaddress.IPv4Network]:
    if network.subnet_of(taken):
        return ()
    return network.address_exclude(taken) if taken.subnet_of(network) else (network,)


def _holder(network: ipaddress.IPv4Network, ranges: Iterable[str]) -> str | None:
    return next((text for text in ranges if network.subnet_of(ipaddress.IPv4Network(text))), None)
