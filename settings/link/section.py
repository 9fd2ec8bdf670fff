"""The link between the clouds: WireGuard between the two database hosts, or HA VPN between the networks."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from settings.base import Section
from settings.forms import Form

PRESHARED_KEY = re.compile(r"[A-Za-z1-9._][A-Za-z0-9._]{7,63}")
"""What AWS takes as a pre-shared key (Site-to-Site VPN user guide, "Tunnel options"). Google takes this and more; keys
that it generates may hold characters that AWS refuses."""

PREVIEW_PLACEHOLDER = re.compile(r"secure-[0-9a-f]{16}")
"""What stands for a secure value in a preview, which opens none. No key: AWS allows no hyphen."""

RESERVED_INSIDE_RANGES = tuple(
    ipaddress.IPv4Network(cidr)
    for cidr in (
        "169.254.0.0/30",
        "169.254.1.0/30",
        "169.254.2.0/30",
        "169.254.3.0/30",
        "169.254.4.0/30",
        "169.254.5.0/30",
        "169.254.169.252/30",
    )
)
"""Inside ranges that AWS keeps for itself (Site-to-Site VPN user guide, "Tunnel options"). The last one also holds the
metadata server of both clouds."""


def _private_asn(value: int) -> int:
    if not (64512 <= value <= 65534 or 4200000000 <= value <= 4294967294):
        raise ValueError(f"{value} is not a private AS number (64512 to 65534, or 4200000000 to 4294967294)")
    return value


def _inside_range(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 network: {error}") from None
    if network.prefixlen != 30 or not network.is_link_local:
        raise ValueError(f"{value} is not a /30 of 169.254.0.0/16")
    if network in RESERVED_INSIDE_RANGES:
        raise ValueError(f"{value} is reserved by AWS")
    return value


def _preshared_key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value()
    # The text of this error must not show the key.
    if not (PRESHARED_KEY.fullmatch(key) or PREVIEW_PLACEHOLDER.fullmatch(key)):
        raise ValueError("a pre-shared key has 8 to 64 of letters, digits, '.' and '_', and does not start with 0")
    return value


PrivateAsn = Annotated[int, Form(_private_asn, "a private AS number", 64520)]
"""An AS number that both Cloud Router and an AWS virtual private gateway take."""

InsideRange = Annotated[
    str, Form(_inside_range, "a /30 of 169.254.0.0/16 that AWS does not reserve", "169.254.20.0/30")
]
"""Range of the two BGP addresses inside one tunnel: AWS takes the first, Google the second."""

PresharedKey = Annotated[SecretStr, Form(_preshared_key, "a secure value", "pulumi config set --path --secret ...")]
"""One tunnel's pre-shared key; a secure value in the stack file."""


class WireGuardLink(Section):
    """The database hosts reach each other and nothing else crosses: the link is part of the database pair."""

    kind: Literal["wireGuard"]
    """No network is joined."""


class HaVpnLink(Section):
    """The GCP network `testground` and the AWS VPC are joined by four IPsec tunnels with BGP.

    About 220 $ a month, traffic aside. The database hosts keep their own WireGuard link, so that replication does not
    hang on BGP, and going from one form to the other touches no host.
    """

    kind: Literal["haVpn"]
    """The networks are joined."""
    gcp_asn: PrivateAsn
    """AS number of Cloud Router, from a private range."""
    aws_asn: Annotated[PrivateAsn, Field(examples=[64521])]
    """AS number of the virtual private gateway, another one than Google's end has."""
    inside_cidrs: Annotated[
        tuple[InsideRange, InsideRange, InsideRange, InsideRange],
        Field(examples=[["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"]]),
    ]
    """Tunnels 1 and 2 of the first connection, then 1 and 2 of the second."""
    preshared_keys: Annotated[
        tuple[PresharedKey, PresharedKey, PresharedKey, PresharedKey],
        Field(examples=["four secure values: pulumi config set --path --secret packyard:link.presharedKeys[0]"]),
    ]
    """One for each tunnel, in the same order."""
    preshared_key_version: Annotated[int, Field(ge=1, examples=[1])] = 1
    """Raise it by one when keys change: Google's side is write-only, so Pulumi cannot see that it differs."""


LinkSettings = Annotated[WireGuardLink | HaVpnLink, Field(discriminator="kind")]
"""Either form of the link."""
