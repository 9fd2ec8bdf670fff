"""Clients of a host get what is registered: the map's routes, the buckets' objects, the caches' ages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import pytest

from capture import Capture
from lab.clouds.google_storage import GoogleStorage
from lab.errors import LabError
from lab.front.cache import Cache
from lab.front.front import GRANT, Front
from lab.front.url_map import BUCKET
from lab.network.web import Reply, Request
from reach.answers import Reach
from settings.package_server.section import RepositoryFormat
from tests.components.package_server.registered import NAME, document
from tests.support import STACKS, estate, variant

YEAR = 31536000


@cache
def reach(stack: str) -> Reach:
    return Reach(estate(stack))


@dataclass
class World:
    """The front of a stack, with a clock that a test sets."""

    stack: str
    seconds: float = 0.0
    storage: GoogleStorage = field(default_factory=lambda: GoogleStorage(lambda _, __, ___, ____: True))

    def __post_init__(self) -> None:
        self.capture = estate(self.stack)
        cache = Cache(lambda: self.seconds)
        self.front = Front(self.capture, NAME, self.storage, reach(self.stack), cache=cache)
        self.told = document(self.capture)

    @property
    def path(self) -> str:
        return next(
            str(entry["basePath"]) for entry in self.told["repositories"] if entry["format"] == RepositoryFormat.APT
        )

    def put(self, name: str, content: bytes, **described: str) -> None:
        channel = next(entry for entry in self.told["channels"] if entry["channel"] == "release")
        self.storage.write(str(channel["bucket"]), f"{self.path}/{name}", content, described)

    def get(self, name: str, *, method: str = "GET", host: str = "", **headers: str) -> Reply:
        return self.front.answer(
            Request("", method, host or str(self.told["publicHost"]), f"/{self.path}/{name}", headers, body=b"")
        )


@pytest.fixture(params=STACKS)
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def test_an_index_of_now_is_seen_as_soon_as_it_is_written(world: World) -> None:
    for content in (b"one", b"two"):
        world.put("dists/trixie/InRelease", content, cacheControl="public, max-age=60")
        reply = world.get("dists/trixie/InRelease")
        assert (reply.status, reply.body) == (200, content)
        assert reply.headers["Cache-Control"] == "no-store", "the map's header replaces the object's"


def test_a_package_is_kept_for_a_year_until_somebody_ends_it(world: World) -> None:
    world.put("pool/main/h/hello.deb", b"one")
    assert world.get("pool/main/h/hello.deb?1").body == b"one"
    world.put("pool/main/h/hello.deb", b"two")
    world.seconds = YEAR - 1
    assert world.get("pool/main/h/hello.deb?2").body == b"one", "no query passes the cache"
    world.front.cache.invalidate(f"/{world.path}/pool/*")
    assert world.get("pool/main/h/hello.deb").body == b"two"


def test_a_package_below_a_day_is_the_repositorys_own(world: World) -> None:
    world.put("pool/main/h/hello.deb", b"one")
    for view in ("snapshots/20261102T000000Z", "generations/20261101T120000Z", "pointers/good"):
        assert world.get(f"{view}/pool/main/h/hello.deb").body == b"one"


def test_what_is_not_there_is_refused_and_never_kept(world: World) -> None:
    assert world.get("pool/main/h/hello.deb").status == 403, "the agent may not list, so it is not told"
    world.put("pool/main/h/hello.deb", b"one")
    assert world.get("pool/main/h/hello.deb").status == 200


def test_other_hosts_and_paths_and_methods_get_nothing(world: World) -> None:
    world.put("dists/trixie/InRelease", b"one")
    assert world.get("dists/trixie/InRelease", host="elsewhere.example.com").status == 404
    assert world.get("../nobody/InRelease").status in (403, 404)
    assert world.get("dists/trixie/InRelease", method="PUT").status == 405
    upload = str(world.told["uploadHost"])
    request = Request("", "GET", upload, "/pulp/api/v3/status/", {}, body=b"")
    assert world.front.answer(request).status == 503, "no machine stands behind it here"


def test_a_part_of_a_file_is_answered_as_a_part(world: World) -> None:
    world.put("pool/main/h/hello.deb", b"0123456789")
    for _ in ("filled", "kept"):
        reply = world.get("pool/main/h/hello.deb", range="bytes=2-4")
        assert (reply.status, reply.body, reply.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert world.get("pool/main/h/hello.deb", range="bytes=10-").status == 416


def test_without_the_grant_the_front_reads_nothing(world: World) -> None:
    world.put("dists/trixie/InRelease", b"one")
    agents = (entry for entry in world.capture.of_type(GRANT) if "https-lb" in str(entry.inputs["member"]))
    without = _without(world.capture, {entry.urn for entry in agents})
    world.front = replace(world.front, capture=without, reach=Reach(without))
    assert world.get("dists/trixie/InRelease").status == 403


def test_a_repository_that_is_stopped_is_away_and_others_are_not() -> None:
    world = World("staging")
    world.put("dists/trixie/InRelease", b"one")
    stopped = variant("staging", {"packageServer.emergencyStop.repositories": [world.path]})
    world.front = replace(world.front, capture=stopped, reach=Reach(stopped))
    assert world.get("dists/trixie/InRelease").status == 503


@pytest.mark.parametrize(
    "policy", [{"cacheMode": "FORCE_CACHE_ALL", "signedUrlCacheMaxAgeSec": 1}, {"cacheMode": "CACHE_ALL_STATIC"}]
)
def test_a_cache_that_nothing_here_follows_is_said_and_not_passed_over(policy: Mapping[str, str | int]) -> None:
    world = World("staging")
    world.put("pool/main/h/hello.deb", b"one")
    changed = _changed(world.capture, BUCKET, policy)
    world.front = replace(world.front, capture=changed)
    with pytest.raises(LabError, match="follow"):
        world.get("pool/main/h/hello.deb")


def _without(capture: Capture, urns: Iterable[str]) -> Capture:
    gone = set(urns)
    return replace(capture, registrations=tuple(entry for entry in capture.registrations if entry.urn not in gone))


def _changed(capture: Capture, kind: str, policy: Mapping[str, str | int]) -> Capture:
    return replace(
        capture,
        registrations=tuple(
            replace(entry, inputs={**entry.inputs, "cdnPolicy": policy}) if entry.type == kind else entry
            for entry in capture.registrations
        ),
    )
