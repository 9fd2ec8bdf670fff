"""Packages for repositories, made by Debian's own tool."""

import subprocess
from pathlib import Path


def package(folder: Path, name: str, version: str, architecture: str = "amd64") -> bytes:
    """A package with one file, in which its version stands."""
    root = folder / f"{name}-{version}"
    (root / "DEBIAN").mkdir(mode=0o755, parents=True)
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: lab <lab@example.com>\n"
        "Description: made for a test\n"
    )
    file = root / f"usr/share/{name}/version"
    file.parent.mkdir(parents=True)
    file.write_text(f"{version}\n")
    target = folder / f"{name}_{version}.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", root, target], check=True, capture_output=True)
    return target.read_bytes()
