"""Replication slots: the primary keeps one for its peer. Restore, rewind and promotion copy none."""

import time
from enum import Enum, auto

import psycopg
from host.errors import HostError

from pair.server import postgresql
from pair.server.postgresql import Connection
from pair.settings import PairSettings

WORTHLESS = "coalesce(wal_status = 'lost' or invalidation_reason is not null, false)"
"""Whether a row of pg_replication_slots keeps no WAL any more.

A primary that crashed starts with the position that its slot had at the last checkpoint, and may find it past the cap.
The standby lacks nothing and streams by that slot as before; its status is then `unreserved`, and stays so.
"""

RELEASE_SECONDS = 1.0
RELEASE_PAUSE = 0.002
"""A standby that was sent away is back within some hundredths of a second, and holds its slot again."""


class Slot(Enum):
    """What is to be done about a slot before its standby can start."""

    MISSING = auto()
    WORTHLESS = auto()
    """And nobody uses it."""
    STAYS = auto()


def ensure(connection: Connection, name: str) -> str:
    """Makes the peer's slot where it is missing, and anew where its WAL is gone; what was done, empty for nothing."""
    slot = _look(connection, name)
    if slot is Slot.STAYS:
        return ""
    if slot is Slot.WORTHLESS:
        connection.execute("select pg_drop_replication_slot(%s)", (name,))
    _make(connection, name)
    return f"slot {name} made" + (" anew, its WAL was gone" if slot is Slot.WORTHLESS else "")


def renew(connection: Connection, name: str) -> str:
    """Makes a worthless slot anew by which a standby streams that has caught up; what was done, empty for nothing.

    The standby is sent away for that, and comes back by itself.
    """
    found = postgresql.rows(
        connection,
        "select 1 from pg_replication_slots join pg_stat_replication on pid = active_pid"  # noqa: S608 -- a constant
        f" where slot_name = %s and {WORTHLESS}"
        " and state = 'streaming' and pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn) < %s",
        name,
        postgresql.A_MOMENT,
    )
    if not found or not _drop_used(connection, name):
        return ""
    _make(connection, name)
    return f"slot {name} made anew: it was past its cap and kept nothing, though its standby streams"


def _drop_used(connection: Connection, name: str) -> bool:
    """Whether a slot in use could be dropped; its user is sent away."""
    end = time.monotonic() + RELEASE_SECONDS
    while time.monotonic() < end:
        connection.execute(
            "select pg_terminate_backend(active_pid) from pg_replication_slots"
            " where slot_name = %s and active_pid is not null",
            (name,),
        )
        try:
            connection.execute("select pg_drop_replication_slot(%s)", (name,))
        except psycopg.errors.ObjectInUse:
            time.sleep(RELEASE_PAUSE)
        else:
            return True
    return False


def _make(connection: Connection, name: str) -> None:
    # Reserves WAL at once: else it keeps nothing until the standby first connects.
    connection.execute("select pg_create_physical_replication_slot(%s, true)", (name,))


def _look(connection: Connection, name: str) -> Slot:
    query = f"select {WORTHLESS} and not active from pg_replication_slots where slot_name = %s"  # noqa: S608 -- a constant
    found = postgresql.rows(connection, query, name)
    if not found:
        return Slot.MISSING
    return Slot.WORTHLESS if found[0][0] else Slot.STAYS


def drop_unused(connection: Connection) -> tuple[str, ...]:
    """Drops the slots of a host that is a standby now: nobody reads them, and each keeps WAL for ever."""
    names = [str(row[0]) for row in postgresql.rows(connection, _UNUSED)]
    for name in names:
        connection.execute("select pg_drop_replication_slot(%s)", (name,))
    return tuple(names)


_UNUSED = "select slot_name from pg_replication_slots where slot_type = 'physical' and not active and not temporary"


def ensure_at_peer(settings: PairSettings) -> None:
    """The slot of this host on the primary, by the replication protocol; a lost one is made anew. Raises HostError."""
    with postgresql.peer(settings) as connection:
        slot = _look(connection, settings.name)
    if slot is Slot.STAYS:
        return
    commands = [f"DROP_REPLICATION_SLOT {settings.name}"] if slot is Slot.WORTHLESS else []
    commands.append(f"CREATE_REPLICATION_SLOT {settings.name} PHYSICAL RESERVE_WAL")
    with postgresql.replication(settings) as connection:
        for command in commands:
            complaint = postgresql.replication_command(connection, command)
            if complaint:
                raise HostError(f"{command} on {settings.peer}: {complaint}", "pairctl status there shows its slots")
