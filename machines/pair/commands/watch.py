"""`pairctl watch`: two loops that never end. One shows that the primary lives, the other that it may.

The heart writes the heartbeat row on a primary, and gives up being alone once the standby is back. The fence reads the
tokens: an outranked primary is stopped; one that yielded to a switchover becomes the standby, or goes on if the token
was taken back. It never promotes, and a primary that can read no repository goes on.
"""

import argparse
import contextlib
import sys
import threading
import time
from collections.abc import Callable

import psycopg
from host.errors import HostError

from pair.server import cluster, postgresql, slots
from pair.server.lock import held
from pair.server.postgresql import Connection
from pair.settings import PairSettings
from pair.succession import fence, watch_fence

FENCE_SECONDS = 15
"""Between two readings of the tokens; `promote` counts on it."""
ROUND_SECONDS = 1.0
"""Of the heart; a NOTIFY ends a round at once."""
AFTER_FAILURE_SECONDS = 2.0


class Log:
    """One line for each thing that is new: the journal of a host that is away for a day stays readable."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, text: str) -> None:
        """Writes a line, if it is another one than before."""
        if text != self._last:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        self._last = text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: systemd calls it."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Ends only if a loop does, and systemd starts it again."""
    del options
    told = threading.Event()

    def fence_round(log: Log) -> None:
        _fence(settings, told, log)

    fencing = threading.Thread(target=for_ever, args=(fence_round,), daemon=True)
    fencing.start()
    for_ever(Heart(settings, told).beat, fencing.is_alive)
    return 1


class Replies:
    """Whether a standby answers now.

    A cut link leaves the row of a standby that streams where it was. Its answers tell, as long as they change: the time
    in them is the standby's, and may be an hour off.
    """

    ENOUGH = 3
    FRESH_SECONDS = 4.0
    """It answers each second (wal_receiver_status_interval)."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Starts again."""
        self._last = ""
        self._changed = 0.0
        self._count = 0

    def are_flowing(self, reply: str, now: float) -> bool:
        """Takes in what the row says now; `now` counts seconds from any beginning."""
        if not reply or (self._last and now - self._changed > self.FRESH_SECONDS and reply == self._last):
            self.forget()
            return False
        if reply != self._last:
            self._last, self._changed, self._count = reply, now, self._count + 1
        return self._count > self.ENOUGH


class Heart:
    """One connection to this host's PostgreSQL, made anew whenever it breaks."""

    def __init__(self, settings: PairSettings, told: threading.Event) -> None:
        self._settings = settings
        self._told = told
        self._next = 0.0
        self._replies = Replies()

    def beat(self, log: Log) -> None:
        """Stays for as long as PostgreSQL keeps the role that it had at the beginning. Raises psycopg.Error."""
        with postgresql.local(self._settings, postgresql.OWN_DATABASE) as connection:
            connection.execute("select set_config('application_name', %s, false)", (postgresql.WATCH,))
            if postgresql.in_recovery(connection):
                log("PostgreSQL is a standby")
                self._as_standby(connection, log)
            else:
                log("PostgreSQL is the primary")
                self._as_primary(connection, log)

    def _as_standby(self, connection: Connection, log: Log) -> None:
        while postgresql.in_recovery(connection):
            for name in slots.drop_unused(connection):
                log(f"slot {name} dropped: a standby has no standby")
            time.sleep(ROUND_SECONDS)

    def _as_primary(self, connection: Connection, log: Log) -> None:
        connection.execute(f"listen {postgresql.FENCE_CHANNEL}".encode())
        while True:
            if time.monotonic() >= self._next:
                self._next = time.monotonic() + self._settings.heartbeat_seconds
                write_heartbeat(connection, self._settings)
                if renewed := slots.renew(connection, self._settings.peer_name):
                    log(renewed)
            self._give_up_being_alone(connection, log)
            for _ in connection.notifies(timeout=ROUND_SECONDS, stop_after=1):
                log("told to read the tokens")
                self._told.set()

    def _give_up_being_alone(self, connection: Connection, log: Log) -> None:
        """Only once the standby has caught up: before that, every synchronous commit would wait for all it lacks."""
        if not cluster.is_alone(self._settings.server):
            self._replies.forget()
            return
        reply, has_caught_up = _last_reply(connection, self._settings.peer_name)
        if not self._replies.are_flowing(reply, time.monotonic()) or not has_caught_up:
            return
        with contextlib.suppress(HostError), held("pair-watch", 0):
            cluster.be_a_pair(self._settings.server)
            connection.execute("select pg_reload_conf()")
            log(f"{self._settings.peer} streams and has caught up: commits wait for it again, where they ask for that")


def write_heartbeat(connection: Connection, settings: PairSettings) -> None:
    """The row of this host, with the epoch that it holds."""
    connection.execute(
        "insert into packyard.heartbeat (host, written, epoch) values (%s, clock_timestamp(), %s)"
        " on conflict (host) do update set written = excluded.written, epoch = excluded.epoch",
        (settings.host, fence.local_epoch(settings)),
    )


def _last_reply(connection: Connection, name: str) -> tuple[str, bool]:
    """When the standby says that it last answered, empty for none; and whether it lacks no more than a moment."""
    found = postgresql.rows(
        connection,
        "select reply_time::text, pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn) < %s"
        " from pg_stat_replication where application_name = %s and state = 'streaming'",
        postgresql.A_MOMENT,
        name,
    )
    return (str(found[0][0]), bool(found[0][1])) if found else ("", False)


def _fence(settings: PairSettings, told: threading.Event, log: Log) -> None:
    """One reading, and what follows from it; then a pause that a NOTIFY ends."""
    told.clear()
    if watch_fence.round_of(settings, log):
        told.wait(FENCE_SECONDS)
    else:
        told.wait(ROUND_SECONDS)


def for_ever(loop: Callable[[Log], None], goes_on: Callable[[], bool] = lambda: True) -> None:
    """Whatever fails is told of once, and tried again."""
    log = Log()
    while goes_on():
        try:
            loop(log)
        except psycopg.OperationalError as error:
            log(f"PostgreSQL does not answer: {' '.join(str(error).split())}")
            time.sleep(ROUND_SECONDS)
        except HostError as error:
            log(str(error))
            time.sleep(AFTER_FAILURE_SECONDS)
        except Exception as error:  # it must outlive what nobody has thought of
            log(f"{type(error).__name__}: {error}")
            time.sleep(AFTER_FAILURE_SECONDS)
