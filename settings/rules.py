"""Rules between sections of a stack file. Each is a generator of faults; all run, so all faults show at once."""

import ipaddress
from collections.abc import Callable, Iterator
from itertools import combinations

from settings.audit.rules import AUDIT_RULES
from settings.backup_vault.rules import BACKUP_VAULT_RULES
from settings.ci_identity.rules import CI_IDENTITY_RULES
from settings.cloud_native_cluster.rules import CLOUD_NATIVE_CLUSTER_RULES
from settings.database_pair.rules import DATABASE_PAIR_RULES
from settings.dev_instance.rules import DEV_INSTANCE_RULES
from settings.distinct import repetitions
from settings.faults import Fault, Path, disagreement
from settings.floors import production_keeps_what_it_may_need
from settings.link.rules import LINK_RULES
from settings.package_server.rules import PACKAGE_SERVER_RULES
from settings.runner_fleet.rules import RUNNER_FLEET_RULES
from settings.stack import Settings
from settings.vocabulary import BUILD_PROJECTS

Rule = Callable[[Settings], Iterator[Fault]]


def lists_hold_everything_once(settings: Settings) -> Iterator[Fault]:
    """Each entry makes something of its own, and the second of two alike would be refused in the middle of `up`."""
    yield from repetitions(settings)


def networks_do_not_overlap(settings: Settings) -> Iterator[Fault]:
    """Networks that a link or a peering may join must not share an address."""
    for (other, first), (path, second) in combinations(_networks(settings), 2):
        if ipaddress.IPv4Network(first).overlaps(ipaddress.IPv4Network(second)):
            yield disagreement(path, other, f"{second} overlaps {first}, and every network has a range of its own")


def zones_lie_in_their_region(settings: Settings) -> Iterator[Fault]:
    """A zone of another region would put a machine away from its subnet."""
    if not settings.gcp.zone.startswith(f"{settings.gcp.region}-"):
        yield disagreement(("gcp", "zone"), ("gcp", "region"), f"{settings.gcp.zone} is not in {settings.gcp.region}")
    for index, zone in enumerate(settings.aws.availability_zones):
        if zone[:-1] != settings.aws.region:
            yield disagreement(
                ("aws", "availabilityZones", index), ("aws", "region"), f"{zone} is not in {settings.aws.region}"
            )


def production_is_protected(settings: Settings) -> Iterator[Fault]:
    """A wrong `pulumi up` on an unprotected production deletes the data."""
    if settings.is_production and not settings.estate.protected:
        yield Fault(("estate", "protected"), "production must be protected", "protected: true")


def production_survives_a_zone(settings: Settings) -> Iterator[Fault]:
    """With one NAT gateway, the loss of its zone cuts every build off."""
    if settings.is_production and settings.network.aws.nat_gateways != "perZone":
        yield Fault(
            ("network", "aws", "natGateways"),
            "production needs a NAT gateway in each zone",
            "natGateways: perZone",
        )


def _networks(settings: Settings) -> Iterator[tuple[Path, str]]:
    yield ("network", "gcp", "testground"), settings.network.gcp.testground
    for trust, project in BUILD_PROJECTS.items():
        if (cidr := settings.network.gcp.of_tier(trust)) is not None:
            yield ("network", "gcp", project.value), cidr
    yield ("network", "aws", "cidr"), settings.network.aws.cidr


RULES: tuple[Rule, ...] = (
    lists_hold_everything_once,
    networks_do_not_overlap,
    zones_lie_in_their_region,
    production_is_protected,
    production_survives_a_zone,
    production_keeps_what_it_may_need,
    *PACKAGE_SERVER_RULES,
    *AUDIT_RULES,
    *BACKUP_VAULT_RULES,
    *DEV_INSTANCE_RULES,
    *RUNNER_FLEET_RULES,
    *DATABASE_PAIR_RULES,
    *LINK_RULES,
    *CI_IDENTITY_RULES,
    *CLOUD_NATIVE_CLUSTER_RULES,
)
