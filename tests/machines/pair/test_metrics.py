"""pairctl metrics: what an alarm sees on either host, and what it goes on seeing while something is away."""

import argparse
import os
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from host import metrics as written
from host.errors import HostError
from pair import memory
from pair.commands import metrics
from pair.keys import authority
from pair.keys.certificate_folder import CertificateFolder, Holding, Installed
from pair.keys.certificates import certificate_text, key_text, names_of, new_key
from pair.repositories import pgbackrest, proofs
from pair.repositories.info import RepositoryInfo
from pair.repositories.proofs import Proof
from pair.server import cluster, postgresql

from settings.database_pair.document import PairMetric
from tests.machines.pair.backups import backup
from tests.machines.pair.hosts import pair_settings, without_root
from tests.machines.support.programs import program

GIB = 1 << 30
CAP = pair_settings("pg-b", Path("/")).server.slot_cap
DAY = 86400


class Machine:
    """pg-b, with answers of PostgreSQL and pgBackRest that a test changes."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = pair_settings("pg-b", root)
        self.is_standby = False
        self.is_away = False
        self.streams = True
        self.heartbeat = datetime.now(UTC)
        self.slot: Sequence[tuple[Any, ...]] = [(False, 1 * GIB)]
        self.backups: dict[int, datetime] = dict.fromkeys((1, 2), datetime.now(UTC))
        self.full: dict[int, datetime] = {}
        self.folder = root / "prom"
        self.status = self.settings.server.data / "pg_wal" / "archive_status"
        self.status.mkdir(parents=True)
        without_root(monkeypatch, root)
        monkeypatch.setattr("host.metrics.FOLDER", self.folder)
        monkeypatch.setattr(cluster, "is_standby", self._standby)
        monkeypatch.setattr(postgresql, "local", self._local)
        monkeypatch.setattr(postgresql, "in_recovery", self._standby)
        monkeypatch.setattr(metrics, "rows", self._rows)
        monkeypatch.setattr(pgbackrest, "info", self._info)

    def _standby(self, *_: object) -> bool:
        return self.is_standby

    def _local(self, *_: object) -> nullcontext[None]:
        if self.is_away:
            raise psycopg.OperationalError("connection refused")
        return nullcontext()

    def _rows(self, _: object, query: str, *values: object) -> Sequence[tuple[Any, ...]]:
        del values
        if "heartbeat" in query:
            return [(self.heartbeat,)]
        return self.slot if "slot" in query else [(1,)] * self.streams

    def _info(self, _: object, number: int, timeout: float) -> tuple[RepositoryInfo, ...]:
        del timeout
        if number not in self.backups:
            raise HostError("unable to connect")
        made = self.backups[number]
        full = self.full.get(number, made)
        known = (backup("x", stop=full), backup("y", stop=made, kind="diff"))
        return (RepositoryInfo(number, is_ok=True, message="ok", backups=known),)

    def run(self) -> int:
        return metrics.run(argparse.Namespace(), self.settings)

    def values(self) -> dict[str, float]:
        """What the machine's report would send."""
        return program("report").gathered(self.folder, "", time.time())

    def certify(self, days: float) -> None:
        now = datetime.now(UTC)
        made = authority.make("pg-b", now)
        holdings: dict[str, Holding] = {}
        for kind in self.settings.certificates.kinds:
            key = new_key()
            names = names_of(kind, "pg-b", self.settings.link.address)
            certificate = authority.sign(made, key.public_key(), names, timedelta(days=days), now)
            holdings[kind] = Holding(key_text(key), certificate_text(certificate))
        CertificateFolder(self.settings.certificates).install(
            Installed(certificate_text(made.certificate), holdings), now
        )


def age(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path, monkeypatch)
    made.certify(30)
    return made


def test_both_hosts_write_every_metric_of_the_pair_but_that_of_the_watch(machine: Machine) -> None:
    wanted = set(PairMetric) - {"database_outranked", "database_fence_age_seconds"}

    for machine.is_standby in (False, True):
        assert machine.run() == 0
        assert wanted <= set(machine.values())


def test_a_standby_that_streams_no_more_ages_and_so_does_one_that_never_came(machine: Machine) -> None:
    machine.streams = False
    machine.run()
    started = machine.values()["database_replication_age_seconds"]
    assert started < 60, "what never was counts from the first minute"

    machine.streams = True
    machine.run()
    machine.streams = False
    before = written.read(metrics.FILE)[metrics.REPLICATION, None]
    machine.run()

    assert written.read(metrics.FILE)[metrics.REPLICATION, None] == before


def test_a_standby_tells_the_age_of_the_heartbeat(machine: Machine) -> None:
    machine.is_standby = True
    machine.heartbeat = datetime.now(UTC) - timedelta(seconds=400)

    machine.run()

    assert machine.values()["database_replication_age_seconds"] == pytest.approx(400, abs=5)
    assert machine.values()["database_slot_retained_ratio"] == 0


