"""fetch.py: what a machine takes, and what it refuses without changing anything."""

import hashlib
import io
import json
import stat
import subprocess
import sys
import tarfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from lab.clouds.metadata import Bucket
from tests.machines.support.programs import program

fetch = program("fetch")

CONVERGE = """
import pathlib, sys
document = pathlib.Path(sys.argv[1])
document.with_name('ran').write_text(oct(document.stat().st_mode))
if {accepts}:
    document.replace(document.with_name('document.json'))
sys.exit({status})
"""
"""Stands for converge.py: leaves the mode of the document beside it, and ends as asked."""


def bundle(status: int = 0, *, accepts: bool = True) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        content = CONVERGE.format(status=status, accepts=accepts).encode()
        entry = tarfile.TarInfo("converge/converge.py")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


class StandInCloud:
    """Two objects in a bucket, in place of a metadata service and an object store."""

    def __init__(self, archive: bytes, **changes: Any) -> None:
        digest = hashlib.sha256(archive).hexdigest()
        document = {
            "schemaVersion": 1,
            "name": "web",
            "role": "package-server",
            "bundle": {"url": f"gs://machine-store/bundles/{digest}.tar", "sha256": digest},
            **changes,
        }
        self.objects = {"machines/web/document.json": json.dumps(document).encode()}
        self.objects[f"bundles/{digest}.tar"] = archive
        self.reads: list[str] = []
        self.address = "gs://machine-store/machines/web/document.json"
        self.version = 5

    def document_address(self) -> str:
        return self.address

    def read(self, address: Any) -> tuple[bytes, int]:
        self.reads.append(address.path)
        return self.objects[address.path], self.version


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(fetch, "STATE", tmp_path / "state")
    monkeypatch.setattr(fetch, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(fetch, "METRICS", tmp_path / "converge.prom")
    return tmp_path / "state"


def run(monkeypatch: pytest.MonkeyPatch, cloud: StandInCloud, *arguments: str) -> int:
    monkeypatch.setattr(fetch, "find_cloud", lambda: cloud)
    return fetch.main(list(arguments))


def metric(name: str) -> float:
    lines = fetch.METRICS.read_text().splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith(f"packyard_converge_{name} "))
    return float(value)


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sound_document_runs_converge_of_the_bundle_that_it_names(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, StandInCloud(bundle())) == 0

    assert int((state / "ran").read_text(), 8) & stat.S_IRWXO == 0, "a document is not for everybody's eyes"
    assert metric("last_run_success") == 1
    assert metric("timestamp_seconds") > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schemaVersion": 2}, "schema version 2"),
        ({"schemaVersion": None}, "schema version None"),
        ({"role": "../../etc"}, "is no name"),
        ({"bundle": {"url": "gs://machine-store/bundles/x.tar", "sha256": "abc"}}, "no bundle"),
        ({"bundle": {"url": "s3://machine-store/bundles/x.tar", "sha256": "0" * 64}}, "another bucket"),
        ({"bundle": {"url": "gs://elsewhere/bundles/x.tar", "sha256": "0" * 64}}, "another bucket"),
        ({"bundle": {"url": "http://machine-store/x.tar", "sha256": "0" * 64}}, "no object address"),
    ],
    ids=["newer schema", "no schema", "path as a role", "no digest", "other cloud", "other bucket", "not a bucket"],
)
def test_a_document_that_is_not_understood_changes_nothing(
    changes: dict[str, Any],
    words: str,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(monkeypatch, StandInCloud(bundle()))
    (state / "ran").unlink()
    before = everything_below(state)

    status = run(monkeypatch, StandInCloud(bundle(), **changes))

    assert status == 1
    assert words in capsys.readouterr().err
    assert everything_below(state) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 4}, "an older one is never taken again"),
        ({"version": 0}, "does not say when"),
        ({"address": "gs://elsewhere-store/machines/web/document.json"}, "this machine's has machine-store"),
        ({"address": "gs://machine-store/machines/other/document.json"}, "this machine's has machines/web"),
    ],
    ids=["replaced before", "of no known time", "other bucket", "other machine's"],
)
def test_only_a_newer_document_of_the_same_place_is_taken(
    change: dict[str, Any], words: str, state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack: metadata that names another bucket, and a deleted version that brings the one before it back."""
    run(monkeypatch, StandInCloud(bundle()))
    (state / "ran").unlink()
    before = everything_below(state)
    cloud = StandInCloud(bundle())
    cloud.objects["machines/other/document.json"] = cloud.objects["machines/web/document.json"]
    for name, value in change.items():
        setattr(cloud, name, value)

    assert run(monkeypatch, cloud) == 1
    assert words in capsys.readouterr().err
    assert everything_below(state) == before


@pytest.mark.usefixtures("state")
def test_a_document_that_was_never_taken_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (StandInCloud(bundle(), role="../../etc"), StandInCloud(bundle(status=1, accepts=False))):
        wrong.version = 9
        assert run(monkeypatch, wrong) == 1

    assert run(monkeypatch, StandInCloud(bundle())) == 0


@pytest.mark.usefixtures("state")
def test_one_that_was_taken_is_remembered_although_its_run_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = StandInCloud(bundle(status=1))
    newer.version = 9
    run(monkeypatch, newer)

    assert run(monkeypatch, StandInCloud(bundle())) == 1


@pytest.mark.usefixtures("state")
def test_the_newest_one_is_taken_again_and_again_and_each_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for version in (5, 5, 6, 6, 8):
        cloud = StandInCloud(bundle())
        cloud.version = version
        assert run(monkeypatch, cloud) == 0


@pytest.mark.parametrize("name", ["google", "amazon"])
def test_both_stores_say_when_an_object_was_uploaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As both document it: `x-goog-generation` of a download from Cloud Storage, `Last-Modified` of S3's GetObject."""
    scheme, store = {"google": ("gs", fetch.Google), "amazon": ("s3", fetch.Amazon)}[name]
    address = f"{scheme}://machine-store/machines/web/document.json"
    bucket = Bucket({address: b"one"})

    def answer(url: str, headers: dict[str, str], method: str = "GET", data: bytes | None = None) -> Any:
        assert data is None
        if "machine-store" in url:
            assert any(key.lower() == "authorization" for key in headers)
            reply = bucket.read(address)
            heads = Message()
            for key, value in reply.headers.items():
                heads[key] = value
            return reply.body, heads
        metadata = {"token": b'{"access_token": "t"}', "region": b"us-east-2", "role": b'{"AccessKeyId": "A",'}
        metadata["role"] += b' "SecretAccessKey": "B", "Token": "C"}'
        last = url.rstrip("/").rpartition("/")[2]
        return metadata.get(last, b"role") if method == "GET" else b"token", Message()

    monkeypatch.setattr(fetch, "exchange", answer)
    cloud = store()
    first, earlier = cloud.read(fetch.Address.parse(address))
    bucket.written[address] += timedelta(minutes=1)
    _, later = cloud.read(fetch.Address.parse(address))

    assert first == b"one"
    assert 0 < earlier < later


def test_a_bundle_with_another_digest_is_never_unpacked(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = StandInCloud(bundle())
    (name,) = (path for path in cloud.objects if path.startswith("bundles/"))
    cloud.objects[name] += b"more"

    status = run(monkeypatch, cloud)

    assert status == 1
    assert "SHA-256" in capsys.readouterr().err
    assert everything_below(state) == {}


def test_a_failed_run_shows_and_keeps_the_time_of_the_last_good_one(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    run(monkeypatch, StandInCloud(bundle()))
    good = metric("timestamp_seconds")

    monkeypatch.setattr(time, "time", lambda: 1_000_900.0)
    status = run(monkeypatch, StandInCloud(bundle(status=3)))

    assert status == 1
    assert metric("last_run_success") == 0
    assert metric("timestamp_seconds") == good
    assert (state / "ran").is_file()


def test_a_known_bundle_is_not_fetched_again(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, StandInCloud(bundle()))
    cloud = StandInCloud(bundle())

    run(monkeypatch, cloud)

    assert cloud.reads == ["machines/web/document.json"]
    assert len(list((state / "bundles").iterdir())) == 1


def test_old_bundles_go_but_the_newest_few_stay(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        run(monkeypatch, StandInCloud(bundle() + bytes(1024 * number)))

    assert len(list((state / "bundles").iterdir())) == fetch.KEEP_BUNDLES


def test_its_metrics_lie_where_root_alone_writes() -> None:
    """Below what it makes itself: a package's folder may belong to the package's user, who can put a link there."""
    assert fetch.METRICS.is_relative_to(fetch.STATE)


def test_two_runs_never_meet(state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with fetch.only_one(fetch.LOCK):
        status = run(monkeypatch, StandInCloud(bundle()))

    assert status == 1
    assert "another converge runs" in capsys.readouterr().err
    assert not state.exists()


def test_a_check_changes_nothing(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, StandInCloud(bundle()), "--check") == 0
    assert run(monkeypatch, StandInCloud(bundle(), schemaVersion=2), "--check") == 1

    assert not state.exists()
    assert not fetch.METRICS.exists()


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    archive = buffer.getvalue()

    with pytest.raises(tarfile.OutsideDestinationError):
        fetch.unpacked(archive, hashlib.sha256(archive).hexdigest(), tmp_path / "bundles")

    assert everything_below(tmp_path) == {}
    assert list((tmp_path / "bundles").iterdir()) == []


def test_requests_to_amazon_are_signed_as_amazons_own_example() -> None:
    # AWS, "Signature Version 4 examples for S3: GET bucket lifecycle" (its published example keys).
    credentials = {
        "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }
    url = "https://examplebucket.s3.amazonaws.com/?lifecycle="

    headers = fetch.signed(
        "GET", url, b"", "s3", "us-east-1", credentials=credentials, now=datetime(2013, 5, 24, tzinfo=UTC)
    )

    assert headers["authorization"].endswith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")


def test_the_session_token_of_a_role_is_signed_too() -> None:
    credentials = {"AccessKeyId": "A", "SecretAccessKey": "B", "Token": "C"}

    headers = fetch.signed(
        "GET", "https://a/b", b"", "s3", "us-east-1", credentials=credentials, now=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert headers["x-amz-security-token"] == "C"
    assert "x-amz-security-token" in headers["authorization"]


def test_further_headers_are_signed_and_a_digest_of_the_body_goes_to_s3_alone() -> None:
    # AWS, "Signature Version 4 test suite", post-header-key-sort (its published example keys).
    credentials = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
    moment = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)

    headers = fetch.signed(
        "POST",
        "https://example.amazonaws.com/",
        b"",
        "service",
        "us-east-1",
        credentials=credentials,
        now=moment,
        more={"my-header1": "value1"},
    )

    assert headers["authorization"].endswith("c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c")
    assert "x-amz-content-sha256" not in headers


def test_googles_metadata_is_asked_with_its_header_and_amazons_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str, str]] = []

    def answer(url: str, headers: dict[str, str], method: str = "GET", data: bytes | None = None) -> bytes:
        assert data is None
        seen.append((method, url, next(iter(headers))))
        return b"token"

    monkeypatch.setattr(fetch, "call", answer)

    fetch.Google().document_address()
    fetch.Amazon().document_address()

    assert seen == [
        ("GET", f"{fetch.METADATA}/computeMetadata/v1/instance/attributes/packyard-document", "Metadata-Flavor"),
        ("PUT", f"{fetch.METADATA}/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds"),
        ("GET", f"{fetch.METADATA}/latest/meta-data/tags/instance/packyard-document", "X-aws-ec2-metadata-token"),
    ]


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = f"import runpy; runpy.run_path({fetch.__file__!r})"

    # -I -S: no site-packages at all.
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_it_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    handlers: list[Any] = []

    def build_opener(*given: Any) -> None:
        handlers.extend(given)
        pytest.fail("asked")

    monkeypatch.setattr(urllib.request, "build_opener", build_opener)

    with pytest.raises(pytest.fail.Exception, match="asked"):
        fetch.call("http://127.0.0.1/", {})

    assert [handler.proxies for handler in handlers] == [{}]
