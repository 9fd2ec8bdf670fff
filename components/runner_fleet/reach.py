"""What workers may reach, the same on both clouds."""

from settings.addresses import PRIVATE_RANGES, SPECIAL_RANGES

CLOSED_RANGES = (*PRIVATE_RANGES, *SPECIAL_RANGES)
"""Other workers, every network that a link or a peering may join, and what no builder has any business with: carriers'
networks and benchmarks are routed inside clouds too."""

WORKER_PORTS = {"http": 80, "https": 443}
"""What builds fetch over. DNS and time come from link-local addresses, which no rule of either cloud filters."""