@pytest.mark.parametrize(
    ("slot", "ratio"),
    [
        ([(False, CAP // 10)], 0.1),
        ([(False, CAP // 2)], 0.5),
        ([(True, None)], 2),
        ([(True, 1 * GIB)], 2),
        ([], 2),
    ],
)
def test_a_slot_is_measured_against_its_cap(slot: Sequence[tuple[Any, ...]], ratio: float, machine: Machine) -> None:
    machine.slot = slot

    machine.run()

    assert machine.values()["database_slot_retained_ratio"] == pytest.approx(ratio)


def test_waiting_wal_is_measured_by_its_oldest_and_its_size(machine: Machine) -> None:
    for number in range(4):
        path = machine.status / f"00000001000000000000000{number}.ready"
        path.touch()
        age(path, 600 * number)
    (machine.status / "000000010000000000000009.done").touch()
    (machine.status / "00000002.history.ready").touch()

    machine.run()

    assert machine.values()["database_archive_age_seconds"] == pytest.approx(1800, abs=5)
    assert machine.values()["database_archive_queue_ratio"] == pytest.approx(
        (64 << 20) / machine.settings.archive_queue_cap
    )


def test_an_error_in_the_spool_counts_as_well(machine: Machine) -> None:
    path = machine.settings.spool / "archive" / "main" / "out" / "000000010000000000000001.error"
    path.parent.mkdir(parents=True)
    path.touch()
    age(path, 300)

    machine.run()

    assert machine.values()["database_archive_age_seconds"] == pytest.approx(300, abs=5)


def test_a_standby_has_no_queue(machine: Machine) -> None:
    machine.is_standby = True
    (machine.status / "000000010000000000000001.ready").touch()

    machine.run()

    assert machine.values()["database_archive_queue_ratio"] == 0


def test_the_worst_repository_counts(machine: Machine) -> None:
    machine.backups[2] = datetime.now(UTC) - timedelta(hours=40)

    machine.run()

    assert machine.values()["database_backup_age_seconds"] == pytest.approx(40 * 3600, abs=5)


def test_a_full_backup_that_was_missed_shows_though_differential_ones_are_made(machine: Machine) -> None:
    machine.full = {1: datetime.now(UTC) - timedelta(days=3), 2: datetime.now(UTC) - timedelta(days=12)}

    machine.run()

    assert machine.values()["database_full_backup_age_seconds"] == pytest.approx(12 * DAY, abs=5)
    assert machine.values()["database_backup_age_seconds"] == pytest.approx(0, abs=5)


def test_a_repository_that_is_away_is_named_and_its_last_backup_goes_on_ageing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.backups[2] = datetime.now(UTC) - timedelta(hours=20)
    machine.run()
    del machine.backups[2]

    assert machine.run() == 1

    assert "repository 2: unable to connect" in capsys.readouterr().err
    assert machine.values()["database_backup_age_seconds"] == pytest.approx(20 * 3600, abs=5)
    assert machine.values()["database_full_backup_age_seconds"] == pytest.approx(20 * 3600, abs=5)
    assert "database_certificate_remaining_seconds" in machine.values()


def test_without_postgresql_everything_else_is_told(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.run()
    before = written.read(metrics.FILE)[metrics.REPLICATION, None]
    machine.is_away = True
    (machine.status / "000000010000000000000001.ready").touch()

    assert machine.run() == 1

    assert "PostgreSQL: OperationalError: connection refused" in capsys.readouterr().err
    assert written.read(metrics.FILE)[metrics.REPLICATION, None] == before
    assert machine.values()["database_archive_queue_ratio"] > 0
    assert "database_slot_retained_ratio" not in machine.values(), "an old ratio would look like a present one"


def test_proofs_are_counted_where_they_are_made(machine: Machine) -> None:
    now = time.time()
    (machine.settings.server.state).mkdir(parents=True)
    memory.SINCE.below(machine.settings.server.state).write_text(f"{now - 30 * DAY:.0f}\n")
    proofs.note(Proof.VERIFY, 1, good=True, now=now - DAY)
    proofs.note(Proof.VERIFY, 2, good=False, now=now)
    proofs.note(Proof.DRILL, 1, good=True, now=now - 6 * DAY)

    machine.run()
    on_primary = machine.values()
    machine.is_standby = True
    machine.run()
    on_standby = machine.values()

    assert on_primary["database_proof_age_seconds"] == pytest.approx(DAY, abs=5)
    assert on_standby["database_proof_age_seconds"] == pytest.approx(6 * DAY, abs=5)
    assert on_standby["database_verify_faults"] == 1
    assert on_standby["database_restore_drill_failed"] == 0


def test_a_failed_drill_shows_until_one_goes_well(machine: Machine) -> None:
    proofs.note(Proof.DRILL, 2, good=False, now=time.time())
    machine.run()
    assert machine.values()["database_restore_drill_failed"] == 1

    proofs.note(Proof.DRILL, 2, good=True, now=time.time())
    machine.run()
    assert machine.values()["database_restore_drill_failed"] == 0


def test_a_host_that_has_proven_nothing_yet_counts_from_its_first_minute(machine: Machine) -> None:
    machine.run()

    assert machine.values()["database_proof_age_seconds"] < 60


@pytest.mark.parametrize("days", [30, 3, -0.02])
def test_the_life_of_the_first_certificate_that_ends(days: float, machine: Machine) -> None:
    machine.certify(days)

    machine.run()

    assert machine.values()["database_certificate_remaining_seconds"] == pytest.approx(days * DAY, abs=60)


def test_a_host_without_certificates_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch)

    assert machine.run() == 1

    assert "database_certificate_remaining_seconds" not in machine.values(), "silence rings"
