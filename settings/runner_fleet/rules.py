"""Rules of the runner fleet that look at more than one value."""

import ipaddress
from collections.abc import Iterator

from settings.faults import Fault, Path, disagreement
from settings.machine.processors import aws_architecture, gcp_architecture
from settings.naming import LENGTH_LIMITS
from settings.runner_fleet.periods import hold_always
from settings.runner_fleet.section import AnyShard, AwsShard, Colours, GcpShard, RunnerFleetSettings
from settings.runner_fleet.vocabulary import Capacity, Colour, ManagerState, Trust, WorkerSystem
from settings.stack import Settings
from settings.vocabulary import Architecture, Cloud

SPOT_TYPES = 3
"""Fewest instance types of a spot shard: with three zones that is nine pools, which seldom run dry together."""

IMAGE_WORDS = {
    WorkerSystem.DEBIAN: "debian",
    WorkerSystem.UBUNTU: "ubuntu",
    WorkerSystem.CONTAINER_OPTIMIZED: "cos",
}
"""Words by which the name of a GCE image tells its system. An AMI id tells nothing."""


def shards_have_a_manager(settings: Settings) -> Iterator[Fault]:
    """A shard without a manager takes no job; a manager without shards has concurrent = 0, which is fatal."""
    if (fleet := settings.runner_fleet) is None:
        return
    for cloud, section, manager, shards in (
        (Cloud.AWS, "awsManager", fleet.aws_manager, fleet.aws_shards),
        (Cloud.GCP, "gcpManager", fleet.gcp_manager, fleet.gcp_shards),
    ):
        if shards and manager is None:
            yield Fault(
                ("runnerFleet", section), f"{cloud} has shards but no manager", f"a section {section} with a size"
            )
        if manager is not None and not shards:
            yield Fault(("runnerFleet", section), f"{cloud} has a manager but no shard", f"leave {section} out")


def managers_serve(settings: Settings) -> Iterator[Fault]:
    """While every manager of a cloud drains, its jobs wait for ever."""
    for section, colours in _colours(settings.runner_fleet):
        states = colours.in_use().values()
        if ManagerState.SERVING not in states:
            yield Fault(("runnerFleet", section, "colours"), "no manager serves", "for example blue: serving")


def managers_can_poll_every_entry(settings: Settings) -> Iterator[Fault]:
    """Each entry holds a request open for up to 50 s; with as many entries as slots, none is left to take a job."""
    if (fleet := settings.runner_fleet) is None:
        return
    for cloud, shards in ((Cloud.AWS, fleet.aws_shards), (Cloud.GCP, fleet.gcp_shards)):
        if shards and sum(shard.max_instances for shard in shards) <= len(shards):
            yield Fault(
                ("runnerFleet", "shards"),
                f"{cloud} has {len(shards)} shards and no more jobs at once than that",
                "raise maxInstances of one of them",
            )


def shard_zones_lie_in_the_region(settings: Settings) -> Iterator[Fault]:
    """The subnet of the workers is one of the region."""
    region = settings.gcp.region
    for index, shard in _shards(settings):
        if isinstance(shard, GcpShard) and not shard.zone.startswith(f"{region}-"):
            yield disagreement(_at(index, "zone"), ("gcp", "region"), f"{shard.zone} is not in {region}")


def production_has_untrusted_shards_in_two_zones(settings: Settings) -> Iterator[Fault]:
    """A GCP shard lies in one zone and has one machine type, so a stockout there stops every merge request."""
    fleet = settings.runner_fleet
    if fleet is None or not settings.is_production or fleet.single_zone_reason is not None:
        return
    for architecture in Architecture:
        zones = {
            shard.zone
            for shard in fleet.gcp_shards
            if shard.trust is Trust.UNTRUSTED and shard.architecture is architecture
        }
        if len(zones) == 1:
            yield Fault(
                ("runnerFleet", "shards"),
                f"all untrusted {architecture} shards on GCP lie in {zones.pop()}",
                "a shard in a second zone, or singleZoneReason",
            )


def machine_types_have_the_architecture_of_their_shard(settings: Settings) -> Iterator[Fault]:
    """A group boots one image, so a type of another architecture would never come up."""
    for index, shard in _shards(settings):
        for path, machine_type, found in _architectures(index, shard):
            if found is None:
                yield Fault(
                    path, f"{machine_type} is of an unknown family", "a type that settings/machine/processors.py knows"
                )
            elif found is not shard.architecture:
                yield disagreement(
                    path, _at(index, "architecture"), f"{machine_type} is {found}, the shard {shard.architecture}"
                )


def spot_shards_have_several_types(settings: Settings) -> Iterator[Fault]:
    """One type is one pool in each zone: when it is taken back, everything is."""
    for index, shard in _shards(settings):
        if isinstance(shard, AwsShard) and shard.capacity is Capacity.SPOT:
            count = len(set(shard.instance_types))
            if count < SPOT_TYPES:
                yield Fault(
                    _at(index, "instanceTypes"), f"a spot shard with {count} instance types", f"{SPOT_TYPES} or more"
                )


def trust_decides_what_a_shard_may_do(settings: Settings) -> Iterator[Fault]:
    """Code of strangers leaves nothing behind for the next job; what signs is neither interrupted nor shared."""
    for index, shard in _shards(settings):
        if shard.trust is not Trust.PROTECTED and shard.max_use_count != 1:
            yield Fault(_at(index, "maxUseCount"), f"{shard.trust} jobs share a VM", "maxUseCount: 1")
        if shard.trust is not Trust.PROTECTED and shard.docker.privileged:
            yield Fault(_at(index, "docker", "privileged"), f"{shard.trust} jobs are privileged", "privileged: false")
        if shard.trust is Trust.PUBLISH and shard.capacity is not Capacity.ON_DEMAND:
            yield Fault(_at(index, "capacity"), "spot can end in the middle of a publish", "capacity: onDemand")


