"""CRC-32C, by which clients of Cloud Storage prove that bytes have arrived as they were sent (RFC 3720, B.4)."""

import base64

POLYNOMIAL = 0x82F63B78
"""Of Castagnoli, with its bits in the order of the wire."""


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(_entry(byte) for byte in range(256))


def crc32c(content: bytes) -> str:
    """The checksum as Cloud Storage writes it: base64 of four bytes, the highest first."""
    value = 0xFFFFFFFF
    for byte in content:
        value = _TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return base64.b64encode((value ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()
