"""Python packages that machines install: what the requirements of every role name, fetched once, kept, and served.

The pip of this machine fetches them from wherever it is set up to, and holds them against the same hashes.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

from lab.machines.cache import digest_of, kept
from lab.machines.packages import MACHINES

PYTHON = "313"
"""Of Debian 13, with the packages that fit it; one that is built on the machine comes as source."""

PLATFORMS = ("manylinux2014_x86_64", *(f"manylinux_2_{number}_x86_64" for number in range(41, 4, -1)))
"""Of an amd64 machine with the C library of Debian 13, newest first: older pips take no platform for older ones too."""

FOLDER = "/wheels/"
"""On the mirror."""


def requirements() -> tuple[Path, ...]:
    """Files with hashes, of all roles."""
    return tuple(sorted(MACHINES.glob("roles/*/files/requirements/*.txt")))


@cache
def wheels_folder() -> Path:
    """All of them; made anew where a file of requirements has changed."""
    code = [Path(__file__).read_bytes(), *(file.read_bytes() for file in requirements())]
    return kept("machine-wheels", digest_of(code), _fetch)


def _fetch(folder: Path) -> None:
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    for file in requirements():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        fit = ["--implementation", "cp", "--python-version", PYTHON, "--abi", f"cp{PYTHON}", "--abi", "abi3"]
        given = ["--abi", "none", *platforms, "--require-hashes", "--requirement", str(file)]
        done = subprocess.run([*command, *fit, *given], cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{file.name}: pip: {done.stderr[-2000:]}")


def listing() -> bytes:
    """The page that pip reads (PEP 503, one folder for all)."""
    names = sorted(file.name for file in wheels_folder().iterdir())
    return "".join(f'<a href="{name}">{name}</a>\n' for name in names).encode()
