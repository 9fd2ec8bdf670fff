"""The copy that a restore drill makes: restored, started apart from everything, questioned, checked, removed."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from host.errors import HostError
from host.programs import CommandError

from pair import memory
from pair.repositories import pgbackrest
from pair.server import postgres_user
from pair.server.postgresql import HEARTBEAT_TABLE, OWN_DATABASE, Connection, one, rows, timeline
from pair.settings import PairSettings

PORT = 5434
"""Of the socket's name; nothing listens on the network. A copy made by hand has 5433."""

RESTORE_TIMEOUT = 12 * 3600
START_TIMEOUT = 600
RECOVERY_TIMEOUT = 6 * 3600
CHECK_TIMEOUT = 6 * 3600
STOP_TIMEOUT = 600
PAUSE = 0.2

SPARE = 512 << 20
"""Bytes beside the data: WAL of the copy, of which max_wal_size bounds most."""
SPARE_RATIO = 1.05

ENDED_BEFORE_TARGET = "recovery ended before configured recovery target was reached"

SETTINGS = """# A copy for a restore drill: it archives nothing and listens nowhere.
data_directory = '{data}'
hba_file = '{folder}/pg_hba.conf'
ident_file = '{ident}'
unix_socket_directories = '{folder}/socket'
port = {port}
listen_addresses = ''
archive_mode = off
# Without it, recovery asks for as many connections as the primary has.
hot_standby = off
max_wal_size = 256MB
min_wal_size = 80MB
shared_buffers = 128MB
# A copy that a crash damages is made anew.
fsync = off
cluster_name = 'restore drill'
"""


@dataclass(frozen=True)
class Proven:
    """What the copy told."""

    loss: float
    """Seconds between the moment that was asked for and the newest heartbeat: what a restore lacks."""
    seconds: float
    """From the beginning of the restore to the first answer."""
    timeline: int


