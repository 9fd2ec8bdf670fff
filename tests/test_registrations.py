"""The helpers that tests look into captures with fail where a test must not pass by accident."""

import pytest

from capture import Capture, Registration, Secret, Unknown
from tests.registrations import data, differing, one, resources_of

INNER, OUTER = "packyard:machine:GceMachine", "packyard:package_server:PackageServer"
BUCKET = "gcp:storage/bucket:Bucket"


def bucket(chain: str, name: str, **inputs: str) -> Registration:
    return Registration(f"urn:pulumi:s::p::{chain}{BUCKET}::{name}", BUCKET, name, custom=True, inputs=inputs)


def captured(*entries: Registration) -> Capture:
    return Capture("p", "s", preview=False, registrations=entries)


def test_one_refuses_nothing_and_two() -> None:
    capture = captured(bucket("", "a"), bucket(f"{OUTER}$", "b"), bucket(f"{OUTER}${INNER}$", "b"))

    assert one(capture, "Bucket", "a") == one(capture, BUCKET, "a")
    assert one(capture, "Bucket", "b", within=INNER).urn.startswith(f"urn:pulumi:s::p::{OUTER}${INNER}")
    assert len(resources_of(capture, OUTER)) == 2
    for name in ("b", "c"):
        with pytest.raises(AssertionError, match=f"registrations of Bucket with the name {name}"):
            one(capture, "Bucket", name)


def test_data_opens_secrets_and_refuses_what_is_not_known() -> None:
    assert data({"a": (1, Secret("digest", {"b": ("c",)}))}) == {"a": [1, {"b": ["c"]}]}
    with pytest.raises(AssertionError, match="only after an update"):
        data({"a": (Unknown(),)})


def test_differing_names_what_was_added_taken_away_and_changed() -> None:
    kept, gone, new = bucket("", "kept"), bucket("", "gone"), bucket("", "new")
    before, after = captured(kept, gone, bucket("", "x")), captured(kept, new, bucket("", "x", location="EU"))

    assert differing(before, after) == {gone.urn, new.urn, bucket("", "x").urn}
