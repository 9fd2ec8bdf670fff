"""No stack file holds a value that nobody uses.

Two proofs. Rules, estate and components are watched while they build: each value must be read outside of its own model,
or be written into a document with its section. And of the values, some in each run and all of them with
PACKYARD_EXAMPLES=1000, each is given another value, and something that is registered must change: so a value that is
read and leads nowhere is found too. The name of a key in a file proves nothing.
"""

import os
from collections.abc import Mapping
from functools import cache

import pytest

from settings import parse
from settings.dev_instance.section import DevInstanceSettings
from settings.stack import Settings
from settings.vocabulary import Trust
from tests.estate.changing import Value, another, is_registered, values
from tests.estate.test_variants import HA_VPN
from tests.estate.watching import Key, key_of, leaves, read_keys
from tests.support import STACKS
from tests.tiers import tiers, worker_image

EXAMPLES = int(os.environ.get("PACKYARD_EXAMPLES", "8"))

FILLED: Mapping[str, object] = {
    "link": HA_VPN,
    "backupVault.outsideServices": [{"name": "status-page", "googleServiceAccountId": "100000000000000000000"}],
    "runnerFleet.shards.4.privateAccess": [{"cidr": "10.40.0.16/28", "port": 443, "purpose": "mirror of packages"}],
    "runnerFleet.shards.4.scaling.schedules": [
        {"periods": ["* 8-17 * * *"], "timezone": "UTC", "idleCount": 2, "idleSeconds": 600, "preemptive": False}
    ],
    "databasePair.appCidrs": ["10.32.0.16/28"],
    "devInstance.gitSsh.allowedCidrs": [],
    "devInstance.registry.allowedCidrs": [],
    **tiers("production", Trust, Trust, {"blue": "serving", "green": "serving"}),
    "runnerFleet.shards.5.trust": "publish",
    "runnerFleet.shards.5.capacity": "onDemand",
    "runnerFleet.shards.5.image": worker_image("production", Trust.PUBLISH),
    "runnerFleet.shards.6.image": worker_image("production", Trust.PROTECTED),
    "runnerFleet.singleZoneReason": "one zone is enough here",
}
"""What the stack file of production lacks: sections without one of which nothing could read them, and values beside
which another one may change."""

BOUND_IN_SHARDS = (
    *("architecture", "maxUseCount", "docker.privileged"),
    *("docker.allowedPrivilegedImages", "docker.allowedPrivilegedServices"),
    *("scaling.always.scaleFactor", "scaling.always.scaleFactorLimit"),
    *("scaling.schedules.0.scaleFactor", "scaling.schedules.0.scaleFactorLimit"),
)

BOUND = frozenset(
    {
        *("estate.protected", "network.aws.natGateways", "backupVault.s3.lockMode"),
        *("ciIdentity.gitlab.deployEnvironment", "ciIdentity.gitlab.previewEnvironment"),
        *("ciIdentity.github.deployEnvironment", "ciIdentity.github.previewEnvironment"),
        *("gcp.projects.testground", "gcp.region", "aws.accountId", "aws.region", "aws.availabilityZones"),
        *("dns.domain", "databasePair.gcp.dataDiskGiB", "databasePair.aws.dataDiskGiB", "runnerFleet.shards.4.system"),
        *("packageServer.repositories.0.format", "packageServer.repositories.0.codename"),
        *(f"runnerFleet.shards.{shard}.{path}" for shard in (0, 4) for path in BOUND_IN_SHARDS),
    }
)
"""Values that a rule binds to others in production, so that none changes alone: for these the first proof stands."""

FOR_RULES = frozenset({"runnerFleet.singleZoneReason"})
"""Values that only rules read: they decide whether a stack file is right, and nothing is registered of them."""

UNUSED: Mapping[Key, str] = {}
"""Values that nobody uses and that stay, with the reason."""


@cache
def read() -> frozenset[Key]:
    return read_in({stack: FILLED if stack == "production" else {} for stack in STACKS})


def read_in(stacks: Mapping[str, Mapping[str, object]]) -> frozenset[Key]:
    found: set[Key] = set()
    for stack, changes in stacks.items():
        with pytest.MonkeyPatch.context() as patch:
            found |= read_keys(stack, changes, patch)
    return frozenset(found)


class More(DevInstanceSettings):
    """With one more."""

    surprise: int = 3
    """It leads nowhere."""


class MoreSettings(Settings):
    """With one more of the dev instance."""

    dev_instance: More | None = None  # pyright: ignore[reportIncompatibleVariableOverride] -- the model is frozen


def test_every_setting_is_read_by_a_component_the_estate_or_a_rule() -> None:
    unread = {key_of(place) for place in leaves(Settings)} - read()

    assert unread - UNUSED.keys() == set(), "use it, or take it out"
    assert UNUSED.keys() - unread == set(), "it is used now: take it out of UNUSED"


def test_a_setting_that_nobody_reads_is_found() -> None:
    """A new one of the dev instance alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "Settings", MoreSettings)
        found = read_in({"staging": {"devInstance.surprise": 4}})

    unread = {key_of(place) for place in leaves(MoreSettings) if place.path.startswith("devInstance.")} - found
    assert ("devInstance.surprise", "") in unread
    assert ("devInstance.hostName", "") not in unread


VALUES = values("production", FILLED)


@pytest.mark.parametrize("value", VALUES[:: max(1, len(VALUES) // EXAMPLES)], ids=str)
def test_another_value_changes_something_that_is_registered(value: Value) -> None:
    if value.path in BOUND:
        with pytest.raises(LookupError):
            another("production", FILLED, value)
        return
    other = another("production", FILLED, value)

    changes_something = is_registered("production", FILLED, value, other)
    assert changes_something is (value.path not in FOR_RULES), f"{value.path}: {other!r}"
