"""Files written by root: whole, for good, and never readable by others even for a moment.

This is the one writer of the programs on a machine. fetch.py alone has its own, since it comes before any bundle.
"""

import os
import shutil
import tempfile
from pathlib import Path

ROOT = "root"


def write(path: Path, text: str, mode: int = 0o600, *, owner: str = ROOT, group: str = ROOT) -> bool:
    """Replaces a file where its content would change; whether it did. Makes its folder, which everybody may enter."""
    if text_of(path) == text:
        return False
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    replace(path, text, mode, owner=owner, group=group)
    return True


def replace(path: Path, text: str, mode: int = 0o600, *, owner: str = ROOT, group: str = ROOT) -> None:
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


def text_of(path: Path) -> str | None:
    """The content of a file; None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def make_folder(path: Path, *, owner: str, mode: int = 0o700) -> None:
    """A folder of a user and its group; one that is there stays as it is."""
    if not path.is_dir():
        path.mkdir(mode=mode, parents=True)
        shutil.chown(path, owner, owner)


def sync_folder(path: Path) -> None:
    """Makes a new name in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
