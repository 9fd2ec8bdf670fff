"""Files written by root: whole, for good, and never readable by others even for a moment."""

import os
import shutil
import tempfile
from pathlib import Path

from pair.commands import POSTGRES


def write_for_postgres(path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file of postgres."""
    own_folder(path.parent)
    replace(path, text, mode, POSTGRES, POSTGRES)


def replace(path: Path, text: str, mode: int, owner: str, group: str) -> None:
    """Replaces a file at once: it must be there after a power cut, and whole."""
    # Made with mode 0600, and under a name that no reader of the folder takes for a configuration file.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".half", dir=path.parent)
    half = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.chown(half, owner, group)
        half.chmod(mode)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    sync_folder(path.parent)


def own_folder(path: Path, mode: int = 0o700) -> None:
    """A folder of postgres; one that is there stays as it is."""
    if not path.is_dir():
        path.mkdir(mode=mode, parents=True)
        shutil.chown(path, POSTGRES, POSTGRES)


def sync_folder(path: Path) -> None:
    """Makes a new name in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
