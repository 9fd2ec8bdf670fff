"""promtool of Debian's package prometheus, which holds rules against invented series."""

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

PACKAGE = "prometheus"
INSIDE = Path("usr/bin/promtool")


class NoPromtoolError(Exception):
    """Debian's package cannot be had here."""


@cache
def promtool() -> Path:
    """The one on PATH, else the one of Debian's package, unpacked once into the cache and installed nowhere."""
    installed = shutil.which("promtool")
    if installed:
        return Path(installed)
    folder = Path(os.environ.get("PACKYARD_CACHE") or Path.home() / ".cache" / "packyard") / "promtool"
    if not (folder / INSIDE).is_file():
        _unpack(folder)
    return folder / INSIDE


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs promtool; its exit status is for the caller to judge."""
    return subprocess.run([promtool(), *arguments], capture_output=True, text=True, check=False)


def _unpack(folder: Path) -> None:
    """Into another folder first, so that a run that is cut off leaves no half program."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise NoPromtoolError("there is no promtool, and no apt-get to fetch it. HINT: put promtool on PATH")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        download = ["apt-get", "download", "-qq", PACKAGE]
        fetched = subprocess.run(download, cwd=work, capture_output=True, text=True, check=False)
        archives = list(Path(work).glob("*.deb"))
        if fetched.returncode or not archives:
            last = (fetched.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise NoPromtoolError(f"apt-get cannot fetch Debian's package {PACKAGE}: {last} HINT: apt-get update")
        unpacked = Path(work) / "unpacked"
        subprocess.run(["dpkg", "-x", archives[0], unpacked], check=True)
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.replace(folder)
