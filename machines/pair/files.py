"""Files of the user postgres, written whole by root."""

import os
import shutil
from pathlib import Path

from pair.commands import POSTGRES


def write_for_postgres(path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file at once and for good: it must be there after a power cut, and whole."""
    own_folder(path.parent)
    half = path.with_name(f".{path.name}.half")
    try:
        with half.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        half.chmod(mode)
        shutil.chown(half, POSTGRES, POSTGRES)
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
