"""The link between the clouds, in its two forms: WireGuard between two hosts, HA VPN between two networks."""

from components.link.ha_vpn import HaVpn, HaVpnArgs
from components.link.wireguard import open_on_aws, open_on_gcp

__all__ = ["HaVpn", "HaVpnArgs", "open_on_aws", "open_on_gcp"]
