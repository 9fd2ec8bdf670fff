"""The firewalls of both clouds, from what is registered, as rules of the lab's network.

Ingress is judged where a packet leaves the lab's router, with the source that its target sees; egress where it enters,
with the target that its source sees. What answers to a connection passes. Machines see no refusal, as in the clouds.
The lab has no IPv6.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from capture import Capture, Registration
from lab.errors import LabError
from lab.placement import Place, Seat
from settings.vocabulary import Cloud

EVERYWHERE = "0.0.0.0/0"
LINK_LOCAL = "169.254.0.0/16"
"""Metadata, names and time of both clouds, which their firewalls never filter (Google, "VPC firewall rules", always
allowed traffic; AWS, "Security groups for your VPC")."""
Direction = Literal["INGRESS", "EGRESS"]


@dataclass(frozen=True)
class Rule:
    """One line of a firewall, for one machine."""

    ranges: tuple[str, ...]
    """The other side; none lets nobody through."""
    protocol: str
    """As nftables names it; `all` for any."""
    ports: tuple[str, ...]
    """Such as 443 or 8000-8010; none means every one."""
    accepts: bool

    def text(self, side: Literal["saddr", "daddr"]) -> str:
        """In nftables' words."""
        if not self.ranges:
            return ""
        words = "" if EVERYWHERE in self.ranges else f"ip {side} {{ {', '.join(self.ranges)} }} "
        if self.ports:
            words += f"{self.protocol} dport {{ {', '.join(self.ports)} }} "
        elif self.protocol != "all":
            words += f"meta l4proto {self.protocol} "
        return f"{words}{'accept' if self.accepts else 'drop'}\n"


