"""What a firewall decides: rules in their order, over one address that may be unknown or a set of addresses."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reach.network.ranges import EVERYWHERE, NOWHERE, Ranges, united

ANY = "all"
"""Every protocol."""
LAST_PORT = 65535
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "50": "esp", "51": "ah", "58": "icmpv6", "132": "sctp", "-1": ANY}
"""Names by the numbers that rules may give (IANA Protocol Numbers); -1 is how AWS writes all."""
WITH_PORTS = ("tcp", "udp", "sctp", ANY)


@dataclass(frozen=True, order=True)
class Flow:
    """A protocol and its ports, the first and the last included; protocols without ports have all."""

    protocol: str
    first: int = 0
    last: int = LAST_PORT

    def covers(self, other: "Flow") -> bool:
        """Whether it holds all of the other one."""
        return self.protocol in (ANY, other.protocol) and self.first <= other.first and other.last <= self.last

    def __str__(self) -> str:
        """As people write it: "tcp 443", "udp 1-1023", "icmp"."""
        if (self.first, self.last) == (0, LAST_PORT):
            return self.protocol
        return f"{self.protocol} {self.first}" + (f"-{self.last}" if self.last > self.first else "")


EVERY_FLOW = Flow(ANY)


def flow_of(protocol: str, first: int | None = None, last: int | None = None) -> Flow:
    """A flow as a rule names it; a protocol by its number as well."""
    name = PROTOCOLS.get(protocol.lower(), protocol.lower())
    if first is None or first < 0 or name not in WITH_PORTS:
        return Flow(name)
    return Flow(name, first, first if last is None else last)


@dataclass(frozen=True, eq=False)
class Party:
    """One side of a packet as a firewall sees it: one address, or a crowd of them."""

    name: str
    within: Ranges
    """Where its address lies; of a crowd, all its addresses."""
    is_crowd: bool = False
    urns: frozenset[str] = frozenset()
    """What gives it its address, so that a rule that names the address is known before anybody knows the number."""
    groups: frozenset[str] = frozenset()
    """Security groups, network tags and service accounts that its network knows it by; none once it is translated."""


@dataclass(frozen=True, eq=False)
class Selector:
    """The other side that a rule is for: any of these."""

    ranges: Ranges = NOWHERE
    urns: frozenset[str] = frozenset()
    """Of what gives an address that the rule names."""
    groups: frozenset[str] = frozenset()
    unknown: str = ""
    """What it names that cannot be read, in words."""


ANYBODY = Selector(EVERYWHERE)


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule of a firewall, a security group, a network ACL or Cloud Armor."""

    urn: str
    """Of what registers it; empty for what a cloud implies."""
    words: str
    """What it does, for example "firewall rule ssh lets tcp 22 in"."""
    allows: bool
    selector: Selector
    flows: tuple[Flow, ...] = (EVERY_FLOW,)
    priority: int = 0
    """Lower ones come first; of two with one priority the one that denies."""
    perhaps: str = ""
    """A condition that is not understood: an allowing rule passes with this doubt, a denying one does not hold."""


@dataclass(frozen=True)
class Passed:
    """Whom a firewall lets through."""

    part: Ranges
    """Of a crowd those who pass; of one address where it lies."""
    rule: Rule
    perhaps: str = ""


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The order in which they are asked."""
    return tuple(sorted(rules, key=lambda rule: (rule.priority, rule.allows, rule.urn)))


def passed(rules: Sequence[Rule], party: Party, flow: Flow) -> tuple[Passed, ...]:
    """Who of a party passes rules that are in order, those that pass without a doubt first; nothing passes the end.

    A denial that only perhaps meets somebody lets him go on, and what lets him through after it says so.
    """
    left, found, denials = party.within, list[Passed](), list[Passed]()
    for rule in rules:
        if not left:
            break
        if not any(each.covers(flow) for each in rule.flows):
            continue
        part, doubt = _met(rule.selector, party, left)
        if not part:
            continue
        doubt = doubt or rule.perhaps
        if rule.allows:
            found.extend(_after(denials, Passed(part, rule, doubt), is_crowd=party.is_crowd))
        elif doubt:
            denials.append(Passed(part, rule, doubt))
        if not doubt:
            left = left - part
    return tuple(sorted(found, key=lambda each: bool(each.perhaps)))


def _after(denials: Iterable[Passed], passed: Passed, *, is_crowd: bool) -> Iterator[Passed]:
    """What a rule lets through, with the doubts of the denials before it; of a crowd those apart whom none may meet."""
    met = [(denial, part) for denial in denials if (part := passed.part & denial.part)]
    if not met:
        yield passed
        return
    doubted = united(part for _, part in met)
    if is_crowd and (sure := passed.part - doubted):
        yield Passed(sure, passed.rule, passed.perhaps)
    doubts = [passed.perhaps, *(f"{denial.rule.words} does not hold: {denial.perhaps}" for denial, _ in met)]
    part = doubted if is_crowd else passed.part
    yield Passed(part, passed.rule, " and ".join(filter(None, doubts)))


def _met(selector: Selector, party: Party, left: Ranges) -> tuple[Ranges, str]:
    """The part of what is left of a party that a selector is for, and the doubt."""
    if party.groups & selector.groups or party.urns & selector.urns:
        return left, ""
    if not selector.ranges:
        # Rules between groups name no ranges, and nearly everybody is of none of their groups.
        return (left, selector.unknown) if selector.unknown else (NOWHERE, "")
    part = left & selector.ranges
    if party.is_crowd:
        if not selector.unknown:
            return part, ""
        return (part, "") if part == left else (left, selector.unknown)
    if part:
        if part == left:
            return left, ""
        # One address of somebody else is none of ours; whoever lists a great part of the internet may well hold it.
        if not left.is_wide or part.is_wide:
            return part, f"the address of {party.name} lies in {_short(part)}"
    return (left, selector.unknown) if selector.unknown else (Ranges(), "")


def _short(part: Ranges) -> str:
    words = list(part.networks())
    return words[0] if len(words) == 1 else f"one of {len(words)} ranges"
