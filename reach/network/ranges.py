"""Sets of addresses of both versions, so that ranges are judged as a whole, however they are cut."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from settings.addresses import EVERYBODY, ONE_ORGANISATION, PRIVATE_RANGES, SPECIAL_RANGES

Interval = tuple[int, int]
"""First and last address as numbers."""

GLOBAL_IPV6 = "2000::/3"
"""What the internet leads to of version 6 (IANA IPv6 Global Unicast Address Assignments)."""


@dataclass(frozen=True)
class Ranges:
    """Addresses, as intervals that are sorted and do not touch."""

    fourth: tuple[Interval, ...] = ()
    sixth: tuple[Interval, ...] = ()

    def __bool__(self) -> bool:
        """Whether it holds any address."""
        return bool(self.fourth or self.sixth)

    def __or__(self, other: "Ranges") -> "Ranges":
        """What either holds."""
        return Ranges(_joined((*self.fourth, *other.fourth)), _joined((*self.sixth, *other.sixth)))

    def __and__(self, other: "Ranges") -> "Ranges":
        """What both hold."""
        return Ranges(_common(self.fourth, other.fourth), _common(self.sixth, other.sixth))

    def __sub__(self, other: "Ranges") -> "Ranges":
        """What the other one does not hold."""
        return Ranges(_without(self.fourth, other.fourth), _without(self.sixth, other.sixth))

    def covers(self, other: "Ranges") -> bool:
        """Whether it holds all of the other one."""
        return not other - self

    @cached_property
    def is_wide(self) -> bool:
        """Whether it holds more public addresses than one organisation may have, and so means anybody."""
        public = self & PUBLIC
        return any(
            sum(last - first + 1 for first, last in intervals) > ONE_ORGANISATION[version]
            for version, intervals in ((4, public.fourth), (6, public.sixth))
        )

    def __str__(self) -> str:
        """The fewest networks that hold the same addresses."""
        return ", ".join(self.networks()) or "nothing"

    def networks(self) -> Iterator[str]:
        """Each of the fewest networks that hold the same addresses."""
        for first, last in self.fourth:
            yield from map(
                str, ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))
            )
        for first, last in self.sixth:
            yield from map(
                str, ipaddress.summarize_address_range(ipaddress.IPv6Address(first), ipaddress.IPv6Address(last))
            )


def ranges(texts: Iterable[str]) -> Ranges:
    """Networks and addresses as texts, "*" for every address. Raises ValueError for a text that is neither."""
    fourth: list[Interval] = []
    sixth: list[Interval] = []
    for text in chain.from_iterable(("0.0.0.0/0", "::/0") if each == EVERYBODY else (each,) for each in texts):
        network = ipaddress.ip_network(text, strict=False)
        interval = (int(network.network_address), int(network.broadcast_address))
        (fourth if network.version == 4 else sixth).append(interval)
    return Ranges(_joined(fourth), _joined(sixth))


def united(several: Iterable[Ranges]) -> Ranges:
    """What any of them holds."""
    parts = {(each.fourth, each.sixth): each for each in several}
    if len(parts) == 1:
        return next(iter(parts.values()))
    return Ranges(
        _joined(interval for each in parts.values() for interval in each.fourth),
        _joined(interval for each in parts.values() for interval in each.sixth),
    )


def are_ranges(text: str) -> bool:
    """Whether a text is a network or an address."""
    try:
        ranges((text,))
    except ValueError:
        return False
    return True


def _joined(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def _common(some: tuple[Interval, ...], others: tuple[Interval, ...]) -> tuple[Interval, ...]:
    if not some or not others:
        return ()
    # Most questions are about all of the internet or all of one subnet, and lists of sixty ranges are slow to walk.
    if some == others or _holds(others, some):
        return some
    if _holds(some, others):
        return others
    found: list[Interval] = []
    here = there = 0
    while here < len(some) and there < len(others):
        first, last = max(some[here][0], others[there][0]), min(some[here][1], others[there][1])
        if first <= last:
            found.append((first, last))
        if some[here][1] < others[there][1]:
            here += 1
        else:
            there += 1
    return tuple(found)


def _holds(some: tuple[Interval, ...], others: tuple[Interval, ...]) -> bool:
    """Whether one interval holds all of others."""
    return len(some) == 1 and some[0][0] <= others[0][0] and others[-1][1] <= some[0][1]


def _without(some: tuple[Interval, ...], others: tuple[Interval, ...]) -> tuple[Interval, ...]:
    if not some or some == others:
        return ()
    if not others:
        return some
    found: list[Interval] = []
    for first, last in some:
        for taken, end in others:
            if end < first or taken > last:
                continue
            if taken > first:
                found.append((first, taken - 1))
            first = end + 1
        if first <= last:
            found.append((first, last))
    return tuple(found)


NOWHERE = Ranges()
EVERYWHERE = ranges((EVERYBODY,))
PRIVATE = ranges(PRIVATE_RANGES)
PUBLIC = ranges(("0.0.0.0/0", GLOBAL_IPV6)) - PRIVATE - ranges(SPECIAL_RANGES)
"""What the internet leads to."""


def versions_of(some: Ranges) -> Ranges:
    """Everything of the versions of the protocol that some addresses have."""
    return Ranges(EVERYWHERE.fourth if some.fourth else (), EVERYWHERE.sixth if some.sixth else ())