class Firewalls:
    """Those of all machines of a lab."""

    def __init__(self, capture: Capture, places: Iterable[Place], seats: Mapping[str, Seat]) -> None:
        self._capture = capture
        self._places = {place.name: place for place in places}
        self._seats = seats

    def text(self) -> str:
        """A table of nftables."""
        incoming = "".join(self._jump("daddr", name) for name in self._places)
        outgoing = "".join(self._jump("saddr", name) for name in self._places)
        chains = "".join(
            f"chain {direction.lower()}_{number} {{\n{self._chain(place, direction)}}}\n"
            for number, place in enumerate(self._places.values())
            for direction in ("INGRESS", "EGRESS")
        )
        return (
            "table ip firewalls {\n"
            f"{chains}"
            # Before any address is translated.
            f"chain entering {{ type filter hook prerouting priority -150;\nct state established,related accept\n"
            f"ip daddr {LINK_LOCAL} accept\nudp dport 67 accept\n{self._between()}{outgoing}}}\n"
            # After all are.
            f"chain leaving {{ type filter hook postrouting priority 150;\nct state established,related accept\n"
            f"{incoming}}}\n"
            "}\n"
        )

    def rules(self, place: Place, direction: Direction) -> tuple[Rule, ...]:
        """What is registered for a machine, the first that fits decides; and what its cloud does at the end."""
        if place.cloud is Cloud.AWS:
            return (*self._amazon(place, direction), Rule((EVERYWHERE,), "all", (), accepts=False))
        return (*self._google(place, direction), Rule((EVERYWHERE,), "all", (), accepts=direction == "EGRESS"))

    def _jump(self, side: str, name: str) -> str:
        chain = "ingress" if side == "daddr" else "egress"
        return f"ip {side} {self._seats[name].private} jump {chain}_{list(self._places).index(name)}\n"

    def _chain(self, place: Place, direction: Direction) -> str:
        return "".join(
            rule.text("saddr" if direction == "INGRESS" else "daddr") for rule in self.rules(place, direction)
        )

    def _between(self) -> str:
        """No private address is reached from another network."""
        lines = ""
        for network in dict.fromkeys(seat.network for seat in self._seats.values()):
            inside = [seat.private for seat in self._seats.values() if seat.network == network]
            outside = [seat.private for seat in self._seats.values() if seat.network != network]
            if outside:
                lines += f"ip saddr {{ {', '.join(inside)} }} ip daddr {{ {', '.join(outside)} }} drop\n"
        return lines

    def _google(self, place: Place, direction: Direction) -> list[Rule]:
        found: list[tuple[int, Rule]] = []
        for entry in self._capture.of_type("gcp:compute/firewall:Firewall"):
            inputs = entry.inputs
            if inputs.get("direction", "INGRESS") != direction or inputs["network"] != place.network:
                continue
            if not inputs.get("disabled") and _is_target(entry, place):
                ranges = self._google_ranges(entry, direction)
                priority = int(str(inputs.get("priority", 1000)))
                found += [(priority, rule) for rule in _google_rules(entry, ranges)]
        # Of two with one priority, the one that denies has its way.
        return [rule for _, rule in sorted(found, key=lambda pair: (pair[0], pair[1].accepts))]

    def _google_ranges(self, entry: Registration, direction: Direction) -> tuple[str, ...]:
        key = "sourceRanges" if direction == "INGRESS" else "destinationRanges"
        ranges, tags, accounts = (_words(entry, name) for name in (key, "sourceTags", "sourceServiceAccounts"))
        if not (ranges or tags or accounts):
            return (EVERYWHERE,)
        named = [
            self._seats[place.name].private
            for place in self._places.values()
            if place.network == entry.inputs["network"] and (set(tags) & set(place.groups) or place.account in accounts)
        ]
        return (*(self._in_lab(text, str(entry.inputs["network"])) for text in ranges if ":" not in text), *named)

    def _amazon(self, place: Place, direction: Direction) -> list[Rule]:
        for group in self._capture.of_type("aws:ec2/securityGroup:SecurityGroup"):
            if group.id in place.groups and (group.inputs.get("ingress") or group.inputs.get("egress")):
                raise LabError(
                    f"{group.urn} has rules of its own. HINT: register each as a resource, as all others are"
                )
        word = direction.capitalize()
        kind = f"aws:vpc/securityGroup{word}Rule:SecurityGroup{word}Rule"
        entries = [entry for entry in self._capture.of_type(kind) if entry.inputs["securityGroupId"] in place.groups]
        return [
            Rule(self._amazon_ranges(entry, place), protocol, _amazon_ports(entry, protocol), accepts=True)
            for entry in entries
            for protocol in [{"-1": "all"}.get(str(entry.inputs["ipProtocol"]), str(entry.inputs["ipProtocol"]))]
        ]

    def _amazon_ranges(self, entry: Registration, place: Place) -> tuple[str, ...]:
        inputs = entry.inputs
        if group := inputs.get("referencedSecurityGroupId"):
            return tuple(self._seats[other.name].private for other in self._places.values() if group in other.groups)
        if prefixes := inputs.get("prefixListId"):
            lists = self._capture.of_type("aws:ec2/managedPrefixList:ManagedPrefixList")
            (entries,) = (each.inputs["entries"] for each in lists if each.id == prefixes)
            return tuple(each["cidr"] for each in cast("list[dict[str, str]]", entries) if ":" not in each["cidr"])
        cidr = inputs.get("cidrIpv4")
        return (self._in_lab(str(cidr), place.network),) if cidr else ()

    def _in_lab(self, text: str, network: str) -> str:
        """A range; one that is the private address of a machine in the same network is the one that it has here."""
        for place in self._places.values():
            if place.network == network and text in (place.named_private, f"{place.named_private}/32"):
                return self._seats[place.name].private
        return text


def _is_target(entry: Registration, place: Place) -> bool:
    tags, accounts = _words(entry, "targetTags"), _words(entry, "targetServiceAccounts")
    return not (tags or accounts) or bool(set(tags) & set(place.groups)) or place.account in accounts


def _google_rules(entry: Registration, ranges: tuple[str, ...]) -> list[Rule]:
    return [
        Rule(ranges, str(each["protocol"]), tuple(each.get("ports") or ()), accepts=key == "allows")
        for key in ("allows", "denies")
        for each in cast("list[dict[str, Any]]", entry.inputs.get(key) or ())
    ]


def _amazon_ports(entry: Registration, protocol: str) -> tuple[str, ...]:
    first, last = entry.inputs.get("fromPort"), entry.inputs.get("toPort")
    if protocol not in ("tcp", "udp") or first is None or first == -1:
        return ()
    start, end = (int(str(port).removesuffix(".0")) for port in (first, last))
    return (str(start) if start == end else f"{start}-{end}",)


def _words(entry: Registration, key: str) -> Sequence[str]:
    return cast("Sequence[str]", entry.inputs.get(key) or ())
