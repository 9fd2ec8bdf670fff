"""SSH host keys, as a stack file and a known_hosts file write them."""

import base64
import binascii
import struct
from typing import Annotated

from settings.forms import Form

HOST_KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
"""The types that every OpenSSH since 6.5 can check. A client that knows one of the three knows the host."""

SHORTEST_RSA_BITS = 3072
"""NIST SP 800-57 part 1: shorter ones are not good beyond 2030."""


def _public_key(value: str) -> str:
    kind, separator, rest = value.partition(" ")
    if kind not in HOST_KEY_TYPES or not separator:
        raise ValueError(f"a host key line begins with one of {', '.join(HOST_KEY_TYPES)}")
    encoded, _, comment = rest.partition(" ")
    if comment:
        raise ValueError("a host key line here has no comment: it would end in known_hosts")
    fields = _wire_fields(encoded)
    if fields[0] != kind.encode():
        raise ValueError(f"the key says that it is {fields[0].decode('ascii', 'replace')}, the line says {kind}")
    if kind == "ssh-rsa" and int.from_bytes(fields[-1], "big").bit_length() < SHORTEST_RSA_BITS:
        raise ValueError(f"an RSA host key needs {SHORTEST_RSA_BITS} bits")
    return value


def _wire_fields(encoded: str) -> list[bytes]:
    """The fields of a key blob, each led by its length (RFC 4253, section 6.6). Raises ValueError for anything else."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError("the key is not base64; was the line cut off?") from None
    fields: list[bytes] = []
    while blob:
        if len(blob) < 4 or len(blob) < 4 + (length := struct.unpack(">I", blob[:4])[0]):
            raise ValueError("the key is cut off")
        fields.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    if len(fields) < 2:
        raise ValueError("the key is empty")
    return fields


SshHostPublicKey = Annotated[
    str,
    Form(
        _public_key,
        "an SSH host key in one line, without a comment",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
]
"""The first two fields of an ssh_host_*_key.pub file."""


def known_hosts_lines(host: str, port: int, keys: tuple[str, ...]) -> list[str]:
    """Lines of a known_hosts file. OpenSSH writes the port only where it is not 22 (sshd(8), known_hosts)."""
    name = host if port == 22 else f"[{host}]:{port}"
    return [f"{name} {key}" for key in keys]
