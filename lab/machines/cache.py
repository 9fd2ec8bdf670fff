"""What is costly and depends on nothing but its inputs: folders of the cache, each named by a digest of them."""

import fcntl
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from lab.errors import LabError

KEPT = 3
"""Folders of one kind that stay, those used last."""

DAY = 86400
"""Seconds. What was used within the last day stays, for a run that began with it may still go on."""

DIGEST_LENGTH = 16


def cache_folder() -> Path:
    """$PACKYARD_CACHE, else ~/.cache/packyard."""
    return Path(os.environ.get("PACKYARD_CACHE") or Path.home() / ".cache" / "packyard")


def digest_of(inputs: Iterable[bytes]) -> str:
    """One short digest of all inputs, in their order."""
    together = hashlib.sha256()
    for content in inputs:
        together.update(hashlib.sha256(content).digest())
    return together.hexdigest()[:DIGEST_LENGTH]


def kept(kind: str, digest: str, make: Callable[[Path], None], *, is_told: bool = True) -> Path:
    """The folder of this kind and digest; made where there is none, whole or not at all, and once by runs at once.

    Of each kind the few that were used last stay; older ones go when a new one is made. What takes a while is told.

    Raises LabError for a cache that somebody else may write to: machines boot from it, and root follows its links.
    """
    folder = folder_of(kind, digest)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_owners(folder.parent.resolve())
    with (folder.parent / f"{kind}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if is_told:
                print(f"Waits for another run that makes {kind}", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            if is_told:
                print(f"Makes {kind}, which stays in the cache: a minute or several", file=sys.stderr, flush=True)
            begun = time.monotonic()
            _make_whole(folder, kind, make)
            _seconds_of(folder).write_text(f"{time.monotonic() - begun:.0f}")
            _forget_old(folder.parent, kind)
        os.utime(folder)
    return folder


def _check_owners(folder: Path) -> None:
    for each in (folder, *folder.parents):
        status = each.stat()
        is_shared = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX
        if status.st_uid not in (0, os.geteuid()) or is_shared or (each == folder and status.st_mode & 0o022):
            raise LabError(
                f"{folder}: somebody else may write to {each}, and a lab boots what lies there."
                " HINT: PACKYARD_CACHE=/var/cache/packyard, or another folder that is root's alone"
            )


def folder_of(kind: str, digest: str) -> Path:
    """Where it is, or would be."""
    return cache_folder() / f"{kind}-{digest}"


def seconds_to_make(folder: Path) -> float:
    """How long it took to make a folder of the cache; 0 for one that is not there."""
    file = _seconds_of(folder)
    return float(file.read_text()) if file.is_file() else 0


def _seconds_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.seconds")


def _make_whole(folder: Path, kind: str, make: Callable[[Path], None]) -> None:
    # Under the lock nobody else is at work on this kind, so a half one is of a run that was killed.
    for half in folder.parent.glob(f"{kind}-half-*"):
        shutil.rmtree(half)
    half = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{kind}-half-"))
    try:
        make(half)
        half.chmod(0o755)
        half.rename(folder)
    except BaseException:
        shutil.rmtree(half)
        raise


def _forget_old(folder: Path, kind: str) -> None:
    # Digests have one length; `root` is no kind of `root-of-another-kind`.
    there = [path for path in folder.glob(f"{kind}-*") if len(path.name) == len(kind) + 1 + DIGEST_LENGTH]
    for path in sorted(there, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        if path.stat().st_mtime < time.time() - DAY:
            shutil.rmtree(path)
            _seconds_of(path).unlink(missing_ok=True)
