"""The public zone, seen through Pulumi's mocks."""

from collections.abc import Sequence

import pulumi
import pytest

from components.dns import PublicZone, PublicZoneArgs
from tests.components.mocks import Neighbours, built, context, once

DOMAIN = "packages.example.org"


def public_zone(*, protected: bool = True) -> PublicZone:
    provider = Neighbours().providers.testground
    return PublicZone("public-zone", PublicZoneArgs(domain=DOMAIN), context(protected=protected), gcp_provider=provider)


@pulumi.runtime.test
def build(*, protected: bool = True) -> None:
    public_zone(protected=protected)


def test_the_zone_is_signed() -> None:
    clouds = once(build)

    zone = clouds.one("gcp:dns/managedZone:ManagedZone")
    assert zone.inputs["dnsName"] == f"{DOMAIN}."
    assert zone.inputs["dnssecConfig"] == {"state": "on"}


@pytest.mark.parametrize(("protected", "policy"), [(True, "PREVENT"), (False, "DELETE")])
def test_google_refuses_to_delete_a_protected_zone(*, protected: bool, policy: str) -> None:
    clouds = built(build, protected=protected)

    assert clouds.one("gcp:dns/managedZone:ManagedZone").inputs["deletionPolicy"] == policy


@pytest.mark.usefixtures("clouds")
@pulumi.runtime.test
def test_whoever_owns_the_parent_zone_is_told_what_to_delegate_to() -> pulumi.Output[None]:
    def check(servers: Sequence[str]) -> None:
        assert servers
        assert all(server.endswith(".") for server in servers)

    return public_zone().name_servers.apply(check)
