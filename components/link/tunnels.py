"""The four tunnels of the HA VPN, as both sides know them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Tunnel:
    """One of the four tunnels."""

    number: int
    """0 to 3: tunnels 1 and 2 of the first connection, then 1 and 2 of the second."""
    inside_cidr: str
    preshared_key: pulumi.Output[str]
    """A secret."""


@dataclass(frozen=True)
class TunnelEnd:
    """What AWS answers about one tunnel."""

    address: pulumi.Output[str]
    """Public address of AWS's end."""
    gcp_inside_address: pulumi.Output[str]
    aws_inside_address: pulumi.Output[str]


@dataclass(frozen=True)
class FarSide:
    """What Google's side needs to know."""

    ends: Sequence[TunnelEnd]
    """In the order of the tunnels."""
    ping_group_id: pulumi.Output[str]
