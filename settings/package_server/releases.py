"""Releases of Pulp that have been resolved to the last hash: pulpcore with its plugins.

Each has a file in `machines/roles/package_server/files/requirements`, which `make requirements` writes and machines
install from. A stack file that names another release is at fault: a machine would have nothing to install.

`python -m settings.package_server.releases` prints, a line for each file, its name and what it resolves.
"""

import sys
from dataclasses import dataclass

BUILD = ("build", "setuptools")
"""What builds the one dependency that comes as source alone (drf-access-policy)."""


@dataclass(frozen=True)
class PulpRelease:
    """Versions that run together."""

    pulpcore: str
    pulp_deb: str
    pulp_rpm: str

    @property
    def name(self) -> str:
        """Of its file, without the end."""
        return f"{self.pulpcore}-{self.pulp_deb}-{self.pulp_rpm}"

    @property
    def requirements(self) -> tuple[str, ...]:
        """What its file resolves."""
        return (f"pulpcore[google]=={self.pulpcore}", f"pulp-deb=={self.pulp_deb}", f"pulp-rpm=={self.pulp_rpm}")


RELEASES = (PulpRelease("3.123.1", "3.11.1", "3.39.4"),)
"""Newest first. An old one stays as long as a stack file names it; none is older than pulpcore 3.109, before which dnf
got 404 for metadata that a publish had replaced (pulp_rpm#4236, pulpcore#7546)."""


def main() -> None:
    """Prints what `make requirements` resolves."""
    for name, *requirements in (BUILD, *((release.name, *release.requirements) for release in RELEASES)):
        sys.stdout.write(" ".join((name, *requirements)) + "\n")


if __name__ == "__main__":
    main()
