"""Who may ask the metadata service, decided packet by packet from the rendered rules, without nft."""

import re
from collections.abc import Iterator

from tests.machines.checks.firewall import Expected, Packet, UnknownRuleError, decides, loaded
from tests.machines.checks.machines import Machines

ROOT, POSTGRES = "0", "105"
OTHERS = ("1", "42", "100", "1000", "65534", "1050")
"""Users of Debian, of people, nobody, and one whose number begins as another's."""

SERVICES = {"ip": ("169.254.169.254",), "ip6": ("fd00:ec2::254", "fd20:ce::254")}
"""Of both clouds (AWS, "Retrieve instance metadata"; Google, "View and query VM metadata")."""

ELSEWHERE = {"ip": ("169.254.169.123", "169.254.169.253", "198.51.100.7"), "ip6": ("2001:db8::7",)}

DROP_IN = re.compile(
    r"add set inet packyard metadata_users \{ type uid; \}\nadd element inet packyard metadata_users \{ (\d+) \}\n"
)
"""The set is there already, but the file outlives a return to a bundle whose firewall has none."""


def sent(family: str, address: str, port: str, user: str, protocol: str = "tcp") -> Packet:
    """What a user sends first."""
    fields = {f"{family} daddr": address, f"{protocol} dport": port, "meta skuid": user}
    return Packet(f"{protocol} {port} of user {user}", fields)


def expected() -> Iterator[Expected]:
    """Tokens for those who are named; names, time and everything else for everybody."""
    for family, addresses in SERVICES.items():
        for address in addresses:
            for user in (ROOT, POSTGRES):
                yield Expected(sent(family, address, "80", user), accepted=True)
            for user in OTHERS:
                for port in ("80", "443", "8080"):
                    yield Expected(sent(family, address, port, user), accepted=False)
                for port in ("53", "123"):
                    yield Expected(sent(family, address, port, user), accepted=True)
                    yield Expected(sent(family, address, port, user, "udp"), accepted=True)
                # A lease is renewed at the same address on GCE.
                yield Expected(sent(family, address, "67", user, "udp"), accepted=True)
    for family, addresses in ELSEWHERE.items():
        for address in addresses:
            for port in ("80", "443", "5432"):
                yield Expected(sent(family, address, port, "1000"), accepted=True)


def askers(machines: Machines) -> Iterator[str]:
    """The metadata service answers root and whom a role names, and keeps nobody from names and time."""
    for rules in loaded(machines, added=POSTGRES):
        for each in expected():
            try:
                verdict = decides(rules.chains.get("output", ()), each.packet, rules.chains) or rules.policies.get(
                    "output", "drop"
                )
            except UnknownRuleError as error:
                yield f"nftables.conf on {rules.cloud}: {error}. HINT: teach tests/machines/checks/firewall.py"
                break
            if (verdict == "accept") is not each.accepted:
                address = next(value for name, value in each.packet.fields.items() if name.endswith("daddr"))
                yield f"nftables.conf on {rules.cloud}: {each.packet.what} to {address}: {verdict}"
            if verdict == "drop":
                yield f"nftables.conf on {rules.cloud}: {each.packet.what}: it is kept waiting. HINT: reject"


def named(machines: Machines) -> Iterator[str]:
    """Roles name users by their number, or a user that goes would take the whole firewall along at the next boot."""
    for written in machines.written():
        if "metadata_users" in written.text and written.path.startswith("/etc/nftables.d/"):
            found = DROP_IN.fullmatch(written.text)
            if found is None or found[1] == ROOT:
                yield f"{written.place}: {written.text.strip()!r} names no user by number"
            elif found[1] != POSTGRES:
                yield f"{written.place}: {found[1]} is not who asked"
    paths = {written.path for written in machines.written() if written.role == "database"}
    if paths and "/etc/nftables.d/50-database-metadata.nft" not in paths:
        yield "database: postgres may not ask the metadata service, and pgBackRest reaches no repository"
