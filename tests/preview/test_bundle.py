"""A new bundle is told once, by its files, and not by each document that names its digest."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from capture import Asset, Capture
from preview.bundle import bundle_change, bundle_files
from preview.compare import Change, Step, compare
from preview.difference import PropertyChange
from preview.telling import file_lines, told
from tests.preview.test_compare import estate, resource
from tests.support import ROOT
from tests.support import estate as whole

OBJECT = "gcp:storage/bucketObject:BucketObject"


def capture_of(digest: str, size: int) -> Capture:
    archive = Asset(f"asset-{digest}", f".cache/bundles/{digest}.tar")
    return estate(
        resource(OBJECT, "bundle", name=f"bundles/{digest}.tar", source=archive),
        resource(OBJECT, "pg-a-document", content={"bundle": {"sha256": digest, "url": f"gs://b/{digest}.tar"}}),
        resource(OBJECT, "pg-b-document", content={"bundle": {"sha256": digest}, "size": size}),
    )


def test_what_only_names_the_new_bundle_is_counted_and_not_listed() -> None:
    old, new = capture_of("aaaa", 1), capture_of("bbbb", 2)
    change = bundle_change(old, {"run.py": b"one\n"}, new, {"run.py": b"two\n", "more.py": b"new\n"})
    comparison = compare(old, new)
    updates = told(comparison.of(Step.UPDATE), change)

    assert told(comparison.of(Step.REPLACE), change).changes == ()
    assert [(entry.registration.name, [p.path for p in entry.properties]) for entry in updates.changes] == [
        ("pg-b-document", ["content.size"])
    ]
    assert updates.by_bundle == 1
    assert [line for file in change.files for line in file_lines(file, full=True)] == [
        *("+ machines/more.py", "@@ -0,0 +1 @@", "+new"),
        *("~ machines/run.py", "@@ -1 +1 @@", "-one", "+two"),
    ]


def test_a_digest_that_is_not_the_bundles_is_told() -> None:
    old, new = capture_of("aaaa", 1), capture_of("bbbb", 1)
    change = bundle_change(old, {}, new, {})

    assert not change.explains(PropertyChange("sha256", "aaaa", "cccc"))
    assert not change.explains(PropertyChange("sha256", "cccc", "bbbb"))
    other = Change(Step.UPDATE, new.resources[0], (PropertyChange("image", "debian:aaaa", "debian:cccc"),))
    assert told([other], change).changes == (other,)


def test_the_files_are_those_that_the_program_uploads() -> None:
    files = bundle_files(whole("staging"), ROOT)

    assert files == _machines(ROOT)


def _machines(root: Path) -> Mapping[str, bytes]:
    """What `tar` makes of the folder, read by another way than the bundle's."""
    buffer = io.BytesIO()
    unwanted = ("__pycache__", ".ansible", ".pytest_cache", ".ruff_cache")
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(
            root / "machines",
            arcname="",
            filter=lambda entry: None if any(part in entry.name.split("/") for part in unwanted) else entry,
        )
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        return {entry.name: content.read() for entry in tar if (content := tar.extractfile(entry)) is not None}
