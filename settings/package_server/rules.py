"""Rules of the package server that look at more than one value."""

import ipaddress
from collections.abc import Iterator
from itertools import permutations

from settings.addresses import is_world, joined
from settings.faults import Fault, Path, disagreement
from settings.machine.week import every_day, jobs_begin_outside
from settings.package_server import withdrawn
from settings.package_server.releases import RELEASES, PulpRelease
from settings.package_server.section import Repository, RepositoryFormat
from settings.stack import Settings

WIDEST_UPLOAD_PREFIX = 16
"""A wider range than /16 is nobody's own network, but a mistake."""

RESERVED_SEGMENTS = frozenset({"pulp", "gpgkey", "pre-release", "healthz"})
"""First segments of a path that the load balancer or the server uses itself."""


def package_repositories_lie_side_by_side(settings: Settings) -> Iterator[Fault]:
    """A repository inside another is stopped along with it."""
    if (server := settings.package_server) is None:
        return
    for (index, inner), (_, outer) in permutations(enumerate(server.repositories), 2):
        if inner.path.startswith(f"{outer.path}/"):
            yield Fault(
                _at(index, "path"), f"{inner.path} lies inside the repository {outer.path}", "paths side by side"
            )


def package_paths_are_free(settings: Settings) -> Iterator[Fault]:
    """A repository below a reserved path would never be reached."""
    for index, repository in enumerate(_repositories(settings)):
        first = repository.path.partition("/")[0]
        if first in RESERVED_SEGMENTS:
            yield Fault(_at(index, "path"), f"{first}/ is reserved", f"a path that does not begin with {first}")


def apt_repositories_hold_one_codename(settings: Settings) -> Iterator[Fault]:
    """Packages of one version differ between codenames; in one repository they overwrite each other."""
    for index, repository in enumerate(_repositories(settings)):
        if repository.format is RepositoryFormat.RPM:
            if repository.codename is not None:
                yield Fault(_at(index, "codename"), "an rpm repository has no codename", "leave the key out")
        elif repository.codename is None:
            yield Fault(_at(index), "an apt repository needs its one codename", "for example codename: trixie")
        elif repository.path.rpartition("/")[2] != repository.codename:
            yield disagreement(
                _at(index, "path"),
                _at(index, "codename"),
                f"the path of an apt repository must end in its codename, and {repository.path} does not end in "
                f"{repository.codename}",
            )


def apt_repositories_name_their_components(settings: Settings) -> Iterator[Fault]:
    """Without one apt finds no index, and dnf knows no components."""
    for index, repository in enumerate(_repositories(settings)):
        is_apt = repository.format is RepositoryFormat.APT
        if is_apt and not repository.components:
            yield Fault(_at(index), "an apt repository needs its components", "for example components: [main]")
        elif repository.components and not is_apt:
            yield Fault(_at(index, "components"), "an rpm repository has no components", "leave the key out")


def package_pipelines_are_known(settings: Settings) -> Iterator[Fault]:
    """A misspelt name would let nobody in, and be found out at the next release."""
    if (server := settings.package_server) is None:
        return
    known = {pipeline.name for pipeline in server.pipelines}
    named: set[str] = set()
    for index, repository in enumerate(server.repositories):
        for key, names in (("uploaders", repository.uploaders), ("releasers", repository.releasers)):
            named.update(names)
            for place, name in enumerate(names):
                if name not in known:
                    right = f"one of {', '.join(sorted(known))}" if known else "a pipeline of packageServer.pipelines"
                    yield Fault(_at(index, key, place), f"no pipeline is called {name}", right)
    for index, pipeline in enumerate(server.pipelines):
        if pipeline.name not in named:
            yield Fault(
                ("packageServer", "pipelines", index),
                f"{pipeline.name} may do nothing: no repository names it",
                "its name in uploaders or releasers of a repository",
            )


def package_hosts_lie_in_the_zone(settings: Settings) -> Iterator[Fault]:
    """A name outside of the zone gets neither a record nor a certificate; one name for both would publish the API."""
    if (server := settings.package_server) is None:
        return
    for key, host in (("public", server.hosts.public), ("upload", server.hosts.upload)):
        if not host.endswith(f".{settings.dns.domain}"):
            yield disagreement(
                ("packageServer", "hosts", key),
                ("dns", "domain"),
                f"{host} is not in the zone {settings.dns.domain}",
            )
    if server.hosts.public == server.hosts.upload:
        yield disagreement(
            ("packageServer", "hosts", "upload"),
            ("packageServer", "hosts", "public"),
            f"both hosts are {server.hosts.public}, which would serve Pulp's API to the world",
        )


