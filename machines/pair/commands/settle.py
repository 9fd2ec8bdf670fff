"""`pairctl settle`: what follows a promotion. It can be repeated at any time on a primary."""

import argparse
import sys
from collections.abc import Callable

from host.errors import HostError

from pair.repositories import backups, pgbackrest
from pair.server import postgresql
from pair.server.postgresql import Role
from pair.settings import PairSettings

CHECK_TIMEOUT = 180


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """A repository that fails stops nothing of the others. Raises HostError at the end."""
    del options
    seen = postgresql.look(settings)
    if seen.role is not Role.PRIMARY:
        raise HostError(f"{settings.host} is {seen.role.value}, and only a primary archives", "pairctl status")
    faults: list[str] = []
    attempts: dict[str, Callable[[], object]] = {
        "check": lambda: pgbackrest.run(settings, "check", timeout=CHECK_TIMEOUT)
    }
    for repository in settings.repositories:
        name = f"backup to repository {repository.number}"
        attempts[name] = lambda repository=repository: backups.make(settings, repository, "diff")
    for name, attempt in attempts.items():
        _attempt(name, attempt, faults)
    if faults:
        raise HostError("; ".join(faults), "pairctl settle, once it is mended")
    return 0


def _attempt(name: str, attempt: Callable[[], object], faults: list[str]) -> None:
    try:
        attempt()
        sys.stdout.write(f"{name}: done\n")
    except HostError as error:
        faults.append(f"{name}: {error.message}")
        sys.stderr.write(f"{name}: {error.message}\n")
    sys.stdout.flush()
