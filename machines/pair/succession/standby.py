"""How a host becomes the standby of its peer: from a backup or from what is in PGDATA, and until it streams."""

import time

from host import files
from host.accounts import Progress
from host.errors import HostError

from pair import memory
from pair.repositories import pgbackrest
from pair.server import cluster, postgres_user, postgresql, slots
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence

RESTORE_TIMEOUT = 48 * 3600
STREAM_TIMEOUT = 600
"""Seconds after the start until the standby must stream; it reads the archive first."""
PAUSE = 0.5
SHOWN_EVERY = 5.0


def restore(settings: PairSettings, repository: int) -> None:
    """The newest backup of a repository. Raises HostError.

    That pgBackRest writes the repository into restore_command does not matter: `make_standby` takes that out.
    """
    postgres_user.make_folder(settings.server, settings.server.data)
    options = ("--delta", "--type=standby")
    pgbackrest.run(settings, "restore", *options, repository=repository, timeout=RESTORE_TIMEOUT, shown=True)


def repository_with_a_backup(settings: PairSettings) -> int:
    """One that answers, that of this cloud first: pgBackRest would wait for one that is away. Raises HostError."""
    complaints: list[str] = []
    for repository in sorted(settings.repositories, key=lambda repository: not repository.is_own):
        try:
            if pgbackrest.info_of(settings, repository.number).backups:
                return repository.number
            complaints.append(f"repository {repository.number} has no backup")
        except HostError as error:
            complaints.append(f"repository {repository.number}: {error.message}")
    raise HostError("; ".join(complaints), "pairctl status shows which repository answers")


def follow(settings: PairSettings, token: fence.Token | None, progress: Progress) -> None:
    """Starts what is in PGDATA as the standby of the peer. Raises HostError."""
    cluster.make_standby(settings.server)
    if token is not None:
        fence.write_epoch(settings, token.epoch)
    for done in (memory.REBUILD, memory.YIELDED):
        files.remove(done.below(settings.server.state))
    slots.ensure_at_peer(settings)
    progress(f"slot {settings.name} on {settings.peer} is there")
    cluster.start(settings.server)
    progress("PostgreSQL is started as standby")


def wait_until_streaming(settings: PairSettings, progress: Progress) -> None:
    """Raises HostError when the standby does not stream in time."""
    end, shown_at = time.monotonic() + STREAM_TIMEOUT, 0.0
    while time.monotonic() < end:
        seen = postgresql.look(settings)
        if seen.role is Role.STANDBY and seen.streaming:
            with postgresql.local(settings) as connection:
                for name in slots.drop_unused(connection):
                    progress(f"slot {name} dropped: a standby has no standby")
            progress(f"{settings.host} streams from {settings.peer} on timeline {seen.timeline}")
            return
        if time.monotonic() - shown_at >= SHOWN_EVERY:
            shown_at = time.monotonic()
            progress(f"replayed {seen.lsn}" if seen.role is Role.STANDBY else seen.role.value)
        time.sleep(PAUSE)
    raise HostError(
        f"{settings.host} did not stream within {STREAM_TIMEOUT} s",
        f"journalctl -u {settings.server.unit} -e tells why",
    )
