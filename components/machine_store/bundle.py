"""The machine bundle: a reproducible archive of machines/, named by its digest."""

import hashlib
import io
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
"""The folder of the program."""

CACHE = Path(".cache/bundles")
"""Where archives lie for the engine to upload; relative, so that the state names no path of one computer."""

EXCLUDED_FOLDERS = frozenset({"__pycache__", ".ansible", ".pytest_cache", ".ruff_cache"})
"""What tools leave in the folder, and no machine needs."""

EPOCH = 0
"""Time of every entry, in seconds since 1970: the same files must give the same bytes on every computer."""


@dataclass(frozen=True)
class Bundle:
    """The archive as it is uploaded."""

    sha256: str
    path: str
    """Path of the archive, relative to the folder of the program."""

    @property
    def object_name(self) -> str:
        """Name in either bucket."""
        return f"bundles/{self.sha256}.tar"


def machine_bundle() -> Bundle:
    """The bundle of this program's machines/, made once in a process."""
    return _written(ROOT)


@cache
def _written(root: Path) -> Bundle:
    content = archive(root / "machines")
    digest = hashlib.sha256(content).hexdigest()
    relative = CACHE / f"{digest}.tar"
    _write_whole(root / relative, content)
    return Bundle(digest, str(relative))


def archive(folder: Path) -> bytes:
    """A tar archive of a folder whose bytes depend on names, contents and the executable bit alone.

    Not compressed: two builds of zlib pack the same bytes differently, and every machine would be told of a new bundle
    when another computer runs the update.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in _files(folder):
            tar.addfile(_entry(path, path.relative_to(folder).as_posix()), io.BytesIO(path.read_bytes()))
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not EXCLUDED_FOLDERS.intersection(parts):
            yield path


def _entry(path: Path, name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = path.stat().st_size
    info.mtime = EPOCH
    # git keeps the executable bit alone; other bits differ with the umask of whoever cloned.
    info.mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
    return info


def _write_whole(path: Path, content: bytes) -> None:
    """Writes under another name first, so that a run that is cut off leaves no half archive."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)
