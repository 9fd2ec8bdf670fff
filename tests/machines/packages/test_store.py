"""A store that is busy for a moment stops no release, and one that says no is believed at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from host.cloud import RefusalError
from packages.release.store import NEVER_CACHED, Bucket

from lab.clouds.google_storage import GoogleStorage, Pace
from lab.network.web import Request


@dataclass
class Asked:
    """A store, with what was asked of it and how long somebody waited."""

    storage: GoogleStorage
    statuses: list[int] = field(default_factory=list[int])
    waits: list[float] = field(default_factory=list[float])

    def bucket(self) -> Bucket:
        return Bucket("release", self.ask, self.wait)

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        path = url.removeprefix("https://storage.googleapis.com")
        named = {"authorization": "Bearer x", **{name.lower(): value for name, value in headers.items()}}
        reply = self.storage.answer(Request("", method, "storage.googleapis.com", path, named, body=body or b""))
        self.statuses.append(reply.status)
        if reply.status >= 300:
            raise RefusalError("Cloud Storage", reply.status, reply.body.decode())
        return reply.body

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.storage.pace = Pace()


def test_a_second_write_to_one_name_within_a_second_is_made_again() -> None:
    asked = Asked(GoogleStorage(lambda _, __, ___, ____: True, Pace(same_name=3600)))
    bucket = asked.bucket()
    bucket.write("a/InRelease", b"one", NEVER_CACHED)
    bucket.write("a/InRelease", b"two", NEVER_CACHED)

    assert asked.statuses == [200, 429, 200]
    assert len(asked.waits) == 1
    assert asked.storage.read("release", "a/InRelease") == b"two"


def test_a_refusal_is_not_asked_for_again() -> None:
    asked = Asked(GoogleStorage(lambda _, __, ___, ____: False))
    with pytest.raises(RefusalError, match="403"):
        asked.bucket().write("a/InRelease", b"one", NEVER_CACHED)
    assert asked.statuses == [403]


def test_a_store_that_stays_busy_is_told_of_in_the_end() -> None:
    asked = Asked(GoogleStorage(lambda _, __, ___, ____: True, Pace(same_name=3600)))
    waits: list[float] = []
    bucket = Bucket("release", asked.ask, waits.append)
    bucket.write("a/InRelease", b"one", NEVER_CACHED)
    with pytest.raises(RefusalError, match="429"):
        bucket.write("a/InRelease", b"two", NEVER_CACHED)
    assert sum(waits) > 1, "longer than a store refuses a second write"
    assert asked.storage.read("release", "a/InRelease") == b"one"
