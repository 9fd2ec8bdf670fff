"""Programs in a root file system that no machine runs on, and packages put onto it."""

import shutil
import subprocess
from pathlib import Path


def run(*command: str) -> None:
    """A program of this machine. Raises RuntimeError with its last words."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def run_in(root: Path, *command: str) -> None:
    """A program of the root file system, as its root. Raises RuntimeError with its last words."""
    run("chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command)


def install(root: Path, mirror: Path, *packages: str) -> None:
    """Puts packages of a flat repository onto a root file system; what apt knew before, it knows afterwards."""
    (root / "mnt/mirror").mkdir()
    sources = root / "etc/apt/sources.list"
    before = sources.read_text()
    run("cp", "-r", str(mirror), str(root / "mnt"))
    sources.write_text("deb [trusted=yes] copy:/mnt/mirror ./\n")
    run_in(root, "apt-get", "-q", "update")
    run_in(root, "apt-get", "-qy", "--no-install-recommends", "install", *packages)
    sources.write_text(before)
    shutil.rmtree(root / "mnt/mirror")
    run_in(root, "apt-get", "clean")
