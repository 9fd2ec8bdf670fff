"""What workers may reach, the same on both clouds."""

PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""RFC 1918: other workers, and every network that a link or a peering may join."""

WORKER_PORTS = {"http": 80, "https": 443}
"""What builds fetch over. DNS and time come from link-local addresses, which no rule of either cloud filters."""
