"""`pairctl restart`: for converge, and for a person who changed a parameter that needs it.

A standby needs at least what its primary has of some parameters: with less its replay pauses, it refuses to start and
it cannot be promoted (PostgreSQL's manual, 26.4.1). So these are raised on the standby first, and lowered on the
primary first, whichever host has its maintenance window first.
"""

import argparse
import operator
import sys
from dataclasses import dataclass

import psycopg

from pair.server import cluster, postgresql
from pair.server.lock import CONVERGE_PATIENCE, held
from pair.settings import PairSettings

ORDERED = (
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_wal_senders",
    "max_worker_processes",
)


@dataclass(frozen=True)
class Pending:
    """A parameter in the configuration that the running PostgreSQL does not have yet."""

    name: str
    configured: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: what it does is the least that can be asked."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """A PostgreSQL that does not run stays so: it may be outranked, or not made yet. Raises HostError."""
    del options
    with held("pairctl restart", CONVERGE_PATIENCE):
        if not cluster.is_running(settings.server):
            sys.stdout.write("PostgreSQL does not run: there is nothing to restart\n")
        elif reason := _waits(settings):
            sys.stdout.write(f"PostgreSQL is not restarted yet: {reason}\n")
        else:
            cluster.restart(settings.server)
            sys.stdout.write("PostgreSQL is restarted\n")
    return 0


def out_of_order(waiting: tuple[Pending, ...], peer_has: dict[str, int], *, is_standby: bool) -> list[str]:
    """Parameters that the peer must get first, as a person reads them."""
    too_early = operator.lt if is_standby else operator.gt
    return [
        f"{parameter.name} = {parameter.configured}, there {peer_has[parameter.name]}"
        for parameter in waiting
        if too_early(parameter.configured, peer_has[parameter.name])
    ]


def _waits(settings: PairSettings) -> str:
    """Why a restart would be too early; empty for no reason. A peer that is away decides nothing: it starts later."""
    try:
        with postgresql.local(settings) as connection:
            is_standby = postgresql.in_recovery(connection)
            found = postgresql.rows(connection, _WAITING, list(ORDERED))
        waiting = tuple(Pending(str(name), int(configured)) for name, configured in found)
        if not waiting:
            return ""
        with postgresql.peer(settings) as connection:
            query = "select name, setting::int from pg_settings where name = any(%s)"
            peer_has = {str(name): int(value) for name, value in postgresql.rows(connection, query, list(ORDERED))}
    except psycopg.Error:
        return ""
    faults = out_of_order(waiting, peer_has, is_standby=is_standby)
    return f"{settings.peer} must be first ({'; '.join(faults)})" if faults else ""


_WAITING = """
    select name, coalesce(
        (select setting from pg_file_settings file where file.name = pg_settings.name order by seqno desc limit 1),
        boot_val
    )
    from pg_settings where pending_restart and name = any(%s)
"""