def privileged_jobs_are_confined(settings: Settings) -> Iterator[Fault]:
    """A privileged job is root on its VM: the VM serves no other job, and only named images get that far."""
    for index, shard in _shards(settings):
        docker = shard.docker
        if docker.privileged and shard.trust is Trust.PROTECTED and shard.max_use_count != 1:
            yield Fault(_at(index, "maxUseCount"), "privileged jobs share a VM", "maxUseCount: 1")
        if docker.privileged and not docker.allowed_privileged_images:
            yield Fault(
                _at(index, "docker", "allowedPrivilegedImages"),
                "any image may run privileged",
                "the images that need it",
            )
        if not docker.privileged and (docker.allowed_privileged_images or docker.allowed_privileged_services):
            yield Fault(_at(index, "docker"), "privileged images are allowed but privileged is false", "leave them out")


def scaling_policies_make_sense(settings: Settings) -> Iterator[Fault]:
    """The first policy holds at all times; a schedule that does so too would hide it and every schedule before."""
    for index, shard in _shards(settings):
        scaling = shard.scaling
        places: list[Path] = [("always",), *(("schedules", number) for number in range(len(scaling.schedules)))]
        for place, policy in zip(places, (scaling.always, *scaling.schedules), strict=True):
            path = (*_at(index, "scaling"), *place)
            if policy.idle_count > shard.max_instances:
                yield Fault(
                    (*path, "idleCount"),
                    f"{policy.idle_count} idle VMs in a shard of {shard.max_instances}",
                    "at most maxInstances",
                )
            if (policy.scale_factor > 0) != (policy.scale_factor_limit > 0):
                yield Fault((*path, "scaleFactor"), "scaleFactor and scaleFactorLimit go together", "both, or neither")
        for number, schedule in enumerate(scaling.schedules):
            if hold_always(schedule.periods):
                yield Fault(
                    (*_at(index, "scaling"), "schedules", number, "periods"),
                    "a schedule for all times hides the policy `always`",
                    "put its numbers into `always`",
                )


def worker_images_fit_their_system(settings: Settings) -> Iterator[Fault]:
    """The system decides the user that the manager logs in as; a wrong one fails at every connection."""
    for index, shard in _shards(settings):
        if shard.user(shard.cloud) is None:
            yield Fault(_at(index, "system"), f"{shard.cloud} has no {shard.system} image", "another system")
        elif isinstance(shard, GcpShard):
            words = shard.image.rpartition("/")[2].split("-")
            named = [system for system, word in IMAGE_WORDS.items() if word in words]
            if named and shard.system not in named:
                yield disagreement(
                    _at(index, "system"), _at(index, "image"), f"{shard.system}, and the image says {named[0]}"
                )


def private_access_spares_the_estate(settings: Settings) -> Iterator[Fault]:
    """A merge request of a stranger must not reach the dev instance, the package server or a database."""
    for index, shard in _shards(settings):
        for number, endpoint in enumerate(shard.private_access):
            for network in (settings.network.gcp.testground, settings.network.aws.cidr):
                inside = ipaddress.IPv4Network(endpoint.cidr).overlaps(ipaddress.IPv4Network(network))
                if shard.trust is Trust.UNTRUSTED and inside:
                    yield Fault(
                        (*_at(index, "privateAccess"), number, "cidr"),
                        f"untrusted jobs would reach {network}",
                        "the public address of that service",
                    )


def group_names_fit(settings: Settings) -> Iterator[Fault]:
    """Prefix, stack, shard and colour together must be legal on GCE."""
    limit = LENGTH_LIMITS["gce"]
    for index, shard in _shards(settings):
        name = "-".join((settings.estate.name_prefix, settings.stack, "runner", shard.name, Colour.GREEN))
        if len(name) > limit:
            yield Fault(_at(index, "name"), f"the group {name} has more than {limit} characters", "a shorter name")


def _shards(settings: Settings) -> Iterator[tuple[int, AnyShard]]:
    if settings.runner_fleet is not None:
        yield from enumerate(settings.runner_fleet.shards)


def _colours(fleet: RunnerFleetSettings | None) -> Iterator[tuple[str, Colours]]:
    if fleet is not None and fleet.aws_manager is not None:
        yield "awsManager", fleet.aws_manager.colours
    if fleet is not None and fleet.gcp_manager is not None:
        yield "gcpManager", fleet.gcp_manager.colours


def _architectures(index: int, shard: AnyShard) -> Iterator[tuple[Path, str, Architecture | None]]:
    match shard:
        case AwsShard():
            for number, instance_type in enumerate(shard.instance_types):
                yield (*_at(index, "instanceTypes"), number), instance_type, aws_architecture(instance_type)
        case GcpShard():
            yield _at(index, "machineType"), shard.machine_type, gcp_architecture(shard.machine_type)


def _at(index: int, *keys: str) -> Path:
    return ("runnerFleet", "shards", index, *keys)


RUNNER_FLEET_RULES = (
    shards_have_a_manager,
    managers_serve,
    managers_can_poll_every_entry,
    shard_zones_lie_in_the_region,
    production_has_untrusted_shards_in_two_zones,
    machine_types_have_the_architecture_of_their_shard,
    spot_shards_have_several_types,
    trust_decides_what_a_shard_may_do,
    privileged_jobs_are_confined,
    scaling_policies_make_sense,
    worker_images_fit_their_system,
    private_access_spares_the_estate,
    group_names_fit,
)
