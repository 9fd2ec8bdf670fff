"""What the first primary gets beside the application's own: users of the pair, and the heartbeat."""

from pair.server import postgresql
from pair.server.postgresql import OWN_DATABASE, REPLICATOR, REWIND_USER, Connection

REWIND_FUNCTIONS = (
    "pg_ls_dir(text, boolean, boolean)",
    "pg_stat_file(text, boolean)",
    "pg_read_binary_file(text)",
    "pg_read_binary_file(text, bigint, bigint, boolean)",
)
"""All that pg_rewind calls (its manual page names them), so that it needs no superuser."""


def users(connection: Connection) -> None:
    """No user has a password: certificates alone let them in.

    rewind_user may also make a checkpoint and see who is connected, for a switchover.
    """
    for name, attributes in ((REPLICATOR, "login replication"), (REWIND_USER, "login")):
        if not postgresql.rows(connection, "select 1 from pg_roles where rolname = %s", name):
            connection.execute(f"create role {name} {attributes}".encode())
    for function in REWIND_FUNCTIONS:
        connection.execute(f"grant execute on function pg_catalog.{function} to {REWIND_USER}".encode())
    connection.execute(f"grant pg_checkpoint, pg_monitor to {REWIND_USER}".encode())


def database(connection: Connection) -> None:
    """The pair's own database."""
    if not postgresql.rows(connection, "select 1 from pg_database where datname = %s", OWN_DATABASE):
        connection.execute(f"create database {OWN_DATABASE}".encode())


def heartbeat(connection: Connection) -> None:
    """A row for each host; its age on the standby, or in a restored copy, is what a lost primary would cost."""
    connection.execute("create schema if not exists packyard")
    connection.execute(
        "create table if not exists packyard.heartbeat"
        " (host text primary key, written timestamptz not null, epoch bigint not null)"
    )
    connection.execute(f"grant usage on schema packyard to {REWIND_USER}".encode())
    connection.execute(f"grant select on packyard.heartbeat to {REWIND_USER}".encode())