def package_hosts_belong_to_nobody_else(settings: Settings) -> Iterator[Fault]:
    """Two records of one name are refused by Cloud DNS half-way through an update; Pages owns what lies below it."""
    server, instance = settings.package_server, settings.dev_instance
    if server is None or instance is None:
        return
    for key, host in (("public", server.hosts.public), ("upload", server.hosts.upload)):
        path = ("packageServer", "hosts", key)
        if host == instance.host_name:
            yield disagreement(path, ("devInstance", "hostName"), f"{host} belongs to the dev instance")
        if instance.pages_domain is not None and f".{host}".endswith(f".{instance.pages_domain}"):
            wrong = f"{host} belongs to the dev instance, whose pages lie there"
            yield disagreement(path, ("devInstance", "pagesDomain"), wrong)


def package_uploads_are_not_open_to_the_world(settings: Settings) -> Iterator[Fault]:
    """Whoever reaches the upload host may try passwords of Pulp's API and read pre-releases."""
    if (server := settings.package_server) is None:
        return
    # Two halves of a range are as wide as the range.
    wide = [network for network in joined(server.upload_allowed_cidrs) if network.prefixlen < WIDEST_UPLOAD_PREFIX]
    for index, cidr in enumerate(server.upload_allowed_cidrs):
        for network in wide:
            if ipaddress.IPv4Network(cidr).subnet_of(network):
                whole = cidr if cidr == str(network) else f"{cidr}, with others of the list {network},"
                yield Fault(
                    ("packageServer", "uploadAllowedCidrs", index),
                    f"{whole} lets in far more than the team's own networks",
                    f"networks of /{WIDEST_UPLOAD_PREFIX} or narrower, such as 203.0.113.0/24",
                )
    if not wide and is_world(server.upload_allowed_cidrs):
        yield Fault(
            ("packageServer", "uploadAllowedCidrs"),
            "all of it together lets in far more than the team's own networks",
            "the team's own networks, such as 203.0.113.0/24",
        )


def pulp_is_a_release_that_was_resolved(settings: Settings) -> Iterator[Fault]:
    """Machines install from a file with hashes; there is none for versions that nobody has put together."""
    if (server := settings.package_server) is None:
        return
    pulp = server.pulp
    if PulpRelease(pulp.pulpcore, pulp.pulp_deb, pulp.pulp_rpm) not in RELEASES:
        known = "; ".join(" ".join(release.requirements) for release in RELEASES)
        yield Fault(
            ("packageServer", "pulp"),
            f"pulpcore {pulp.pulpcore}, pulp-deb {pulp.pulp_deb} and pulp-rpm {pulp.pulp_rpm} have no requirements",
            f"{known}; or a line in settings/package_server/releases.py, then make requirements",
        )


def uploads_leave_room_for_the_database(settings: Settings) -> Iterator[Fault]:
    """PostgreSQL, its dumps and the uploads share the data disk; a full one stops all three."""
    if (server := settings.package_server) is None:
        return
    if server.pulp.upload_temp_gib * 2 > server.machine.data_disk_gib:
        yield disagreement(
            ("packageServer", "pulp", "uploadTempGiB"),
            ("packageServer", "machine", "dataDiskGiB"),
            f"uploads may take {server.pulp.upload_temp_gib} of the data disk's {server.machine.data_disk_gib} GiB,"
            " on which the database and its dumps are too",
            fits=f"{server.machine.data_disk_gib // 2} or less",
        )


def signing_keys_are_distinct(settings: Settings) -> Iterator[Fault]:
    """With one key for both, whoever may sign an index may sign a package."""
    if (server := settings.package_server) is None:
        return
    if server.keys.metadata.fingerprint == server.keys.package.fingerprint:
        yield disagreement(
            ("packageServer", "keys", "package", "fingerprint"),
            ("packageServer", "keys", "metadata", "fingerprint"),
            "metadata and packages are signed with one key",
        )
    if server.keys.metadata.file == server.keys.package.file:
        yield Fault(
            ("packageServer", "keys", "package", "file"), "both keys are published as one file", "a file for each"
        )


