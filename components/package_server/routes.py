"""What the load balancer does with each path, as plain records.

Whatever no rule names goes to the server uncached: a path that somebody forgot is slow, never stale. The other way
round has broken apt for everybody, when a CDN cached Packages.gz by its extension ("File has unexpected size").

A path is compared as the client spelt it, so what must not be reached in any spelling is denied at the edge (armor.py).

Limits of the global external load balancer that shape this (Google, URL maps): 200 route rules in a path matcher, at
most 5 wildcards in a path template, "**" last, and no regular expressions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from settings.package_server.section import PackageServerSettings, Repository, RepositoryFormat

KEYS_PREFIX = "/gpgkey/"
"""Where users' configurations look for the public keys (the path that GitLab moved to)."""

PULP_PREFIX = "/pulp/"
"""Everything of Pulp's own: API, documentation, and content under its internal name."""

PRE_RELEASE_PREFIX = "/pre-release/"
"""Below it, on the upload host alone, each repository exists a second time."""

NEVER_CACHED = "no-store"
IMMUTABLE = "public, max-age=31536000, immutable"
"""A year. What such a path names never changes: packages by version, indexes by their digest."""

STOPPED_STATUS = 503
HIDDEN_STATUS = 404

RPM_METADATA = (
    "primary.xml.gz",
    "filelists.xml.gz",
    "other.xml.gz",
    "updateinfo.xml.gz",
    "comps.xml.gz",
    "comps.xml",
    "modules.yaml.gz",
)
"""RPM metadata whose names begin with their digest, `repodata/<digest>-primary.xml.gz`. repomd.xml has none."""


class Target(StrEnum):
    """Where a route leads."""

    METADATA = "metadata"
    """The server, without a cache."""
    IMMUTABLE = "immutable"
    """The server, behind a cache that keeps everything for a year."""
    KEYS = "keys"
    """The bucket of the public keys; needs no server."""
    UPLOAD = "upload"
    """Pulp's API and pre-release content."""


class MatchKind(StrEnum):
    """How a path is compared."""

    PREFIX = "prefix"
    TEMPLATE = "template"


@dataclass(frozen=True)
class PathMatch:
    """One comparison with the path of a request."""

    kind: MatchKind
    value: str


@dataclass(frozen=True)
class Route:
    """One rule; those with a lower priority number are looked at first."""

    priority: int
    matches: tuple[PathMatch, ...]
    target: Target
    abort: int | None = None
    """Status with which the load balancer itself answers. The target is then one without a cache, so that nothing is
    looked up there first."""
    cache_control: str | None = None
    """Replaces the server's own header: Pulp says "must-revalidate" even of a package of 1.4 GB."""


def public_routes(settings: PackageServerSettings) -> tuple[Route, ...]:
    """Routes of the public host."""
    return (
        Route(0, (prefix(PULP_PREFIX), prefix(PRE_RELEASE_PREFIX)), Target.METADATA, abort=HIDDEN_STATUS),
        # Before the emergency stop: in an emergency a key may have to be revoked.
        Route(10, (prefix(KEYS_PREFIX),), Target.KEYS),
        *_stopped(settings),
        *(
            Route(1000 + index, tuple(_immutable(repository)), Target.IMMUTABLE, cache_control=IMMUTABLE)
            for index, repository in enumerate(settings.repositories)
        ),
        Route(100000, (prefix("/"),), Target.METADATA, cache_control=NEVER_CACHED),
    )


def upload_routes() -> tuple[Route, ...]:
    """Routes of the upload host, which caches nothing and has nothing but these two."""
    return (
        Route(0, (prefix(PULP_PREFIX),), Target.UPLOAD),
        Route(10, (prefix(PRE_RELEASE_PREFIX),), Target.UPLOAD, cache_control=NEVER_CACHED),
        Route(100000, (prefix("/"),), Target.UPLOAD, abort=HIDDEN_STATUS),
    )


def prefix(path: str) -> PathMatch:
    """Everything that begins so."""
    return PathMatch(MatchKind.PREFIX, path)


def template(pattern: str) -> PathMatch:
    """A pattern: "*" is one segment or the beginning of one, "**" any number."""
    return PathMatch(MatchKind.TEMPLATE, pattern)


def _stopped(settings: PackageServerSettings) -> Iterator[Route]:
    """The emergency stop."""
    stop = settings.emergency_stop
    paths = ("/",) if stop.everything else tuple(f"/{path}/" for path in stop.repositories)
    if paths:
        yield Route(200, tuple(prefix(path) for path in paths), Target.METADATA, abort=STOPPED_STATUS)


def _immutable(repository: Repository) -> Iterator[PathMatch]:
    """Paths of a repository whose content never changes."""
    root = f"/{repository.path}"
    if repository.format is RepositoryFormat.APT:
        yield prefix(f"{root}/pool/")
        # dists/<codename>/by-hash, .../<component>/by-hash and .../<component>/<binary-arch or source>/by-hash
        for depth in (1, 2, 3):
            yield template(f"{root}/dists/{'*/' * depth}by-hash/**")
        yield template(f"{root}/**.deb")
    else:
        yield template(f"{root}/**.rpm")
        for kind in RPM_METADATA:
            yield template(f"{root}/repodata/*-{kind}")
