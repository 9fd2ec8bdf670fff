"""Production with many more shards and clients of the vault, as its program registers it.

Settings take as many; policies about limits of the clouds would refuse some of it, and nothing here asks them.
"""

from typing import Any

from capture import Capture
from tests.support import raw_sections, variant

SHARDS = 500
CLIENTS = 200


def grown(shards: int = SHARDS, clients: int = CLIENTS) -> Capture:
    """Every shard of production again and again under other names, and services that write to the vault."""
    fleet = raw_sections("production", {})["runnerFleet"]["shards"]
    more = [_another(fleet[number % len(fleet)], number) for number in range(shards - len(fleet))]
    outside = [
        {"name": f"client-{number}", "googleServiceAccountId": str(10**20 + number)} for number in range(clients)
    ]
    return variant("production", {"runnerFleet.shards": [*fleet, *more], "backupVault.outsideServices": outside})


def _another(shard: dict[str, Any], number: int) -> dict[str, Any]:
    return {**shard, "name": f"{shard['name']}-{number}", "runnerId": 1000 + number}
