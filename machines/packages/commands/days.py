"""`packagectl days`: every day has its state, also those on which nothing was released and the machine was off."""

import argparse
import sys
from datetime import UTC, datetime

from host import locks

from packages.release import laying, repository
from packages.settings import PackageSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """For every apt repository. Raises HostError."""
    del options
    repository.as_releaser()
    with locks.held(repository.LOCK, "packagectl days", repository.PATIENCE):
        for name in (each.name for each in settings.repositories if each.format == "apt"):
            _, place, _ = repository.chosen(name, settings)
            for text in laying.keep_days(place, datetime.now(UTC)):
                sys.stdout.write(f"{name}: {text}\n")
    return 0
