"""Connections to this host's PostgreSQL and to the peer's, and the few questions that all commands ask.

Every connection commits each statement by itself and gives up soon: nothing here may hang because a host is away.
"""

import contextlib
import socket
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import psycopg
import psycopg.pq.abc

from pair.server import wal
from pair.settings import AUTHORITY, PairSettings

Connection = psycopg.Connection[tuple[Any, ...]]

OWN_DATABASE = "packyard"
"""Holds the heartbeat; NOTIFY reaches listeners of one database alone."""
REWIND_USER = "rewind_user"
REPLICATOR = "replicator"
FENCE_CHANNEL = "pair_fence"
WATCH = "pair-watch"
"""application_name of the watch's connection, and name of its unit."""
CONNECT_TIMEOUT = 3
"""Seconds."""
PROBE_TIMEOUT = 1.0
"""Seconds for the handshake of TCP; several round trips between continents. Who must be sure asks more than once."""
STATEMENT_TIMEOUT = 10_000
"""Milliseconds."""
A_MOMENT = 1 << 20
"""Bytes of WAL that a standby may lack at any moment and still have caught up."""
HEARTBEAT_TABLE = "packyard.heartbeat"


class Role(StrEnum):
    """What a PostgreSQL is at this moment."""

    PRIMARY = "primary"
    STANDBY = "standby"
    RECOVERING = "recovering"
    """It replays a restored backup, and will be a primary: a standby says so by a file."""
    STARTING = "starting"
    """It listens, but takes no connection yet, or no longer."""
    AWAY = "away"
    """Nothing answers."""


@dataclass(frozen=True)
class Seen:
    """What one PostgreSQL says of itself."""

    role: Role
    timeline: int = 0
    """Of what it writes, or on a standby of what it last received or replayed; 0 unknown."""
    lsn: str = ""
    """Last position written on a primary, replayed on a standby."""
    received: str = ""
    """On a standby: last position received and flushed."""
    streaming: bool = False
    """On a standby: whether it receives. On a primary: whether the peer streams from it."""
    caught_up: bool = False
    """On a primary: whether the peer has replayed all but a moment's worth."""
    replay_age: float | None = None
    """On a standby: seconds since the last replayed commit was made."""
    heartbeat_age: float | None = None
    """Seconds since the newest heartbeat row was written, by this host's clock."""
    heartbeat_epoch: int = 0
    error: str = ""


def local(
    settings: PairSettings, database: str = "postgres", *, statement_timeout: int = STATEMENT_TIMEOUT
) -> Connection:
    """The PostgreSQL of this host by the socket, as superuser. Raises psycopg.Error."""
    return psycopg.connect(
        host="/var/run/postgresql",
        port=settings.server.port,
        user="postgres",
        dbname=database,
        connect_timeout=CONNECT_TIMEOUT,
        application_name="pairctl",
        options=f"-c statement_timeout={statement_timeout} -c synchronous_commit=local",
        autocommit=True,
    )


def peer(
    settings: PairSettings, database: str = "postgres", *, statement_timeout: int = STATEMENT_TIMEOUT
) -> Connection:
    """The peer's PostgreSQL over the link as rewind_user, with this host's certificate. Raises psycopg.Error."""
    return psycopg.connect(
        peer_conninfo(settings, REWIND_USER, database),
        connect_timeout=CONNECT_TIMEOUT,
        application_name="pairctl",
        options=f"-c statement_timeout={statement_timeout}",
        autocommit=True,
    )


def peer_conninfo(settings: PairSettings, user: str, database: str = "postgres") -> str:
    """How a user of the pair reaches the peer: with a certificate in place of a password, and only the real peer."""
    folder = settings.certificates.directory
    return (
        f"host={settings.peer} hostaddr={settings.link.peer_address} port={settings.server.port}"
        f" user={user} dbname={database}"
        f" sslmode=verify-full sslrootcert={folder}/{AUTHORITY} sslcert={folder}/{user}.pem"
        f" sslkey={folder}/{user}.key tcp_user_timeout=5000"
    )


def peer_listens(settings: PairSettings) -> bool:
    """Whether anything accepts a connection at the peer's port; much sooner than libpq, which gives up after 2 s."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((settings.link.peer_address, settings.server.port), PROBE_TIMEOUT),
    ):
        return True
    return False


def look(settings: PairSettings) -> Seen:
    """What this host's PostgreSQL says of itself; never raises for a server that is away."""
    try:
        with local(settings) as connection:
            seen = _seen(connection, settings.peer_name)
        return _with_heartbeat(settings, seen)
    except psycopg.Error as error:
        return _absent(error)


