"""PGDATA and PostgreSQL's service on this host: what can be told and done while no server answers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from host import files
from host.errors import HostError
from host.programs import CommandError, run

from pair import memory
from pair.server import postgres_user, wal
from pair.server.postgres_user import POSTGRES
from pair.settings import Server

RECOVERY_SIGNAL = "recovery.signal"
AUTO_CONF = "postgresql.auto.conf"
ALONE_TEXT = """# Written and removed by pairctl: the standby is away, and no commit waits for it.
synchronous_standby_names = ''
"""
START_TIMEOUT = 900
"""Seconds; recovery after a crash replays up to max_wal_size and more."""
STOP_TIMEOUT = 120
"""Seconds; a fast shutdown waits for a checkpoint, the standby and the archiver."""
ALIGNMENT = 8
"""Bytes; a record begins at a multiple."""


@dataclass(frozen=True)
class Record:
    """A record of the WAL."""

    begin: int
    end: int
    """Where the next one begins, but for headers of pages between."""
    manager: str
    description: str

    @property
    def is_shutdown_checkpoint(self) -> bool:
        """Whether it is the last that a PostgreSQL writes which stops in peace."""
        return self.manager == "XLOG" and self.description.startswith("CHECKPOINT_SHUTDOWN")


class State(StrEnum):
    """`Database cluster state` of pg_controldata, as far as it makes a difference here."""

    SHUT_DOWN = "shut down"
    SHUT_DOWN_IN_RECOVERY = "shut down in recovery"
    OTHER = "not shut down"


@dataclass(frozen=True)
class Control:
    """The control file."""

    state: State
    checkpoint: str
    """Position of the last checkpoint record."""
    redo: str
    timeline: int
    system: str
    """Identifier of the database system; two that differ can never be a pair."""
    checksums: bool


def is_empty(server: Server) -> bool:
    """Whether PGDATA holds no database: it is missing, or has nothing in it."""
    return not server.data.is_dir() or not any(server.data.iterdir())


def is_standby(server: Server) -> bool:
    """Whether PostgreSQL would start as a standby."""
    return (memory.STANDBY_SIGNAL.below(server.data)).exists()


def is_alone(server: Server) -> bool:
    """Whether commits go on without the standby."""
    return _alone(server).exists()


def be_alone(server: Server) -> None:
    """Writes the file that lets commits go on; PostgreSQL must read its configuration after."""
    files.write(_alone(server), ALONE_TEXT, 0o644)


def be_a_pair(server: Server) -> None:
    """Removes the file that lets commits go on without the standby."""
    files.remove(_alone(server))


def make_standby(server: Server) -> None:
    """PostgreSQL starts as the peer's standby from now on.

    pg_rewind and restore leave the peer's postgresql.auto.conf, or one with a fixed repository in restore_command; all
    that a standby needs stands in /etc/postgresql.
    """
    postgres_user.write(server, server.data / AUTO_CONF, "")
    postgres_user.remove(server, server.data / RECOVERY_SIGNAL)
    postgres_user.write(server, memory.STANDBY_SIGNAL.below(server.data), "")
    be_a_pair(server)


def control(server: Server) -> Control:
    """The control file of a stopped or running cluster. Raises CommandError."""
    words = [str(server.programs / "pg_controldata"), str(server.data)]
    return parse_control(postgres_user.run(server, words, timeout=10).output)


def parse_control(text: str) -> Control:
    """The text of pg_controldata. Raises HostError."""
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}
    try:
        state = fields["Database cluster state"]
        return Control(
            state=State(state) if state in tuple(State) else State.OTHER,
            checkpoint=fields["Latest checkpoint location"],
            redo=fields["Latest checkpoint's REDO location"],
            timeline=int(fields["Latest checkpoint's TimeLineID"]),
            system=fields["Database system identifier"],
            checksums=fields["Data page checksum version"] != "0",
        )
    except (KeyError, ValueError) as error:
        raise HostError(f"pg_controldata cannot be understood: {error}") from None


def own_timeline(server: Server, known: Control) -> int:
    """The newest timeline that this host wrote or followed.

    A host that was promoted and crashed before its next checkpoint has the new one in pg_wal alone.
    """
    segments = [wal.segment_or_none(path.name) for path in (server.data / "pg_wal").iterdir()]
    return max([known.timeline, *(found.timeline for found in segments if found is not None)])


def last_record(server: Server, start: str, on_timeline: int) -> Record | None:
    """The last valid record at or after a position of a record; None where there is none there."""
    # Quiet first: a gigabyte of WAL has millions of records, and the complaint at the end names the last.
    complaint = re.search(r"error in WAL record at ([0-9A-F]+/[0-9A-F]+)", _waldump(server, start, on_timeline, "-q"))
    begin = complaint[1] if complaint else start
    records = [parse_record(line) for line in _waldump(server, begin, on_timeline).splitlines()]
    return next((record for record in reversed(records) if record is not None), None)


def parse_record(line: str) -> Record | None:
    """A line of pg_waldump; None for anything that is no record."""
    match = re.match(
        r"rmgr: (\S+)\s+len \(rec/tot\):\s*\d+/\s*(\d+),.*? lsn: ([0-9A-F]+/[0-9A-F]+), .*?desc: (.*)", line
    )
    if match is None:
        return None
    begin = wal.position(match[3])
    return Record(begin, begin + -(-int(match[2]) // ALIGNMENT) * ALIGNMENT, match[1], match[4])


def is_running(server: Server) -> bool:
    """Whether the service is up, starting or stopping."""
    finished = run(["systemctl", "is-active", server.unit], timeout=10, accepted=range(256))
    return finished.output.strip() in ("active", "activating", "deactivating", "reloading")


def was_tried(server: Server) -> bool:
    """Whether the service runs, ran since the machine booted, or was refused by its guard."""
    words = ["systemctl", "show", "--value", "--property=ActiveState", "--property=ActiveEnterTimestampMonotonic"]
    return sorted(run([*words, server.unit], timeout=10).output.split()) != ["0", "inactive"]


def start(server: Server) -> None:
    """Starts the service, through its guard. Raises HostError with the reason from the journal."""
    _systemctl(server, "start", START_TIMEOUT)


def restart(server: Server) -> None:
    """Stops and starts the service, through its guard. Raises HostError."""
    _systemctl(server, "restart", START_TIMEOUT)


def reload(server: Server) -> None:
    """Lets PostgreSQL read its configuration. Raises HostError."""
    _systemctl(server, "reload", STOP_TIMEOUT)


def stop(server: Server) -> None:
    """Stops the service; a fast shutdown, in which clients are sent away at once. Raises HostError."""
    _systemctl(server, "stop", STOP_TIMEOUT)


def keep_diverged(server: Server, on_timeline: int, fork_at: int, end: int | None) -> tuple[Path, int]:
    """Copies the WAL that only this host has, before anything is rewound: the folder, and how many segments.

    Who must know what was lost reads it with pg_waldump.
    """
    source = server.data / "pg_wal"
    names = wal.diverged_segments([path.name for path in source.iterdir()], on_timeline, fork_at, end)
    folder = memory.DIVERGED.below(server.state, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    files.make_folder(folder, owner=POSTGRES, group=POSTGRES)
    if names:
        postgres_user.copy(server, [source / name for name in names], folder)
    return folder, len(names)


def _alone(server: Server) -> Path:
    return memory.ALONE.below(server.configuration / "conf.d")


def _waldump(server: Server, start: str, on_timeline: int, *options: str) -> str:
    """Output and complaints of pg_waldump, which always ends with a complaint about the end of the WAL."""
    words = [
        str(server.programs / "pg_waldump"),
        f"--path={server.data / 'pg_wal'}",
        f"--timeline={on_timeline}",
        f"--start={start}",
        *options,
    ]
    finished = postgres_user.run(server, words, timeout=120, accepted=(0, 1))
    return f"{finished.output}\n{finished.errors}"


def _systemctl(server: Server, verb: str, timeout: float) -> None:
    """Debian's unit counts a PostgreSQL that failed to start as a success, so what is there after it counts."""
    try:
        run(["systemctl", verb, server.unit], timeout=timeout)
        failed = verb != "stop" and not is_running(server)
    except CommandError:
        failed = True
    if failed:
        journal = run(
            ["journalctl", "-u", server.unit, "-n", "8", "-o", "cat", "--no-pager"], timeout=10, accepted=range(256)
        )
        words = " / ".join(line.strip() for line in journal.output.splitlines() if line.strip())
        raise HostError(f"PostgreSQL did not {verb}: {words}", f"journalctl -u {server.unit} -e")
