"""Names and time, which both clouds give at link-local addresses that no firewall of theirs filters."""

import socket
import struct
import time
from collections.abc import Mapping

from lab.network.datagrams import serve_datagrams
from lab.network.network import BRIDGE, METADATA, LabNetwork
from settings.vocabulary import Cloud

NAMES = {Cloud.GCP: METADATA, Cloud.AWS: "169.254.169.253"}
"""Resolvers (Google, "VPC firewall rules", always allowed traffic; AWS, "Amazon DNS server")."""

TIME = {Cloud.GCP: METADATA, Cloud.AWS: "169.254.169.123"}
"""Clocks (Google, "Configure NTP on a VM"; AWS, "Amazon Time Sync Service")."""

SINCE_1900 = 2208988800
"""Seconds from the epoch of NTP to that of Unix (RFC 5905, figure 4)."""

_QUESTION, _ADDRESS, _INTERNET = 12, 1, 1
"""Where the question of a DNS message begins, the type A and the class IN (RFC 1035)."""


def serve_names(network: LabNetwork, cloud: Cloud, names: Mapping[str, str]) -> None:
    """The resolver of a cloud: IPv4 addresses by name. Of other names it says that there is none."""
    serve_datagrams(network, _socket(network, NAMES[cloud], 53), lambda request: name_reply(request, names))


def serve_time(network: LabNetwork, cloud: Cloud, *, ahead: float = 0) -> None:
    """The clock of a cloud, some seconds ahead of this host's."""
    serve_datagrams(network, _socket(network, TIME[cloud], 123), lambda request: time_reply(request, ahead))


def name_reply(request: bytes, names: Mapping[str, str]) -> bytes:
    """The answer to a question for one name (RFC 1035, 4.1)."""
    labels: list[str] = []
    at = _QUESTION
    while length := request[at]:
        labels.append(request[at + 1 : at + 1 + length].decode())
        at += length + 1
    kind, family = struct.unpack_from("!HH", request, at + 1)
    address = names.get(".".join(labels).lower())
    found = address is not None and (kind, family) == (_ADDRESS, _INTERNET)
    flags = 0x8180 if address is not None else 0x8183
    header = request[:2] + struct.pack("!HHHHH", flags, 1, int(found), 0, 0)
    record = struct.pack("!HHHIH", 0xC000 | _QUESTION, _ADDRESS, _INTERNET, 60, 4)
    return header + request[_QUESTION : at + 5] + (record + socket.inet_aton(address or "") if found else b"")


def time_reply(request: bytes, ahead: float) -> bytes:
    """The answer of a server of stratum 1 (RFC 5905, 7.3)."""
    now = time.time() + ahead + SINCE_1900
    stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
    return struct.pack("!BBbbII4s", 0x24, 1, 4, -20, 0, 0, b"LAB\0") + stamp + request[40:48] + stamp + stamp


def _socket(network: LabNetwork, address: str, port: int) -> socket.socket:
    if address != METADATA:
        network.ip(f"address replace {address}/32 dev {BRIDGE}")
    return network.datagrams(port, BRIDGE, address)