def look_at_peer(settings: PairSettings) -> Seen:
    """What the peer's PostgreSQL says of itself; never raises for a server that is away."""
    if not peer_listens(settings):
        return Seen(Role.AWAY, error=f"nothing listens at {settings.link.peer_address}:{settings.server.port}")
    try:
        with peer(settings) as connection:
            return _seen(connection, settings.name)
    except psycopg.Error as error:
        return _absent(error)


def look_at_both(settings: PairSettings) -> tuple[Seen, Seen]:
    """Of this host and of the peer, at once."""
    with ThreadPoolExecutor(2) as pool:
        here, there = pool.submit(look, settings), pool.submit(look_at_peer, settings)
        return here.result(), there.result()


def one(connection: Connection, query: str, *values: Any) -> tuple[Any, ...]:
    """The only row of a query; a query without rows is a mistake of ours."""
    row = connection.execute(query.encode(), values or None).fetchone()
    if row is None:
        raise LookupError(query)
    return row


def rows(connection: Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(query.encode(), values or None).fetchall()


def in_recovery(connection: Connection) -> bool:
    """Whether the server is a standby."""
    return bool(one(connection, "select pg_is_in_recovery()")[0])


def timeline(connection: Connection) -> int:
    """Of a primary's present writing; the control file follows only with the next checkpoint."""
    return wal.segment(str(one(connection, "select pg_walfile_name(pg_current_wal_insert_lsn())")[0])).timeline


@contextlib.contextmanager
def replication(settings: PairSettings) -> Generator[psycopg.pq.abc.PGconn]:
    """The peer's replication protocol as replicator, which may make and drop slots there. Raises psycopg.Error."""
    conninfo = f"{peer_conninfo(settings, REPLICATOR)} replication=true connect_timeout={CONNECT_TIMEOUT}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield connection.pgconn


def replication_command(connection: psycopg.pq.abc.PGconn, command: str) -> str:
    """Sends one command of the replication protocol; returns the server's complaint, empty when there is none."""
    result = connection.exec_(command.encode())
    if result.status in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK):
        return ""
    return result.error_message.decode(errors="replace").strip()


def _seen(connection: Connection, other: str) -> Seen:
    if in_recovery(connection):
        return _standby(connection)
    streams = rows(
        connection,
        "select state = 'streaming', pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < %s"
        " from pg_stat_replication where application_name = %s",
        A_MOMENT,
        other,
    )
    return Seen(
        role=Role.PRIMARY,
        timeline=timeline(connection),
        lsn=str(one(connection, "select pg_current_wal_lsn()")[0]),
        streaming=any(bool(row[0]) for row in streams),
        caught_up=any(bool(row[0]) and bool(row[1]) for row in streams),
    )


def _standby(connection: Connection) -> Seen:
    received, replayed, age, control, is_standby = one(
        connection,
        "select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(),"
        " extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()),"
        " (select timeline_id from pg_control_checkpoint()), (pg_stat_file('standby.signal', true)).size is not null",
    )
    receiver = rows(connection, "select received_tli from pg_stat_wal_receiver where status = 'streaming'")
    return Seen(
        role=Role.STANDBY if is_standby else Role.RECOVERING,
        timeline=int(receiver[0][0] if receiver else control),
        lsn=str(replayed or ""),
        received=str(received or ""),
        streaming=bool(receiver),
        replay_age=None if age is None else float(age),
    )


def _with_heartbeat(settings: PairSettings, seen: Seen) -> Seen:
    """The newest heartbeat; there is none while the pair is made."""
    query = (
        f"select extract(epoch from clock_timestamp() - written), epoch from {HEARTBEAT_TABLE} order by written desc"  # noqa: S608 -- a constant
    )
    try:
        with local(settings, OWN_DATABASE) as connection:
            found = rows(connection, f"{query} limit 1")
    except psycopg.Error:
        return seen
    age, epoch = next(_numbers(found), (None, 0))
    return replace(seen, heartbeat_age=age, heartbeat_epoch=epoch)


def _numbers(found: list[tuple[Any, ...]]) -> Iterator[tuple[float, int]]:
    for age, epoch in found:
        yield float(age), int(epoch)


def _absent(error: psycopg.Error) -> Seen:
    """A server in start or shutdown answers with a complaint; one that is away does not answer."""
    text = " ".join(str(error).split())
    starting = "the database system is" in text
    return Seen(Role.STARTING if starting else Role.AWAY, error=text)