class Copy:
    """A cluster in the scratch place, from one repository."""

    def __init__(self, settings: PairSettings, repository: int) -> None:
        self._settings = settings
        self.repository = repository
        self.folder = memory.SCRATCH.below(settings.server.mount_point)
        self._data = self.folder / "data"
        self._log = self.folder / "log"

    def needed(self, size: int) -> int:
        """Bytes for a copy of a database of this size."""
        return int(size * SPARE_RATIO) + SPARE

    def free(self) -> int:
        """Bytes that postgres may still use where the copy will be."""
        space = os.statvfs(self._settings.server.mount_point)
        return space.f_bavail * space.f_frsize

    def clean(self) -> None:
        """Stops what runs of a copy, and removes all of it; also of a drill that was killed."""
        if (self._data / "postmaster.pid").exists():
            self._control("stop", "-m", "immediate", timeout=STOP_TIMEOUT, accepted=range(256))
        postgres_user.remove(self._settings.server, self.folder)

    def restore(self, target: datetime | None) -> None:
        """Fetches the newest backup, or the newest before the target. Raises HostError."""
        for folder in (self.folder, self._data, self.folder / "socket", self.folder / "tablespaces"):
            postgres_user.make_folder(self._settings.server, folder)
        until = ("--type=default",) if target is None else ("--type=time", f"--target={target:%Y-%m-%d %H:%M:%S.%f+00}")
        promote = () if target is None else ("--target-action=promote",)
        pgbackrest.run(
            self._settings,
            "restore",
            f"--pg1-path={self._data}",
            # Tablespaces would go to their own places else, over those of the standby.
            f"--tablespace-map-all={self.folder / 'tablespaces'}",
            "--archive-mode=off",
            *until,
            *promote,
            repository=self.repository,
            timeout=RESTORE_TIMEOUT,
        )

    def start(self) -> None:
        """Starts it with settings of its own. Raises HostError with its last words."""
        ident = self._settings.server.configuration / "pg_ident.conf"
        text = SETTINGS.format(data=self._data, folder=self.folder, ident=ident, port=PORT)
        postgres_user.write(self._settings.server, self.folder / "postgresql.conf", text)
        postgres_user.write(self._settings.server, self.folder / "pg_hba.conf", "local all all peer map=pair\n")
        options = f"-c config_file={self.folder / 'postgresql.conf'}"
        try:
            # It returns as soon as recovery begins.
            self._control(
                "start", "-w", "-t", str(START_TIMEOUT), "-l", str(self._log), "-o", options, timeout=START_TIMEOUT + 10
            )
        except CommandError:
            raise self._failure("did not start") from None

    def question(self, asked: datetime, begin: float) -> Proven:
        """Waits until it has recovered, and reads the newest heartbeat. Raises HostError."""
        self._await_recovery()
        query = f"select written from {HEARTBEAT_TABLE} order by written desc limit 1"  # noqa: S608 -- a constant
        try:
            with self._connected(OWN_DATABASE) as connection:
                found, on_timeline = rows(connection, query), timeline(connection)
        except psycopg.Error as error:
            raise HostError(f"the copy has no heartbeat: {' '.join(str(error).split())}") from None
        if not found:
            raise HostError("the copy has no heartbeat row", "systemctl status pair-watch on the primary")
        written: datetime = found[0][0]
        loss = (asked - written.astimezone(UTC)).total_seconds()
        # A backup is newer than the moment that was asked for when both hosts' clocks differ, or WAL came meanwhile.
        return Proven(max(loss, 0.0), time.monotonic() - begin, on_timeline)

    def check_indexes(self) -> None:
        """Reads every table and B-tree index of every database. Raises HostError."""
        words = [str(self._settings.server.programs / "pg_amcheck"), "--all", "--install-missing", "--jobs=2"]
        place = [f"--host={self.folder / 'socket'}", f"--port={PORT}", "--username=postgres"]
        try:
            postgres_user.run(self._settings.server, [*words, *place], timeout=CHECK_TIMEOUT)
        except CommandError as error:
            raise HostError(f"the copy is damaged: {error.message}") from None

    def stop(self) -> None:
        """Stops it in peace, so that its pages can be checked. Raises HostError."""
        self._control("stop", "-m", "fast", "-t", str(STOP_TIMEOUT), timeout=STOP_TIMEOUT + 10)

    def check_pages(self) -> None:
        """Compares the checksums of all pages. Raises HostError."""
        words = [str(self._settings.server.programs / "pg_checksums"), "--check", f"--pgdata={self._data}"]
        try:
            postgres_user.run(self._settings.server, words, timeout=CHECK_TIMEOUT)
        except CommandError as error:
            raise HostError(f"the copy is damaged: {error.message}") from None

    def _await_recovery(self) -> None:
        end = time.monotonic() + RECOVERY_TIMEOUT
        while time.monotonic() < end:
            try:
                with self._connected("postgres") as connection:
                    if not one(connection, "select pg_is_in_recovery()")[0]:
                        return
            except psycopg.OperationalError:
                pass
            if self._control("status", timeout=10, accepted=range(256)).status != 0:
                raise self._failure("ended while it recovered")
            time.sleep(PAUSE)
        raise self._failure(f"did not recover within {RECOVERY_TIMEOUT} s")

    def _connected(self, database: str) -> Connection:
        return psycopg.connect(
            host=str(self.folder / "socket"), port=PORT, user="postgres", dbname=database, autocommit=True
        )

    def _control(self, verb: str, *options: str, timeout: float, accepted: range = range(1)) -> pgbackrest.Finished:
        words = [str(self._settings.server.programs / "pg_ctl"), f"--pgdata={self._data}", verb, *options]
        return postgres_user.run(self._settings.server, words, timeout=timeout, accepted=accepted)

    def _failure(self, what: str) -> HostError:
        try:
            words = _last_words(postgres_user.read(self._settings.server, self._log))
        except CommandError:
            words = "it left no log"
        if ENDED_BEFORE_TARGET in words:
            return HostError(
                f"the copy {what}: the WAL after the target is in no repository yet",
                "an earlier --target, or a minute later: archive_timeout is a minute",
            )
        return HostError(f"the copy {what}: {words}")


def _last_words(log: str) -> str:
    """What a server said before it ended: the last line that tells of a fault, or else the last lines."""
    lines = [line.strip() for line in log.splitlines()]
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return " / ".join(fatal[-1:] or lines[-3:]) or "it said nothing"
