"""Replication slots: the primary keeps one for its peer. Restore, rewind and promotion copy none."""

from pair import postgresql
from pair.errors import PairError
from pair.postgresql import Connection
from pair.settings import PairSettings

LOST = "lost"


def ensure(connection: Connection, name: str) -> str:
    """Makes the peer's slot where it is missing, and anew where its WAL is gone; what was done, empty for nothing."""
    found = postgresql.rows(
        connection,
        "select coalesce(wal_status, 'reserved'), active from pg_replication_slots where slot_name = %s",
        name,
    )
    if found and (found[0][0] != LOST or found[0][1]):
        return ""
    if found:
        connection.execute("select pg_drop_replication_slot(%s)", (name,))
    # Reserves WAL at once: else it keeps nothing until the standby first connects.
    connection.execute("select pg_create_physical_replication_slot(%s, true)", (name,))
    return f"slot {name} made" + (" anew, its WAL was gone" if found else "")


def drop_unused(connection: Connection) -> tuple[str, ...]:
    """Drops the slots of a host that is a standby now: nobody reads them, and each keeps WAL for ever."""
    names = [str(row[0]) for row in postgresql.rows(connection, _UNUSED)]
    for name in names:
        connection.execute("select pg_drop_replication_slot(%s)", (name,))
    return tuple(names)


_UNUSED = "select slot_name from pg_replication_slots where slot_type = 'physical' and not active and not temporary"


def ensure_at_peer(settings: PairSettings) -> None:
    """The slot of this host on the primary, by the replication protocol; a lost one is made anew. Raises PairError."""
    with postgresql.peer(settings) as connection:
        found = postgresql.rows(
            connection,
            "select wal_status = 'lost', active from pg_replication_slots where slot_name = %s",
            settings.name,
        )
    if found and (found[0][1] or not found[0][0]):
        return
    commands = [f"DROP_REPLICATION_SLOT {settings.name}"] if found else []
    commands.append(f"CREATE_REPLICATION_SLOT {settings.name} PHYSICAL RESERVE_WAL")
    with postgresql.replication(settings) as connection:
        for command in commands:
            complaint = postgresql.replication_command(connection, command)
            if complaint:
                raise PairError(f"{command} on {settings.peer}: {complaint}", "pairctl status there shows its slots")
