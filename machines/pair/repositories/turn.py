"""Whose turn a job is: its timer is on both hosts, and PostgreSQL says what this one is now."""

import sys

from host.errors import HostError

from pair.repositories import credentials
from pair.server import cluster, postgresql
from pair.server.postgresql import Role
from pair.settings import PairSettings, Repository


def role(settings: PairSettings) -> Role:
    """What PostgreSQL on this host is; a standby that does not answer is still one. Raises HostError."""
    seen = postgresql.look(settings)
    if seen.role in (Role.PRIMARY, Role.STANDBY):
        return seen.role
    if cluster.is_empty(settings.server):
        raise HostError("there is no database on this host yet", "journalctl -u pair-create")
    if cluster.is_standby(settings.server):
        return Role.STANDBY
    raise HostError(f"PostgreSQL does not answer: {seen.error}", "pairctl status")


def repository_of(settings: PairSettings, number: int) -> Repository:
    """A repository by its number. Raises HostError."""
    for repository in settings.repositories:
        if repository.number == number:
            return repository
    known = ", ".join(str(repository.number) for repository in settings.repositories)
    raise HostError(f"there is no repository {number}", f"--repository {known}")


def refresh(settings: PairSettings, repository: Repository) -> None:
    """A fresh token before long work: a running pgBackRest never reads it again. Without, the present one must do."""
    if repository.access != credentials.FEDERATED:
        return
    try:
        credentials.write_repository(settings, repository)
    except HostError as error:
        sys.stderr.write(f"the token of repository {repository.number} is not renewed: {error}\n")