def emergency_stop_names_repositories(settings: Settings) -> Iterator[Fault]:
    """A misspelt path in an emergency would stop nothing, and look as if it had."""
    if (server := settings.package_server) is None:
        return
    known = {repository.path for repository in server.repositories}
    for index, path in enumerate(server.emergency_stop.repositories):
        if path not in known:
            yield Fault(
                ("packageServer", "emergencyStop", "repositories", index),
                f"no repository lies at {path}, so nothing would be stopped",
                f"one of {', '.join(sorted(known))}",
            )


def withdrawn_packages_lie_in_a_repository(settings: Settings) -> Iterator[Fault]:
    """A misspelt path would withdraw nothing."""
    if (server := settings.package_server) is None:
        return
    for index, path in enumerate(server.withdrawn_paths):
        if not any(path.startswith(f"{repository.path}/") for repository in server.repositories):
            yield Fault(
                ("packageServer", "withdrawnPaths", index),
                f"{path} lies in no repository, so nothing would be withdrawn",
                "the whole path of the file below the public host",
            )


def withdrawn_packages_fit_their_rules(settings: Settings) -> Iterator[Fault]:
    """Cloud Armor refuses an expression that is too long, and a rule too many, in the middle of an incident."""
    if (server := settings.package_server) is None:
        return
    at = ("packageServer", "withdrawnPaths")
    repositories = tuple(repository.path for repository in server.repositories)
    for index, path in enumerate(server.withdrawn_paths):
        length = withdrawn.length(path, repositories)
        if length > withdrawn.SUBEXPRESSION_LIMIT:
            yield Fault(
                (*at, index),
                f"its expression has {length} characters, and Cloud Armor takes {withdrawn.SUBEXPRESSION_LIMIT}",
                "stop its repository (emergencyStop), and take the package out of it",
            )
    filled = len(withdrawn.expressions(server.withdrawn_paths, repositories))
    if filled > withdrawn.MOST_RULES:
        yield Fault(
            at,
            f"the {len(server.withdrawn_paths)} withdrawn packages fill {filled} rules of Cloud Armor,"
            f" and there are {withdrawn.MOST_RULES} for them",
            "leave out what was taken out of the bucket too: nothing serves it any more",
        )


def package_backups_begin_outside_the_window(settings: Settings) -> Iterator[Fault]:
    """A dump of a database that is being restarted fails in the night."""
    if (server := settings.package_server) is None:
        return
    jobs: dict[Path, tuple[int, ...]] = {("packageServer", "backupTime"): every_day(server.backup_time)}
    yield from jobs_begin_outside(
        server.machine.maintenance_window, ("packageServer", "machine", "maintenanceWindow"), "the package server", jobs
    )


def production_knows_when_keys_expire(settings: Settings) -> Iterator[Fault]:
    """An expired key stops every user at once; without a date nobody is told before (EXPKEYSIG)."""
    if not settings.is_production or (server := settings.package_server) is None:
        return
    for purpose, key in (("metadata", server.keys.metadata), ("package", server.keys.package)):
        if key.expires is None:
            yield Fault(
                ("packageServer", "keys", purpose, "expires"),
                "production must say when the key expires, or nobody is warned",
                'for example expires: "2028-02-06"',
            )


def _repositories(settings: Settings) -> tuple[Repository, ...]:
    return settings.package_server.repositories if settings.package_server else ()


def _at(index: int, *rest: str | int) -> Path:
    return ("packageServer", "repositories", index, *rest)


PACKAGE_SERVER_RULES = (
    package_repositories_lie_side_by_side,
    package_paths_are_free,
    apt_repositories_hold_one_codename,
    apt_repositories_name_their_components,
    package_pipelines_are_known,
    package_hosts_lie_in_the_zone,
    package_hosts_belong_to_nobody_else,
    package_uploads_are_not_open_to_the_world,
    uploads_leave_room_for_the_database,
    pulp_is_a_release_that_was_resolved,
    signing_keys_are_distinct,
    emergency_stop_names_repositories,
    withdrawn_packages_lie_in_a_repository,
    withdrawn_packages_fit_their_rules,
    package_backups_begin_outside_the_window,
    production_knows_when_keys_expire,
)
