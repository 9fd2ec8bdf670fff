"""What the load balancer does with each path, as plain records.

On the public host it reads the release bucket itself, where the server lays everything down as plain files. Below the
path of a repository lie:

* `pool/` (apt) or `Packages/` (rpm): the packages, once each;
* `dists/` or `repodata/`: the indexes of now, whose names by digest never change, and `mirrorlist` (rpm): one file that
  names the generation of now;
* `generations/<id>/`: the same indexes as one publish left them; `snapshots/YYYYMMDDT000000Z/`: as one day found them.
  Neither ever changes;
* `pointers/<name>/`: indexes that a promotion replaces, such as those known to be good.

A client of a view, which is one of the last three kinds of folders, asks for packages below the view; the map rewrites
that to the repository's own, so that a day costs its indexes alone (docs/decisions/0030).

Whatever else lies in a repository is answered uncached: a path that somebody forgot is slow, never stale. The other way
round has broken apt for everybody, when a CDN cached Packages.gz by its extension ("File has unexpected size"). What
lies in no repository is 404. A path is compared as the client spelt it, so a repository in another spelling is none.

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
"""Everything of Pulp's own, on the upload host alone: API, documentation, and content under its internal name."""

PRE_RELEASE_PREFIX = "/pre-release/"
"""Below it, on the upload host alone, each repository exists a second time."""

PACKAGE_FOLDERS = {RepositoryFormat.APT: "pool", RepositoryFormat.RPM: "Packages"}
"""Where the packages of a repository lie, once each."""

IMMUTABLE_VIEWS = ("generations", "snapshots")
"""Indexes that are laid down once and never change."""

POINTERS = "pointers"
"""Indexes that a promotion replaces."""

VIEWS = (*IMMUTABLE_VIEWS, POINTERS)

NEVER_CACHED = "no-store"
IMMUTABLE = "public, max-age=31536000, immutable"
"""A year. What such a path names never changes: packages by version, indexes by digest, generation or day."""

STOPPED_STATUS = 503
ABSENT_STATUS = 404

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
    """The release bucket, without a cache."""
    IMMUTABLE = "immutable"
    """The release bucket, behind a cache that keeps everything for a year."""
    KEYS = "keys"
    """The bucket of the public keys."""
    UPLOAD = "upload"
    """The server: Pulp's API and pre-release content."""
    NOTHING = "nothing"
    """A service without a backend, for what the load balancer answers itself."""


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
    """Status with which the load balancer itself answers. Backend buckets know no aborts, so the target is NOTHING."""
    cache_control: str | None = None
    """Replaces the header of the object, which may be older than this rule."""
    rewrite: str | None = None
    """The path that is asked for instead, of variables that every match defines."""


def public_routes(settings: PackageServerSettings) -> tuple[Route, ...]:
    """Routes of the public host."""
    return (
        # Before the emergency stop: in an emergency a key may have to be revoked.
        Route(10, (prefix(KEYS_PREFIX),), Target.KEYS),
        *_stopped(settings),
        *(route for index, repository in enumerate(settings.repositories) for route in _served(index, repository)),
        _refused(100000, ABSENT_STATUS, "/"),
    )


def upload_routes() -> tuple[Route, ...]:
    """Routes of the upload host, which caches nothing and has nothing but these two."""
    return (
        Route(0, (prefix(PULP_PREFIX),), Target.UPLOAD),
        Route(10, (prefix(PRE_RELEASE_PREFIX),), Target.UPLOAD, cache_control=NEVER_CACHED),
        _refused(100000, ABSENT_STATUS, "/"),
    )


def prefix(path: str) -> PathMatch:
    """Everything that begins so."""
    return PathMatch(MatchKind.PREFIX, path)


def template(pattern: str) -> PathMatch:
    """A pattern: "*" is one segment or the beginning of one, "**" any number, {name=**} any number with a name."""
    return PathMatch(MatchKind.TEMPLATE, pattern)


def _refused(priority: int, status: int, *prefixes: str) -> Route:
    return Route(priority, tuple(prefix(path) for path in prefixes), Target.NOTHING, abort=status)


def _stopped(settings: PackageServerSettings) -> Iterator[Route]:
    """The emergency stop."""
    stop = settings.emergency_stop
    paths = ("/",) if stop.everything else tuple(f"/{path}/" for path in stop.repositories)
    if paths:
        yield _refused(200, STOPPED_STATUS, *paths)


def _served(index: int, repository: Repository) -> Iterator[Route]:
    """The three rules of a repository: packages of its views, what never changes, and the rest."""
    root = f"/{repository.path}"
    packages = PACKAGE_FOLDERS[repository.format]
    yield Route(
        1000 + index,
        tuple(template(f"{root}/{view}/*/{packages}/{{file=**}}") for view in VIEWS),
        Target.IMMUTABLE,
        cache_control=IMMUTABLE,
        rewrite=f"{root}/{packages}/{{file}}",
    )
    yield Route(2000 + index, tuple(_immutable(repository)), Target.IMMUTABLE, cache_control=IMMUTABLE)
    yield Route(3000 + index, (prefix(f"{root}/"),), Target.METADATA, cache_control=NEVER_CACHED)


def _immutable(repository: Repository) -> Iterator[PathMatch]:
    """Paths of a repository whose content never changes."""
    root = f"/{repository.path}"
    for folder in (PACKAGE_FOLDERS[repository.format], *IMMUTABLE_VIEWS):
        yield prefix(f"{root}/{folder}/")
    if repository.format is RepositoryFormat.APT:
        # dists/<codename>/by-hash, .../<component>/by-hash and .../<component>/<binary-arch or source>/by-hash
        for depth in (1, 2, 3):
            yield template(f"{root}/dists/{'*/' * depth}by-hash/**")
    else:
        for kind in RPM_METADATA:
            yield template(f"{root}/repodata/*-{kind}")
