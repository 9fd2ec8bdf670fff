"""The host's firewall, decided packet by packet from the rendered rules, without nft.

A small model: it knows the sentences that our rules are made of, and a rule in another form is a fault of its own, so
that nothing is passed over. Whether nft itself takes the rules is proven where machines boot.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from components.network.gcp_network import IAP_RANGE
from tests.machines.checks.machines import Machines
from tests.machines.roles.database.database_role import CLIENTS, document

SHAPE = re.compile(
    r"table inet packyard\ndelete table inet packyard\ntable inet packyard \{(?P<chains>.*)\}\n"
    r'include "/etc/nftables\.d/\*\.nft"\n',
    re.DOTALL,
)
"""The old table goes and the new one comes in one transaction; then what roles open is added."""

CHAIN = re.compile(r"chain (\w+) \{(.*?)^\}$", re.DOTALL | re.MULTILINE)
SET = re.compile(r"set (\w+) \{\ntype \w+\nelements = (\{ [^}]+ \})\n\}")

HOOK = re.compile(r"type filter hook (\w+) priority filter; policy (\w+);")

OPENING = "tcp dport { 80, 443 } accept"
"""Stands for what a role opens."""


@dataclass(frozen=True)
class Packet:
    """A packet, as far as rules look at it."""

    what: str
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """`iifname`, `ip saddr`, `tcp dport` and the like."""
    state: str = "new"

    def from_(self, address: str) -> "Packet":
        """The same from another address."""
        return replace(self, fields={**self.fields, "ip saddr": address})


@dataclass(frozen=True)
class Expected:
    """What must become of a packet."""

    packet: Packet
    accepted: bool


class UnknownRuleError(Exception):
    """A rule that the model does not know."""


def decides(rules: Sequence[str], packet: Packet, chains: Mapping[str, Sequence[str]]) -> str:
    """`accept`, `drop`, `reject`, or nothing: then the chain goes on, or its policy decides.

    Raises UnknownRuleError.
    """
    for rule in rules:
        matches, verdict = _applied(rule, packet)
        if not matches:
            continue
        if verdict.startswith("jump "):
            verdict = decides(chains.get(verdict.removeprefix("jump "), ()), packet, chains)
        if verdict:
            return verdict
    return ""


STATES = re.compile(r"ct state vmap \{ (.*) \}")
CONDITION = re.compile(
    r"(iifname|ip6? [sd]addr|(?:udp|tcp) [sd]port|icmp(?:v6)? type|ip6 hoplimit|meta skuid) (!= )?"
    r"(\{ [^}]+ \}|\"[^\"]*\"|\S+) "
)
PASSED_OVER = re.compile(r'limit rate \d+/\w+ (burst \d+ packets )?|log prefix "[^"]*" |counter ')
LOG = re.compile(r'limit rate \d+/minute burst \d+ packets log prefix "packyard [^"]*" flags skuid')
"""A rule that decides nothing. Without a limit, whoever is refused fills the journal."""


def _applied(rule: str, packet: Packet) -> tuple[bool, str]:
    """Whether a rule is about the packet, and its verdict."""
    if states := STATES.fullmatch(rule):
        verdicts = dict(part.split(" : ") for part in states[1].split(", "))
        return packet.state in verdicts, verdicts.get(packet.state, "")
    if LOG.fullmatch(rule):
        return True, ""
    rest = PASSED_OVER.sub("", rule)
    matches = True
    while condition := CONDITION.match(rest):
        matches &= _is(packet, condition[1], condition[3]) is not bool(condition[2])
        rest = rest[condition.end() :]
    if rest == "reject with tcp reset":
        # It answers TCP alone, and other packets go on.
        return matches and any(name.startswith("tcp") for name in packet.fields), "reject"
    if rest not in ("accept", "drop") and not re.fullmatch(r"jump \w+", rest):
        raise UnknownRuleError(f"{rule!r} is in a form that the model does not know")
    return matches, rest


def _is(packet: Packet, name: str, wanted: str) -> bool:
    value = packet.fields.get(name)
    if value is None:
        return False
    for entry in (part.strip(' "') for part in wanted.strip("{}").split(",")):
        if "addr" in name and ipaddress.ip_address(value) in ipaddress.ip_network(entry):
            return True
        if value == entry:
            return True
    return False


@dataclass(frozen=True)
class Ruleset:
    """What one host has loaded."""

    cloud: str
    chains: Mapping[str, Sequence[str]]
    """Their rules, with sets spelt out. Empty for a file in another form."""
    policies: Mapping[str, str]
    """Of the chains that packets come to by themselves, by the hook."""


def loaded(machines: Machines, added: str = "") -> Iterator[Ruleset]:
    """The rules of each host; `added` are elements that a role adds to each set, such as "105"."""
    files = [written.text for written in machines.written() if written.path == "/etc/nftables.conf"]
    for cloud, text in zip(("gcp", "aws"), files, strict=False):
        bare = re.sub(r"\n{2,}", "\n", re.sub(r"^\s*#.*$|^\s+", "", text, flags=re.MULTILINE)).lstrip("\n")
        shape = SHAPE.fullmatch(bare)
        inside = shape["chains"] if shape else ""
        for name, elements in SET.findall(inside):
            inside = inside.replace(f"@{name}", elements.replace(" }", f", {added} }}") if added else elements)
        chains = {found[1]: tuple(found[2].strip().splitlines()) for found in CHAIN.finditer(inside)}
        hooks = {name: HOOK.fullmatch(rules[0]) for name, rules in chains.items() if rules}
        policies = {name: found[2] for name, found in hooks.items() if found and found[1] == name}
        if policies.keys() != {"input", "output"} or "services" not in chains:
            yield Ruleset(cloud, {}, {})
        else:
            yield Ruleset(cloud, {**chains, **{name: chains[name][1:] for name in policies}}, policies)


LOOPBACK = Packet("what the machine says to itself", {"iifname": "lo", "ip saddr": "127.0.0.1", "tcp dport": "5432"})
SSH = Packet("SSH", {"iifname": "ens4", "ip saddr": IAP_RANGE.replace("0/20", "9"), "tcp dport": "22"})
DATABASE = Packet("PostgreSQL", {"iifname": "ens4", "ip saddr": "198.51.100.7", "tcp dport": "5432"})
WEB = Packet("the web, where a role opens it", {"iifname": "ens4", "ip saddr": "198.51.100.7", "tcp dport": "443"})
DHCP = Packet("an address", {"iifname": "ens4", "ip saddr": "10.0.0.1", "udp sport": "67", "udp dport": "68"})
DHCP6 = Packet("an address of IPv6", {"ip6 saddr": "fe80::1", "udp sport": "547", "udp dport": "546"})
NEIGHBOURS = tuple(
    Packet(f"IPv6's {kind}", {"icmpv6 type": kind, "ip6 hoplimit": "255", "ip6 saddr": "fe80::1"})
    for kind in ("nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert")
)
PINGS = (Packet("a ping", {"icmp type": "echo-request"}), Packet("a ping of IPv6", {"icmpv6 type": "echo-request"}))


def expected(cloud: str) -> Iterator[Expected]:
    """What every machine lets in, and what none does."""
    for packet in (LOOPBACK, DHCP, DHCP6, *NEIGHBOURS, *PINGS, WEB):
        yield Expected(packet, accepted=True)
    for state in ("established", "related"):
        yield Expected(replace(DATABASE, what=f"a connection that is {state}", state=state), accepted=True)
    yield Expected(SSH, accepted=cloud == "gcp")
    yield Expected(replace(WEB, what="an invalid packet to an open port", state="invalid"), accepted=False)
    for address in ("198.51.100.7", "35.1.2.3", "10.16.0.9", "169.254.169.254"):
        yield Expected(SSH.from_(address), accepted=False)
        yield Expected(DATABASE.from_(address), accepted=False)
    far = {**NEIGHBOURS[0].fields, "ip6 hoplimit": "64"}
    yield Expected(replace(NEIGHBOURS[0], what="a router from afar", fields=far), accepted=False)


def verdicts(machines: Machines) -> Iterator[str]:
    """What is not opened by name is refused, in whatever order rules stand, and nobody else's table is touched."""
    for rules in loaded(machines):
        cloud, chains, policy = rules.cloud, rules.chains, rules.policies.get("input", "")
        if not chains:
            yield f"nftables.conf on {cloud}: the table is not replaced in one transaction, then opened by nftables.d"
            continue
        opened = {**chains, "services": (*chains["services"], OPENING)}
        for each in expected(cloud):
            try:
                verdict = decides(opened["input"], each.packet, opened) or policy
            except UnknownRuleError as error:
                yield f"nftables.conf on {cloud}: {error}. HINT: teach tests/machines/checks/firewall.py"
                break
            if (verdict == "accept") is not each.accepted:
                source = each.packet.fields.get("ip saddr", "anywhere")
                yield f"nftables.conf on {cloud}: {each.packet.what} from {source}: {verdict}"
        if policy != "drop":
            yield f"nftables.conf on {cloud}: policy {policy}"


