"""Rules of the runner fleet that look at more than one value."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence

from settings.faults import Fault, Path, disagreement
from settings.machine.processors import aws_architecture, gcp_architecture
from settings.naming import LENGTH_LIMITS
from settings.runner_fleet.periods import hold_always
from settings.runner_fleet.section import AnyShard, AwsShard, Colours, GcpShard, RunnerFleetSettings
from settings.runner_fleet.vocabulary import Capacity, Colour, ManagerState, WorkerSystem
from settings.stack import Settings
from settings.vocabulary import BUILD_PROJECTS, Architecture, Cloud, Trust

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
    for cloud, section, managers, shards in _clouds(settings.runner_fleet):
        for trust in Trust:
            path = ("runnerFleet", section, trust.value)
            if trust in shards and trust not in managers:
                yield Fault(path, f"{cloud} has {trust} shards but no manager for them", "size and colours of one")
            if trust in managers and trust not in shards:
                yield Fault(path, f"{cloud} has a manager but no {trust} shard", f"leave {section}.{trust} out")


def tiers_on_gcp_have_a_project_of_their_own(settings: Settings) -> Iterator[Fault]:
    """On GCP a manager writes metadata of every group of its project, so a project never holds two tiers."""
    if settings.runner_fleet is None:
        return
    used = settings.runner_fleet.gcp_shards
    projects = settings.gcp.projects.ids()
    for trust in (Trust.PROTECTED, Trust.PUBLISH):
        name = BUILD_PROJECTS[trust]
        for path, value in (
            (("gcp", "projects", name.value), projects.get(name)),
            (("network", "gcp", name.value), settings.network.gcp.of_tier(trust)),
        ):
            if trust in used and value is None:
                kind = "project" if path[0] == "gcp" else "network"
                yield Fault(path, f"GCP has {trust} shards but no {kind} for them", f"a {kind} of their own")
            if trust not in used and value is not None:
                yield Fault(path, f"GCP has no {trust} shard", f"leave {name.value} out")


def gcp_projects_are_apart(settings: Settings) -> Iterator[Fault]:
    """Two of them in one would share what each of them must not."""
    seen: dict[str, str] = {}
    for project, project_id in settings.gcp.projects.ids().items():
        if project_id in seen:
            yield Fault(
                ("gcp", "projects", project.value),
                f"{project_id} is {seen[project_id]} too",
                "one of the two is wrong: each has a project of its own",
            )
        seen.setdefault(project_id, project.value)


def managers_serve(settings: Settings) -> Iterator[Fault]:
    """While every manager of a cloud drains, its jobs wait for ever."""
    for _, section, managers, _ in _clouds(settings.runner_fleet):
        for trust, colours in managers.items():
            if ManagerState.SERVING not in colours.in_use().values():
                path = ("runnerFleet", section, trust.value, "colours")
                yield Fault(path, "no manager serves", "for example blue: serving")


def managers_can_poll_every_entry(settings: Settings) -> Iterator[Fault]:
    """Each entry holds a request open for up to 50 s; with as many entries as slots, none is left to take a job."""
    for cloud, _, _, tiers in _clouds(settings.runner_fleet):
        for trust, shards in tiers.items():
            if sum(shard.max_instances for shard in shards) <= len(shards):
                yield Fault(
                    ("runnerFleet", "shards"),
                    f"the {trust} manager on {cloud} has {len(shards)} shards and no more jobs at once than that",
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
            shard.zone for shard in fleet.gcp_shards.get(Trust.UNTRUSTED, ()) if shard.architecture is architecture
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
            if policy.preemptive and not policy.idle_count:
                yield Fault(
                    (*path, "preemptive"),
                    "a preemptive manager takes a job when a VM is idle, and with idleCount 0 none ever is",
                    "false, or an idleCount of at least 1",
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
    """A merge request of a stranger must not reach the dev instance, the package server, a database or another tier."""
    ranges = settings.network.gcp
    of_tiers = [cidr for trust in Trust if (cidr := ranges.of_tier(trust)) is not None]
    for index, shard in _shards(settings):
        estate = (ranges.testground, settings.network.aws.cidr) if shard.trust is Trust.UNTRUSTED else ()
        for number, endpoint in enumerate(shard.private_access):
            for network in (*estate, *of_tiers):
                if ipaddress.IPv4Network(endpoint.cidr).overlaps(ipaddress.IPv4Network(network)):
                    yield Fault(
                        (*_at(index, "privateAccess"), number, "cidr"),
                        f"{shard.trust} jobs would reach {network}",
                        "the public address of that service",
                    )


def workers_boot_no_image_of_another_tier(settings: Settings) -> Iterator[Fault]:
    """Whoever writes images of a project is root on what boots them; groups of another may not even read them."""
    projects = settings.gcp.projects.ids()
    for index, shard in _shards(settings):
        own = projects.get(BUILD_PROJECTS[shard.trust])
        others = {projects[project] for project in BUILD_PROJECTS.values() if project in projects} - {own}
        if isinstance(shard, GcpShard) and own and (project := shard.image.split("/")[1]) in others:
            yield Fault(_at(index, "image"), f"a {shard.trust} shard boots an image of {project}", f"an image of {own}")


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


def _clouds(
    fleet: RunnerFleetSettings | None,
) -> Iterator[tuple[Cloud, str, Mapping[Trust, Colours], Mapping[Trust, Sequence[AnyShard]]]]:
    """For each cloud the key of its managers, and by tier the colours of the managers and the shards."""
    if fleet is None:
        return
    aws = {trust: manager.colours for trust, manager in fleet.aws_managers.in_use().items()}
    yield Cloud.AWS, "awsManagers", aws, fleet.aws_shards
    gcp = {trust: manager.colours for trust, manager in fleet.gcp_managers.in_use().items()}
    yield Cloud.GCP, "gcpManagers", gcp, fleet.gcp_shards


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
    tiers_on_gcp_have_a_project_of_their_own,
    gcp_projects_are_apart,
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
    workers_boot_no_image_of_another_tier,
    group_names_fit,
)
