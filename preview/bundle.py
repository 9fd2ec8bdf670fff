"""The archive that the machines run from, file by file: a digest that changed tells nobody what a machine will do."""

import difflib
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from capture import Asset, Capture, Value, leaves
from preview.difference import PropertyChange

Files = Mapping[str, bytes]
"""Content by the path in the archive."""


@dataclass(frozen=True)
class FileChange:
    """One file of the bundle that differs."""

    path: str
    old: bytes | None
    """None where the file is new."""
    new: bytes | None
    """None where it went."""

    def diff(self) -> list[str]:
        """The lines that differ, with their neighbours; one line for what is no text."""
        try:
            before, after = ((content or b"").decode("utf-8").splitlines() for content in (self.old, self.new))
        except UnicodeDecodeError:
            return ["(not text)"]
        return [line.rstrip("\n") for line in difflib.unified_diff(before, after, n=2, lineterm="")][2:]


@dataclass(frozen=True)
class BundleChange:
    """The bundle of two captures."""

    files: tuple[FileChange, ...]
    old_digest: str
    new_digest: str

    def explains(self, change: PropertyChange) -> bool:
        """Whether a property changed because the bundle has another digest, and in nothing else."""
        if not self.old_digest:
            return False
        if _is_archive(change.old) and _is_archive(change.new):
            return True
        old, new = (str(value) for value in (change.old, change.new))
        return self.old_digest in old and old.replace(self.old_digest, self.new_digest) == new


NO_BUNDLE_CHANGE = BundleChange((), "", "")


def bundle_change(old: Capture, old_files: Files, new: Capture, new_files: Files) -> BundleChange:
    """What differs between the bundles of two captures; NO_BUNDLE_CHANGE where nothing does."""
    before, after = _digest(old), _digest(new)
    if before == after or not before or not after:
        return NO_BUNDLE_CHANGE
    changed = (
        FileChange(path, old_files.get(path), new_files.get(path))
        for path in sorted({*old_files, *new_files})
        if old_files.get(path) != new_files.get(path)
    )
    return BundleChange(tuple(changed), before, after)


def bundle_files(capture: Capture, root: Path) -> Files:
    """Every file of the archive that a capture uploads, read from the program's folder."""
    archive = next(_archives(capture), None)
    if archive is None:
        return {}
    with tarfile.open(fileobj=io.BytesIO((root / archive.source).read_bytes())) as tar:
        return {entry.name: content.read() for entry in tar if (content := tar.extractfile(entry)) is not None}


def _digest(capture: Capture) -> str:
    """The name of the archive without its ending, which is the digest that documents name."""
    archive = next(_archives(capture), None)
    return "" if archive is None else Path(archive.source).stem


def _archives(capture: Capture) -> Iterator[Asset]:
    for entry in capture.resources:
        for _, value in leaves(entry.inputs):
            if isinstance(value, Asset) and _is_archive(value):
                yield value


def _is_archive(value: Value) -> bool:
    return isinstance(value, Asset) and value.source.endswith(".tar")