def openings(machines: Machines) -> Iterator[str]:
    """The database is open to its peer inside the tunnel and to its clients, and the tunnel to the peer alone."""
    files = [written.text for written in machines.written() if written.path == "/etc/nftables.d/50-database.nft"]
    for host, text in zip(("pg-a", "pg-b"), files, strict=False):
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        rules = [line.removeprefix("add rule inet packyard services ") for line in lines]
        identity = document(host)["settings"]["identity"]
        endpoint, _, port = identity["peerEndpoint"].rpartition(":")
        inside = Packet("PostgreSQL in the tunnel", {"iifname": "packyard", "tcp dport": "5432"})
        client = Packet("PostgreSQL", {"iifname": "ens4", "tcp dport": "5432"})
        tunnel = Packet("the tunnel", {"iifname": "ens4", "udp dport": port})
        wanted = [
            Expected(inside.from_(identity["peerWireguardAddress"]), accepted=True),
            Expected(inside.from_("10.200.99.99"), accepted=False),
            Expected(client.from_(CLIENTS.split("/")[0]), accepted=True),
            Expected(client.from_("198.51.100.7"), accepted=False),
            Expected(inside.from_(CLIENTS.split("/")[0]), accepted=False),
            Expected(tunnel.from_(endpoint if re.fullmatch(r"[\d.]+", endpoint) else "203.0.113.9"), accepted=True),
            Expected(tunnel.from_("198.51.100.7"), accepted=False),
        ]
        if rules == lines:
            yield f"50-database.nft of {host}: it adds no rule to the chain services"
        for each in wanted:
            try:
                verdict = decides(rules, each.packet, {})
            except (UnknownRuleError, ValueError) as error:
                yield f"50-database.nft of {host}: {error}"
                break
            if (verdict == "accept") is not each.accepted:
                yield f"50-database.nft of {host}: {each.packet.what} from {each.packet.fields['ip saddr']}: {verdict}"
