"""pairctl backup and drill: whose turn it is, what is refused, and that nothing of a drill is left."""

import argparse
import fcntl
import itertools
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from host import programs
from host.errors import HostError
from host.programs import CommandError, Finished
from pair import memory
from pair.commands import backup, drill, settle
from pair.repositories import backups, in_use, pgbackrest, proofs, restore_drill, turn
from pair.repositories.proofs import Proof
from pair.repositories.restore_drill import Copy, Proven
from pair.server import postgresql
from pair.server.postgresql import Role, Seen
from pair.settings import PairSettings, Server

from tests.machines.pair.hosts import pair_settings, without_root

INFO = (Path(__file__).parent / "texts" / "info.json").read_text()
EVERYTHING = 1 << 60
FILE_PROGRAMS = ("env", "mkdir", "rm", "cp", "cat")


class Host:
    """pg-b, where pgBackRest and PostgreSQL only say that they were called."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = pair_settings("pg-b", root)
        self.role = Role.STANDBY
        self.said: list[str] = []
        self.loss = 12.0
        self.fails_at = ""
        self.free = EVERYTHING
        self.copy = self.settings.server.mount_point / "drill" / "restore-drill"
        without_root(monkeypatch, root)
        self.info = INFO
        self.busy = 0
        monkeypatch.setattr("host.metrics.FOLDER", root / "prom")
        monkeypatch.setattr(drill, "LOCK", root / "lock")
        monkeypatch.setattr(postgresql, "look", self._look)
        monkeypatch.setattr(turn, "refresh", self._refresh)
        monkeypatch.setattr(pgbackrest, "run", self._run)
        monkeypatch.setattr("pair.server.postgres_user.run", self._as_postgres)

        def question(copy: Copy, asked: datetime, begin: float) -> Proven:
            return self._question(copy, asked, begin)

        def free(_: Copy) -> int:
            return self.free

        monkeypatch.setattr(Copy, "question", question)
        monkeypatch.setattr(Copy, "free", free)

    def _look(self, _: PairSettings) -> Seen:
        return Seen(self.role)

    def _refresh(self, *_: object) -> None:
        self.said.append("refresh")

    def _run(self, _: PairSettings, command: str, *options: str, **more: object) -> Finished:
        self._say(f"{command} repo{more.get('repository')} {' '.join(options)}")
        if command == "backup" and self.busy > 0:
            self.busy -= 1
            assert more["accepted"] == (0, backups.LOCKED)
            return Finished(backups.LOCKED, "", "unable to acquire lock")
        return Finished(0, self.info if command == "info" else "done\n", "")

    def _as_postgres(
        self, _: Server, words: list[str], *, timeout: float, given: bytes = b"", **__: object
    ) -> Finished:
        """What works on files does so, as whoever runs the test; of anything else it is only told."""
        if words[0] in FILE_PROGRAMS:
            return programs.run(words, timeout=timeout, given=given)
        self._say(" ".join([words[0].rpartition("/")[2], *words[1:]]))
        return Finished(0, "", "")

    def _question(self, copy: Copy, asked: datetime, begin: float) -> Proven:
        assert copy.folder == self.copy
        assert begin > 0
        self._say(f"question {asked.isoformat()}")
        return Proven(self.loss, 3.0, 2)

    def _say(self, text: str) -> None:
        self.said.append(text)
        if self.fails_at and self.fails_at in text:
            raise CommandError(f"{text.split()[0]} ended with 1: no")

    def heard(self, word: str) -> bool:
        return any(word in said for said in self.said)

    def backup(self, kind: str = "diff", repository: int = 1) -> int:
        return backup.run(argparse.Namespace(type=kind, repository=repository), self.settings)

    def drill(self, repository: int | None = None, target: str | None = None, *, dry_run: bool = False) -> int:
        options = argparse.Namespace(repository=repository, target=target, dry_run=dry_run)
        return drill.run(options, self.settings)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


@pytest.mark.parametrize("kind", ["full", "diff"])
def test_the_primary_backs_up_with_a_fresh_token(kind: str, host: Host) -> None:
    host.role = Role.PRIMARY

    assert host.backup(kind, 2) == 0

    assert host.said == ["refresh", f"backup repo2 --type={kind}"]


def test_a_backup_waits_for_another_of_its_repository_and_takes_a_fresh_token_when_it_begins(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.role, host.busy = Role.PRIMARY, 3
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)

    assert host.backup("full", 2) == 0

    assert waits == [backups.PAUSE] * 3
    assert host.said[-2:] == ["refresh", "backup repo2 --type=full"]
    assert host.said.count("refresh") == 4


def test_a_backup_that_waits_for_ever_says_so(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.role, host.busy = Role.PRIMARY, 1 << 30
    clock = itertools.count(step=3600)

    def later(*_: object) -> float:
        return float(next(clock))

    monkeypatch.setattr("time.sleep", later)
    monkeypatch.setattr("time.monotonic", later)

    with pytest.raises(HostError, match="repository 1 was in use"):
        host.backup("diff")


def test_what_follows_a_promotion_waits_as_well(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.role, host.busy = Role.PRIMARY, 1
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)

    assert settle.run(argparse.Namespace(), host.settings) == 0

    assert waits == [backups.PAUSE]
    assert host.said[0].startswith("check")
    assert host.said[-2:] == ["refresh", "backup repo2 --type=diff"]


@pytest.mark.parametrize("job", ["backup", "drill"])
def test_no_job_begins_while_pgbackrest_is_upgraded(job: str, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.role = Role.PRIMARY if job == "backup" else Role.STANDBY
    monkeypatch.setattr(in_use, "PATIENCE", 0)

    with in_use.FILE.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(HostError, match=r"holds .*lock"):
            getattr(host, job)()

    assert host.said == []


def test_a_standby_leaves_backups_to_the_primary(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert host.backup() == 0

    assert host.said == []
    assert capsys.readouterr().out == "pg-b is the standby: the primary makes the backups\n"


def test_the_primary_leaves_drills_to_the_standby(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.role = Role.PRIMARY

    assert host.drill() == 0

    assert host.said == []
    assert "the standby makes the drills" in capsys.readouterr().out
    assert proofs.results(Proof.DRILL, [1, 2]) == ()


def test_a_standby_that_is_stopped_is_still_one(host: Host) -> None:
    host.role = Role.AWAY
    (host.settings.server.data).mkdir(parents=True)
    (host.settings.server.data / memory.STANDBY_SIGNAL.name).touch()

    assert host.backup() == 0

    (host.settings.server.data / memory.STANDBY_SIGNAL.name).unlink()
    (host.settings.server.data / "PG_VERSION").touch()
    with pytest.raises(HostError, match="PostgreSQL does not answer"):
        host.backup()


def test_a_repository_that_is_not_there_is_refused(host: Host) -> None:
    for command in (host.backup, host.drill):
        with pytest.raises(HostError, match="there is no repository 3"):
            command(repository=3)


def test_a_drill_restores_apart_from_everything_checks_all_and_leaves_nothing(host: Host) -> None:
    assert host.drill(2) == 0

    (restored,) = (said for said in host.said if said.startswith("restore"))
    assert restored.startswith("restore repo2 ")
    for option in (
        f"--pg1-path={host.copy}/data",
        "--archive-mode=off",
        "--type=default",
        f"--tablespace-map-all={host.copy}/tablespaces",
    ):
        assert option in restored
    programs = [said.split()[0] for said in host.said]
    assert programs[-5:] == [
        "pg_ctl",
        "question",
        "pg_amcheck",
        "pg_ctl",
        "pg_checksums",
    ]
    assert not host.copy.exists()
    (result,) = proofs.results(Proof.DRILL, [1, 2])
    assert (result.repository, result.good) == (2, True)


def test_its_server_listens_nowhere_and_archives_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []

    def seen(copy: Copy, asked: datetime, begin: float) -> Proven:
        del asked, begin
        texts.extend((copy.folder / name).read_text() for name in ("postgresql.conf", "pg_hba.conf"))
        return Proven(0, 1, 1)

    monkeypatch.setattr(Copy, "question", seen)
    host.drill()

    configuration, access = texts
    assert "listen_addresses = ''\n" in configuration
    assert "archive_mode = off\n" in configuration
    assert f"unix_socket_directories = '{host.copy}/socket'\n" in configuration
    assert access == "local all all peer map=pair\n"


@pytest.mark.parametrize("step", ["restore", "pg_ctl --pgdata", "question", "pg_amcheck", "pg_checksums"])
def test_whatever_fails_is_noted_and_leaves_nothing(step: str, host: Host) -> None:
    host.fails_at = step

    with pytest.raises(HostError):
        host.drill(1)

    assert not host.copy.exists()
    (result,) = proofs.results(Proof.DRILL, [1, 2])
    assert not result.good


def test_an_interrupted_drill_leaves_nothing_and_is_no_proof(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Proven:
        raise KeyboardInterrupt

    monkeypatch.setattr(Copy, "question", interrupted)

    with pytest.raises(KeyboardInterrupt):
        host.drill(1)

    assert not host.copy.exists()
    assert [result.good for result in proofs.results(Proof.DRILL, [1])] == [False]


def test_what_a_killed_drill_left_is_stopped_and_removed(host: Host) -> None:
    (host.copy / "data").mkdir(parents=True)
    (host.copy / "data" / "postmaster.pid").touch()

    host.drill(1)

    assert host.said[1].startswith("pg_ctl")
    assert "stop -m immediate" in host.said[1]


def test_two_drills_never_meet(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "PATIENCE", 0.3)
    with drill.LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(HostError, match=r"holds .*lock"):
            host.drill(1)

    assert host.said == []
    assert proofs.results(Proof.DRILL, [1]) == ()


def test_a_drill_waits_for_another_one_and_is_made(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    with drill.LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        def free(_: float) -> None:
            fcntl.flock(file, fcntl.LOCK_UN)

        monkeypatch.setattr("time.sleep", free)
        assert host.drill(2) == 0

    (result,) = proofs.results(Proof.DRILL, [1, 2])
    assert (result.repository, result.good) == (2, True)


def test_other_copies_are_left_alone(host: Host) -> None:
    other = host.copy.parent / "by-hand"
    other.mkdir(parents=True)

    host.drill(1)

    assert other.is_dir()


def test_a_disk_without_room_is_refused_before_anything_is_fetched(host: Host) -> None:
    host.free = 30_000_000

    with pytest.raises(HostError, match=r"the copy needs 5\d\d MiB, and 29 MiB are free"):
        host.drill(1)

    assert not host.heard("restore")
    assert [result.good for result in proofs.results(Proof.DRILL, [1])] == [False]


def test_what_comes_back_too_old_is_a_failure(host: Host) -> None:
    host.loss = drill.OLDEST + 1

    with pytest.raises(HostError, match="what comes back is 901 s old"):
        host.drill(1)

    assert [result.good for result in proofs.results(Proof.DRILL, [1])] == [False]


def test_a_dry_run_tells_and_does_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert host.drill(1, dry_run=True) == 0

    output = capsys.readouterr().out
    assert "restore drill of repository 1 on pg-b" in output
    assert "Might be lost:\n  nothing" in output
    assert not host.heard("restore")
    assert not host.copy.parent.exists()


def test_a_point_in_time_is_asked_for_in_utc_and_promoted_there(host: Host) -> None:
    assert host.drill(1, "2026-11-21 13:00:00+01") == 0

    (restored,) = (said for said in host.said if said.startswith("restore"))
    assert "--type=time --target=2026-11-21 12:00:00.000000+00 --target-action=promote" in restored
    assert "question 2026-11-21T12:00:00+00:00" in host.said
    assert proofs.results(Proof.DRILL, [1]) == (), "a time of a person's choice is no weekly proof"


@pytest.mark.parametrize("target", ["yesterday", "2026-11-21 12:00:00", ""])
def test_a_time_that_is_not_clear_is_refused(target: str, host: Host) -> None:
    with pytest.raises(HostError, match=r"is no time|says nothing of its time zone"):
        host.drill(1, target)


def test_a_target_beyond_the_archive_is_told_as_that(host: Host) -> None:
    host.copy.mkdir(parents=True)
    (host.copy / "log").write_text(f"LOG:  x\nFATAL:  {restore_drill.ENDED_BEFORE_TARGET}\nLOG:  shut down\n")
    failure: Callable[[str], HostError] = getattr(Copy(host.settings, 1), "_failure")  # noqa: B009 -- private, and its text is the promise

    assert "the WAL after the target is in no repository yet" in str(failure("ended"))


def test_a_repository_without_backups_is_told(host: Host) -> None:
    host.info = json.dumps([{**json.loads(INFO)[0], "backup": []}])

    with pytest.raises(HostError, match="repository 1 has no backup"):
        host.drill(1)
