"""Files with secrets, written by root: whole, never readable by others even for a moment, and only when they change."""

import os
import shutil
import tempfile
from pathlib import Path

from pair import files

ROOT = "root"


def write(path: Path, text: str, mode: int = 0o600, group: str = ROOT) -> bool:
    """Replaces a file of root at once; whether it had another content before."""
    if text_of(path) == text:
        return False
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    # Made with mode 0600, and under a name that no reader of the folder takes for a configuration file.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".half", dir=path.parent)
    half = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.chown(half, ROOT, group)
        half.chmod(mode)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    files.sync_folder(path.parent)
    return True


def text_of(path: Path) -> str | None:
    """The content of a file; None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
