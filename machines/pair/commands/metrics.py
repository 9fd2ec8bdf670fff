"""`pairctl metrics`: the metrics of the pair, once a minute, on both hosts the same.

Each source is asked by itself: one that fails is named and leaves the others. Ages are written as the time since when,
and a time whose source failed stays what it was, so that its age goes on growing. What the fence tokens say is written
by the watch, which reads them anyway.
"""

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from host import files, metrics
from host.errors import HostError
from host.metrics import Known, Label, Sample

from pair import memory
from pair.keys import certificates, known
from pair.keys.certificate_folder import CertificateFolder
from pair.repositories import archive_queue, pgbackrest, proofs
from pair.repositories.proofs import Proof
from pair.server import cluster, postgresql, slots
from pair.server.postgresql import HEARTBEAT_TABLE, OWN_DATABASE, Connection, rows
from pair.settings import PairSettings

FILE = "packyard_database"

REPLICATION = "database_replication_timestamp_seconds"
ARCHIVE = "database_archive_timestamp_seconds"
BACKUP = "database_backup_timestamp_seconds"
FULL_BACKUP = "database_full_backup_timestamp_seconds"
PROOF = "database_proof_timestamp_seconds"
SLOT = "database_slot_retained_ratio"
QUEUE = "database_archive_queue_ratio"
VERIFY = "database_verify_faults"
DRILL = "database_restore_drill_failed"
CERTIFICATE = "database_certificate_remaining_seconds"
STRANGERS = "database_strange_keys"

HELPS = {
    REPLICATION: "primary: when the standby last streamed; standby: when the newest heartbeat was written",
    ARCHIVE: "since when the oldest WAL waits for a repository; now for none",
    BACKUP: "when the newest backup of the worst repository ended",
    FULL_BACKUP: "when the newest full backup of the worst repository ended",
    PROOF: "when it was last proven that the backups can be restored",
    SLOT: "WAL kept for the standby, as a part of its cap; 2 for a slot that is lost or was never made",
    QUEUE: "WAL that waits for a repository, as a part of archive-push-queue-max",
    VERIFY: "repositories whose last verify here was not clean",
    DRILL: "whether the last restore drill here failed, of any repository",
    CERTIFICATE: "until the first certificate of this host ends, its authority included",
    STRANGERS: "keys and authorities that came through the exchange and that nobody has agreed to",
}
LOST_SLOT = 2.0
INFO_TIMEOUT = 25
"""Seconds; the service has 50, and a repository that is away must not cost the other metrics."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Writes what can be known; 1 where a source failed."""
    del options
    now = time.time()
    view = View(settings, now, _since(settings, now), metrics.read(FILE), not cluster.is_standby(settings.server))
    sources: dict[str, Callable[[], list[Sample]]] = {
        "PostgreSQL": lambda: _server(view),
        "the archive queue": lambda: _queue(view),
        "the proofs": lambda: _proofs(view),
        "the certificates": lambda: _certificates(view),
        "the strangers": lambda: [Sample(STRANGERS, len(known.read(settings.server).strangers))],
    }
    for repository in settings.repositories:
        number = repository.number
        sources[f"repository {number}"] = lambda number=number: _backups(view, number)
    found, failures = _asked(sources)
    for name, reason in failures.items():
        sys.stderr.write(f"pairctl metrics: {name}: {reason}\n")
    metrics.write(FILE, _complete(view, found), HELPS)
    return 1 if failures else 0


@dataclass(frozen=True)
class View:
    """What every source may look at."""

    settings: PairSettings
    now: float
    since: float
    before: Known
    """The metrics of the last run."""
    is_primary: bool
    """Nothing in PGDATA makes it a standby; true also of a primary that does not answer."""


def _asked(sources: dict[str, Callable[[], list[Sample]]]) -> tuple[list[Sample], dict[str, str]]:
    """All sources at once: samples, and why some gave none."""
    found: list[Sample] = []
    failures: dict[str, str] = {}
    with ThreadPoolExecutor(len(sources)) as pool:
        futures = {name: pool.submit(source) for name, source in sources.items()}
        for name, future in futures.items():
            try:
                found += future.result()
            except HostError as error:
                failures[name] = error.message
            except (OSError, psycopg.Error, LookupError, ValueError) as error:
                failures[name] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return found, failures


def _complete(view: View, found: list[Sample]) -> list[Sample]:
    """With the times that no source gave, and the worst of the repositories."""
    times = {(sample.name, sample.label) for sample in found}
    wanted: list[tuple[str, Label | None]] = [(name, None) for name in (REPLICATION, ARCHIVE, PROOF)]
    numbers = [repository.number for repository in view.settings.repositories]
    wanted += [(name, proofs.label(number)) for name in (BACKUP, FULL_BACKUP) for number in numbers]
    kept = [
        Sample(name, view.before.get((name, label), view.since), label)
        for name, label in wanted
        if (name, label) not in times
    ]
    worst = [
        Sample(name, min(sample.value for sample in (*found, *kept) if sample.name == name))
        for name in (BACKUP, FULL_BACKUP)
    ]
    return [*found, *kept, *worst]


