"""A DHCP server: on both clouds, cloud-init and the network ask for an address before all else."""

import socket
import struct
from collections.abc import Callable

from lab.network.datagrams import serve_datagrams
from lab.network.network import BRIDGE, GATEWAY, LabNetwork

COOKIE = b"\x63\x82\x53\x63"
REPLIES = {1: 2, 3: 5}
"""DISCOVER is offered, REQUEST is acknowledged (RFC 2131)."""


AddressOf = Callable[[str], str | None]
"""The address of a machine by that of its network card, as 0e:00:00:00:00:01; None for a stranger."""


def serve_addresses(network: LabNetwork, address_of: AddressOf) -> None:
    """Gives machines their addresses until the network is closed."""

    def answer(request: bytes) -> bytes | None:
        kind = _option(request, 53)
        address = address_of(request[28:34].hex(":"))
        return reply(request, REPLIES[kind[0]], address) if kind and kind[0] in REPLIES and address else None

    serve_datagrams(network, network.datagrams(67, BRIDGE), answer, to=("255.255.255.255", 68))


def reply(request: bytes, kind: int, address: str) -> bytes:
    """An OFFER (2) or ACK (5), sent to everybody: the machine has no address yet. It has no neighbours, as on GCP."""
    zero, machine, gateway = bytes(4), socket.inet_aton(address), socket.inet_aton(GATEWAY)
    header = struct.pack("!BBBB4sHH", 2, 1, 6, 0, request[4:8], 0, 0x8000)
    addresses = zero + machine + gateway + zero + request[28:44] + bytes(192)
    options = {53: bytes([kind]), 54: gateway, 51: struct.pack("!I", 3600), 1: bytes([255] * 4), 3: gateway}
    text = b"".join(bytes([code, len(value)]) + value for code, value in options.items())
    return header + addresses + COOKIE + text + b"\xff"


def _option(packet: bytes, wanted: int) -> bytes:
    """The value of an option; empty where there is none."""
    at = 240
    while at < len(packet) and packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        code, length = packet[at], packet[at + 1]
        if code == wanted:
            return packet[at + 2 : at + 2 + length]
        at += 2 + length
    return b""
