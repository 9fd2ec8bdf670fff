"""The way of the WAL into the repositories, as the drills watch it."""

import re

from tests.drills.database.pair import Pair

SEGMENT = 16 << 20
"""Bytes of a WAL segment."""


def write_wal(pair: Pair, segments: int) -> None:
    """Ends this many segments, which are then archived. Each holds a commit: recovery stops at nothing else."""
    host = pair.primary
    for _ in range(segments):
        pair.sql(host, "select pg_logical_emit_message(true, 'drill', 'x')")
        pair.sql(host, "select pg_switch_wal()")


def wal_bytes(pair: Pair, host: str) -> int:
    """Size of pg_wal."""
    return int(pair.sql(host, "select sum(size) from pg_ls_waldir()"))


def waiting_segments(pair: Pair, host: str) -> int:
    """Segments that PostgreSQL has not got rid of yet."""
    return int(pair.sql(host, "select count(*) from pg_ls_archive_statusdir() where name like '%.ready'"))


def wait_until_archived(pair: Pair, seconds: float = 90) -> None:
    """Until everything is in every repository."""
    host = pair.primary
    pair.wait(lambda: waiting_segments(pair, host) == 0, seconds, "the queue of the archive is empty")


def present_segment(pair: Pair) -> str:
    """Name of the segment that the primary writes."""
    return pair.sql(pair.primary, "select pg_walfile_name(pg_current_wal_lsn())")


def is_archived(pair: Pair, segment: str, repository: int) -> bool:
    """Whether a repository has a segment, asked at the primary."""
    command = f"pair-pgbackrest --repo={repository} --output=json --log-level-console=off info"
    newest = re.findall(r'"max":"([0-9A-F]{24})"', pair.run(pair.primary, command, check=False))
    return max(newest, default="") >= segment


def push_log(pair: Pair, host: str) -> str:
    """What the asynchronous push has logged."""
    return pair.run(host, "cat /var/log/pgbackrest/main-archive-push*.log", check=False)


def restores_to(pair: Pair, moment: str, repository: int) -> str | None:
    """Restores into the drill's scratch place on the standby, to a point in time; why that failed, or None."""
    command = f'pairctl drill --repository {repository} --target "{moment}"; echo "exit $?"'
    words = pair.run(pair.standby, command)
    return None if words.strip().endswith("exit 0") else words
