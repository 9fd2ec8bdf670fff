"""`pairctl settle`: what follows a promotion. It can be repeated at any time on a primary."""

import argparse
import sys

from host.errors import HostError

from pair.repositories import pgbackrest
from pair.server import postgresql
from pair.server.postgresql import Role
from pair.settings import PairSettings

CHECK_TIMEOUT = 180
BACKUP_TIMEOUT = 24 * 3600


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
    _attempt("check", faults, settings, "check", None, CHECK_TIMEOUT)
    for repository in settings.repositories:
        name = f"backup to repository {repository.number}"
        _attempt(name, faults, settings, "backup", repository.number, BACKUP_TIMEOUT, "--type=diff")
    if faults:
        raise HostError("; ".join(faults), "pairctl settle, once it is mended")
    return 0


def _attempt(
    name: str,
    faults: list[str],
    settings: PairSettings,
    command: str,
    repository: int | None,
    timeout: float,
    *options: str,
) -> None:
    try:
        pgbackrest.run(settings, command, *options, repository=repository, timeout=timeout)
        sys.stdout.write(f"{name}: done\n")
    except HostError as error:
        faults.append(f"{name}: {error.message}")
        sys.stderr.write(f"{name}: {error.message}\n")
    sys.stdout.flush()
