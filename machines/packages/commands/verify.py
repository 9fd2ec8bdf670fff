"""`packagectl verify`: every file that a generation or a day names is there with its digest."""

import argparse
import sys

from packages.release import laying, repository
from packages.settings import PackageSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A repository."""
    repository.add_argument(parser)


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Status 1 where something differs. Raises HostError."""
    repository.as_releaser()
    _, place, signer = repository.chosen(options.repository, settings)
    faults = list(laying.faults(place, signer))
    counts = ", ".join(f"{len(place.ids(kind))} {kind}" for kind in ("generations", "snapshots"))
    sys.stdout.write("\n".join([f"{options.repository}: {counts}", *(faults or ["all as signed"])]) + "\n")
    return 1 if faults else 0
