"""Folders of the lab. A test that is killed leaves mounts behind: the next one takes them away."""

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_PREFIX = "packyard-lab"


def own_name() -> str:
    """Begins the names of all folders of this process."""
    return f"{_PREFIX}-{os.getpid()}"


def scratch_folder(kind: str) -> Path:
    """An empty folder for mounts and files of the lab."""
    _sweep()
    return Path(tempfile.mkdtemp(prefix=f"{own_name()}-{kind}-"))


@cache
def _sweep() -> None:
    """Once: what processes have left that are no more."""
    for mount in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        place = mount.split()[1]
        if _is_left(Path(place)):
            subprocess.run(["umount", "--lazy", place], check=True)
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}-*"):
        if _is_left(folder):
            shutil.rmtree(folder)


def _is_left(path: Path) -> bool:
    found = re.match(rf"{re.escape(tempfile.gettempdir())}/{_PREFIX}-(\d+)-", str(path))
    return found is not None and not Path(f"/proc/{found[1]}").exists()
