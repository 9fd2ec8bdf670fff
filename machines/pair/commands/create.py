"""`pairctl create`: makes an empty pair on the host that is meant to be the primary, and the standby on the other.

Its unit runs it again until it ends well, so each part can be done again, and a pair that exists is never touched: a
token anywhere means that there was one.
"""

import argparse
import sys
from enum import Enum

import psycopg
from host import accounts, files
from host.errors import HostError

from pair import memory
from pair.repositories import backups, pgbackrest
from pair.server import cluster, creation_sql, postgres_user, postgresql, slots
from pair.server.lock import held
from pair.settings import AUTHORITY, PairSettings, Repository
from pair.succession import fence, standby

INITDB_TIMEOUT = 300
CHECK_TIMEOUT = 180
OWN_CONFIGURATION = ("postgresql.conf", "pg_hba.conf", "pg_ident.conf")
"""That initdb writes into PGDATA and nobody reads."""


class Part(Enum):
    """What this run has to make."""

    NOTHING = "there is a database already"
    PRIMARY = "an empty pair, with this host as its primary"
    STANDBY = "the standby, from the newest backup"


def part(settings: PairSettings, *, is_empty: bool, is_creating: bool) -> Part:
    """The part of this host."""
    if not is_empty and not is_creating:
        return Part.NOTHING
    return Part.PRIMARY if settings.host == settings.primary else Part.STANDBY


def refusal(host: str, readings: tuple[fence.Reading, ...], *, is_creating: bool) -> HostError | None:
    """Why no pair may be made; None where one may."""
    for reading in readings:
        if not reading.is_readable:
            return HostError(f"{reading}, so it may hold an earlier pair", "every repository must answer once")
    token = fence.highest(readings)
    if token is None or (is_creating and token.holder == host and token.kind is fence.Kind.CREATION):
        return None
    return HostError(
        f"there was a pair: {token}", "pairctl rejoin makes this host its standby; a lost pair comes back by restore"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: systemd calls it."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError, and its unit tries again."""
    del options
    is_creating = memory.CREATING.below(settings.server.state).exists()
    chosen = part(settings, is_empty=cluster.is_empty(settings.server), is_creating=is_creating)
    if chosen is Part.NOTHING:
        sys.stdout.write(f"{chosen.value}\n")
        _start_on_a_new_boot_disk(settings)
        return 0
    _require_certificates(settings)
    progress = accounts.Progress()
    progress(chosen.value)
    try:
        if chosen is Part.PRIMARY:
            _create_primary(settings, progress, is_creating=is_creating)
        else:
            _create_standby(settings, progress)
    except psycopg.Error as error:
        raise HostError(" ".join(str(error).split()), f"journalctl -u {settings.server.unit} -e") from None
    files.remove(memory.CREATING.below(settings.server.state))
    return 0


def _start_on_a_new_boot_disk(settings: PairSettings) -> None:
    """The data outlived the disk with the certificates: PostgreSQL waits for new ones, and nobody else starts it."""
    if cluster.was_tried(settings.server):
        return
    _require_certificates(settings)
    with held("pairctl create"):
        cluster.start(settings.server)
    sys.stdout.write("PostgreSQL is started\n")


def _create_primary(settings: PairSettings, progress: accounts.Progress, *, is_creating: bool) -> None:
    with held("pairctl create"):
        refused = refusal(settings.host, fence.read(settings), is_creating=is_creating)
        if refused is not None:
            raise refused
        files.write(memory.CREATING.below(settings.server.state), "pairctl create\n")
        _initdb(settings, progress)
        # There is no standby yet: nobody may wait for it.
        cluster.be_alone(settings.server)
        if not cluster.is_running(settings.server):
            cluster.start(settings.server)
        progress("PostgreSQL is started")
        _fill(settings)
        progress("users, heartbeat and the slot of the peer are there")
        pgbackrest.run(settings, "stanza-create", timeout=CHECK_TIMEOUT)
        token = fence.new_token(settings, 1, settings.host, fence.Kind.CREATION, 1, command="create")
        for reading in fence.write(settings, token):
            if not reading.is_readable:
                raise HostError(str(reading))
        fence.write_epoch(settings, token.epoch)
        progress(f"token: {token}")
    pgbackrest.run(settings, "check", timeout=CHECK_TIMEOUT)
    progress("each repository has the WAL")
    for repository in settings.repositories:
        _first_backup(settings, repository, progress)


def _first_backup(settings: PairSettings, repository: Repository, progress: accounts.Progress) -> None:
    """A full one, unless an earlier attempt made it."""
    if not any(backup.kind == "full" for backup in pgbackrest.info_of(settings, repository.number).backups):
        backups.make(settings, repository, "full")
    progress(f"repository {repository.number} has a full backup")


def _create_standby(settings: PairSettings, progress: accounts.Progress) -> None:
    """Without a backup it fails, and its unit asks again."""
    try:
        repository = standby.repository_with_a_backup(settings)
    except HostError as error:
        raise HostError(f"{error.message}; {settings.peer} makes the first one", "it is asked for again") from None
    with held("pairctl create"):
        token = fence.highest(fence.read(settings))
        if token is not None and token.holder == settings.host:
            raise HostError(f"this host was the primary: {token}", "pairctl rejoin, once the peer is the primary")
        files.write(memory.CREATING.below(settings.server.state), "pairctl create\n")
        if not cluster.is_running(settings.server):
            standby.restore(settings, repository)
            progress("restored")
            standby.follow(settings, token, progress)
        standby.wait_until_streaming(settings, progress)


def _initdb(settings: PairSettings, progress: accounts.Progress) -> None:
    if (settings.server.data / "global" / "pg_control").exists():
        return
    # Half of what initdb left when the machine went down; the marker says that it is ours.
    postgres_user.remove(settings.server, settings.server.data)
    postgres_user.make_folder(settings.server, settings.server.data)
    words = [
        str(settings.server.programs / "initdb"),
        f"--pgdata={settings.server.data}",
        "--username=postgres",
        "--auth=peer",
        *settings.server.initdb_options,
    ]
    postgres_user.run(settings.server, words, timeout=INITDB_TIMEOUT)
    postgres_user.remove(settings.server, *(settings.server.data / name for name in OWN_CONFIGURATION))
    progress("initdb")


def _fill(settings: PairSettings) -> None:
    with postgresql.local(settings) as connection:
        creation_sql.users(connection)
        creation_sql.database(connection)
        slots.ensure(connection, settings.peer_name)
    with postgresql.local(settings, postgresql.OWN_DATABASE) as connection:
        creation_sql.heartbeat(connection)


def _require_certificates(settings: PairSettings) -> None:
    folder = settings.certificates.directory
    names = [AUTHORITY, *(f"{kind}.pem" for kind in settings.certificates.kinds)]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise HostError(
            f"{folder} lacks {', '.join(missing)}", "pair-exchange brings them: journalctl -u pair-exchange"
        )