def _since(settings: PairSettings, now: float) -> float:
    """When this host was first asked, on the data disk; now while that cannot be written."""
    path = memory.SINCE.below(settings.server.state)
    try:
        text = files.text_of(path)
        if text is None:
            files.write(path, f"{now:.0f}\n", 0o644)
            return now
        return float(text)
    except (HostError, OSError, ValueError):
        return now


def _server(view: View) -> list[Sample]:
    """What SQL tells. Raises psycopg.Error."""
    with postgresql.local(view.settings, OWN_DATABASE) as connection:
        if postgresql.in_recovery(connection):
            written = rows(connection, f"select max(written) from {HEARTBEAT_TABLE}")  # noqa: S608 -- a constant
            newest: datetime | None = written[0][0] if written else None
            heartbeat = [] if newest is None else [Sample(REPLICATION, newest.astimezone(UTC).timestamp())]
            return [*heartbeat, Sample(SLOT, 0)]
        streams = rows(
            connection,
            "select 1 from pg_stat_replication where state = 'streaming' and application_name = %s",
            view.settings.peer_name,
        )
        return [*([Sample(REPLICATION, view.now)] if streams else []), Sample(SLOT, _retained(view, connection))]


def _retained(view: View, connection: Connection) -> float:
    query = (
        f"select {slots.WORTHLESS}, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) from pg_replication_slots"  # noqa: S608 -- a constant
        " where slot_name = %s"
    )
    found = rows(connection, query, view.settings.peer_name)
    if not found or found[0][0] or found[0][1] is None:
        return LOST_SLOT
    return max(float(found[0][1]), 0.0) / view.settings.server.slot_cap


def _queue(view: View) -> list[Sample]:
    """From the files themselves, so that it is known while PostgreSQL is down. Raises OSError."""
    if not view.is_primary or cluster.is_empty(view.settings.server):
        return [Sample(ARCHIVE, view.now), Sample(QUEUE, 0)]
    waiting = archive_queue.look(view.settings.server.data, view.settings.spool, view.settings.stanza)
    oldest = view.now if waiting.oldest is None else min(view.now, waiting.oldest)
    return [Sample(ARCHIVE, oldest), Sample(QUEUE, waiting.size / view.settings.archive_queue_cap)]


def _backups(view: View, number: int) -> list[Sample]:
    """The newest backup of one repository, and the newest full one. Raises HostError."""
    found = pgbackrest.info_of(view.settings, number, INFO_TIMEOUT)
    if not found.backups and not found.is_ok:
        raise HostError(found.message)
    label = proofs.label(number)
    stops = [backup.stop.timestamp() for backup in found.backups]
    full = [backup.stop.timestamp() for backup in found.backups if backup.kind == "full"]
    return [
        Sample(BACKUP, max(stops, default=view.since), label),
        Sample(FULL_BACKUP, max(full, default=view.since), label),
    ]


def _proofs(view: View) -> list[Sample]:
    """The older of both proofs on a standby. A primary makes no drills, so verify alone counts there."""
    numbers = [repository.number for repository in view.settings.repositories]
    verifies, drills = proofs.results(Proof.VERIFY, numbers), proofs.results(Proof.DRILL, numbers)
    counted = [verifies] if view.is_primary else [verifies, drills]
    proven: list[float] = [max([view.since, *(result.last_good for result in results)]) for results in counted]
    return [
        Sample(PROOF, min(proven)),
        Sample(VERIFY, sum(not result.good for result in verifies)),
        Sample(DRILL, int(any(not result.good for result in drills))),
    ]


def _certificates(view: View) -> list[Sample]:
    """The shortest life of what is in use, and of the authorities that it hangs on."""
    now = datetime.fromtimestamp(view.now, UTC)
    installed = CertificateFolder(view.settings.certificates).installed()
    ends: list[float] = []
    for kind in view.settings.certificates.kinds:
        holding = installed.holding(kind)
        certificate = holding.parsed() if holding is not None else None
        if certificate is None:
            raise HostError(f"there is no certificate {kind} yet")
        signers = [each for each in installed.trusted if certificates.signed_by(certificate, each)]
        ends += [certificates.remaining(each, now).total_seconds() for each in (certificate, *signers)]
        if not signers:
            ends.append(0)
    return [Sample(CERTIFICATE, min(ends))]
