"""The internet between the machines, and what may go wrong with it: rules of the lab's network, all set at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lab.network.network import BRIDGE, PORT, LabNetwork
from lab.placement import Seat


class Outage(StrEnum):
    """How a store is away."""

    REFUSED = "reject with tcp reset"
    """Connections end at once, also those that are open."""
    SILENT = "drop"
    """Nothing comes back, and whoever asks waits for his own time limit."""


@dataclass
class Faults:
    """Everything is in order until something here says otherwise."""

    network: LabNetwork
    seats: Mapping[str, Seat]
    """By machine."""
    firewalls: str
    """As registered, in nftables' words."""
    firewalls_open: bool = False
    """The clouds let everything in and out, for tests of what a machine itself lets in."""
    link_cut: bool = False
    """Nothing passes between the machines, and nobody is told. Everything else is in reach."""
    isolated: set[str] = field(default_factory=set[str])
    """Machines that reach nothing and nobody."""
    away: dict[str, Outage] = field(default_factory=dict[str, Outage])
    """Addresses of stores that are away."""

    def open_roads(self) -> None:
        """Once: machines of different networks reach each other by way of their public addresses alone."""
        # A bridge that asks iptables passes a translated packet on as its own, past all rules of routing.
        settings = ("ipv4.ip_forward=1", "ipv4.conf.all.send_redirects=0", "bridge.bridge-nf-call-iptables=0")
        for setting in (*settings, f"ipv4.conf.{BRIDGE}.send_redirects=0"):
            self.network.command("sysctl", "--ignore", "--quiet", "--write", f"net.{setting}")
        self.apply()

    def apply(self) -> None:
        """Puts the present state in force."""
        firewalls = "" if self.firewalls_open else self.firewalls
        self.network.rules("flush ruleset\n" + self._translation() + firewalls + self._filter())

    def _translation(self) -> str:
        public = [seat.public for seat in self.seats.values() if seat.public]
        incoming = "".join(
            f"ip daddr {seat.public} dnat to {seat.private};\n" for seat in self.seats.values() if seat.public
        )
        outgoing = "".join(
            f"ip saddr {seat.private} ct original ip daddr {{ {', '.join(public)} }} snat to {seat.leaves_by};\n"
            for seat in self.seats.values()
            if seat.leaves_by and public
        )
        return (
            "table ip roads {\n"
            f"chain incoming {{ type nat hook prerouting priority dstnat;\n{incoming}}}\n"
            f"chain outgoing {{ type nat hook postrouting priority srcnat;\n{outgoing}}}\n"
            "}\n"
        )

    def _own_address(self) -> str:
        """As in both clouds, nobody speaks with the address of somebody else: the stand-ins know a machine by it."""
        return "".join(
            f'iifname "{PORT}{number}-*" {field} != {{ {address}, 0.0.0.0 }} drop\n'
            for address, number in self.network.ports.items()
            for field in ("ip saddr", "arp saddr ip")
        )

    def _filter(self) -> str:
        alone = [self.seats[name].private for name in sorted(self.isolated)]
        sources = "".join(f"ip saddr {address} drop;\n" for address in alone)
        targets = "".join(f"ip daddr {address} drop;\n" for address in alone)
        stores = "".join(f"ip daddr {address} tcp dport 443 {outage};\n" for address, outage in self.away.items())
        between = "drop;\n" if self.link_cut else sources + targets
        return (
            # As on GCP, machines have no neighbours: the router sees every packet.
            "table bridge clouds {\n"
            "chain between { type filter hook forward priority filter; policy drop;\n}\n"
            f"chain entering {{ type filter hook prerouting priority filter;\n{self._own_address()}}}\n"
            "}\n"
            "table ip faults {\n"
            f"chain arriving {{ type filter hook input priority filter;\n{sources}{stores}}}\n"
            f"chain leaving {{ type filter hook output priority filter;\n{targets}}}\n"
            f"chain between {{ type filter hook forward priority filter;\n{between}}}\n"
            "}\n"
        )
