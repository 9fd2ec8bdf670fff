"""What other programs say, as records: pg_controldata, pg_waldump, pgbackrest info; and how they are run."""

import json
import multiprocessing
import time
from pathlib import Path

import pytest
from host import programs
from host.errors import HostError
from host.programs import CommandError
from pair.repositories import info
from pair.server import cluster, lock
from pair.server.cluster import State

CONTROL = """pg_control version number:            1700
Catalog version number:               202406281
Database system identifier:           7575113388131344451
Database cluster state:               shut down
pg_control last modified:             Sat 21 Nov 2026 04:46:43 PM UTC
Latest checkpoint location:           0/8000028
Latest checkpoint's REDO location:    0/8000028
Latest checkpoint's REDO WAL file:    000000010000000000000008
Latest checkpoint's TimeLineID:       1
Latest checkpoint's PrevTimeLineID:   1
Data page checksum version:           1
"""

WALDUMP = (
    "rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/08000028, prev 0/07000108,"
    " desc: CHECKPOINT_SHUTDOWN redo 0/8000028; tli 1; prev tli 1; fpw true; xid 0:750; oid 16391; shutdown"
)


def test_the_control_file_is_understood() -> None:
    control = cluster.parse_control(CONTROL)

    assert (control.state, control.redo, control.timeline, control.checksums) == (
        State.SHUT_DOWN,
        "0/8000028",
        1,
        True,
    )


def test_a_crashed_cluster_was_not_shut_down() -> None:
    control = cluster.parse_control(CONTROL.replace("shut down", "in production"))

    assert control.state is State.OTHER


def test_a_text_of_another_kind_is_no_control_file() -> None:
    with pytest.raises(HostError):
        cluster.parse_control("pg_controldata: could not open file\n")


def test_the_last_record_of_a_peaceful_end_is_known() -> None:
    record = cluster.parse_record(WALDUMP)

    assert record is not None
    assert record.is_shutdown_checkpoint
    assert (record.begin, record.end) == (0x8000028, 0x80000A0)


@pytest.mark.parametrize(
    "description", ["CHECKPOINT_ONLINE redo 0/8000028", "SWITCH ", "COMMIT 2026-11-21 16:46:43 UTC"]
)
def test_no_other_record_proves_a_peaceful_end(description: str) -> None:
    line = WALDUMP.replace("CHECKPOINT_SHUTDOWN redo 0/8000028", description)
    record = cluster.parse_record(line)

    assert record is not None
    assert not record.is_shutdown_checkpoint
    assert cluster.parse_record("pg_waldump: error: could not find a valid record after 0/8000028") is None


INFO = [
    {
        "archive": [
            {"database": {"id": 1, "repo-key": 1}, "id": "17-1", "max": "000000070000000000000044", "min": "00"},
            {"database": {"id": 1, "repo-key": 2}, "id": "17-1", "max": None, "min": None},
        ],
        "backup": [
            {
                "database": {"id": 1, "repo-key": 1},
                "archive": {"start": segment, "stop": segment},
                "info": {"size": 30540885},
                "label": label,
                "timestamp": {"start": stop - 3, "stop": stop},
                "type": kind,
            }
            for label, kind, stop, segment in (
                ("20261121-164557F_20261121-164645D", "diff", 1795279607, "000000070000000000000044"),
                ("20261121-164557F", "full", 1795279560, "000000070000000000000041"),
            )
        ],
        "name": "main",
        "repo": [
            {"cipher": "aes-256-cbc", "key": 1, "status": {"code": 0, "message": "ok"}},
            {"cipher": "aes-256-cbc", "key": 2, "status": {"code": 2, "message": "no valid backups"}},
        ],
    }
]


def test_backups_are_those_of_their_repository_oldest_first() -> None:
    first, second = info.parse(json.dumps(INFO))

    assert [backup.kind for backup in first.backups] == ["full", "diff"]
    assert [str(backup.last) for backup in first.backups] == ["000000070000000000000041", "000000070000000000000044"]
    assert first.archive == "17-1"
    assert (second.is_ok, second.message, second.backups) == (False, "no valid backups", ())


@pytest.mark.parametrize("text", ["", "ERROR: [037]", "{}x", '[{"repo": [{}]}]'])
def test_anything_else_is_no_info(text: str) -> None:
    with pytest.raises(HostError):
        info.parse(text)


def test_a_program_that_hangs_is_ended_with_its_children() -> None:
    begin = time.monotonic()

    with pytest.raises(CommandError, match="did not end within"):
        programs.run(["sh", "-c", "sleep 30 & sleep 30"], timeout=0.3)

    assert time.monotonic() - begin < 5


def test_a_program_that_fails_has_the_last_word() -> None:
    with pytest.raises(CommandError, match="sh ended with 3: first / no space left on device"):
        programs.run(["sh", "-c", "echo first >&2; echo no space left on device >&2; exit 3"], timeout=5)


def test_a_program_sees_its_own_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")

    output = programs.run(["env"], timeout=5, environment={"MINE": "y"}).output

    assert "MINE=y" in output
    assert "SECRET_OF_THE_CALLER" not in output


def test_a_program_that_is_not_there_is_told_of() -> None:
    with pytest.raises(CommandError, match="not installed"):
        programs.run(["/nowhere/pgbackrest"], timeout=5)


def test_a_program_gets_what_it_is_given_and_its_status_may_be_accepted() -> None:
    finished = programs.run(["sh", "-c", "cat; exit 1"], timeout=5, given=b"token", accepted=(0, 1))

    assert (finished.status, finished.output) == (1, "token")


def _hold(path: Path, seconds: float) -> None:
    lock.FILE = path
    with lock.held("pairctl promote", 0):
        time.sleep(seconds)


def test_two_commands_take_turns_and_the_second_knows_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    monkeypatch.setattr(lock, "FILE", path)
    first = multiprocessing.get_context("fork").Process(target=_hold, args=(path, 1.0))
    first.start()
    while not (path.is_file() and "promote" in path.read_text()):
        time.sleep(0.01)

    with pytest.raises(HostError, match="pairctl promote"), lock.held("pairctl rejoin", 0):
        pass
    with lock.held("pairctl rejoin", 10):
        assert "pairctl rejoin" in path.read_text()

    first.join()
