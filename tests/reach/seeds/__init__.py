"""Thirty grants and openings that must be found, each with the reason why it is among them."""

from tests.reach.seeds.clouds import AWS, GCP
from tests.reach.seeds.federation import FEDERATION
from tests.reach.seeds.machines import MACHINES
from tests.reach.seeds.network import NETWORK
from tests.reach.seeds.seed import Kind, Seed

SEEDS: tuple[Seed, ...] = (*AWS, *GCP, *FEDERATION, *MACHINES, *NETWORK)

__all__ = ["SEEDS", "Kind", "Seed"]
