"""What other programs say, as records: pg_controldata, pg_waldump, pgbackrest info; and how they are run."""

import json

import pytest
from host.errors import HostError
from pair.repositories import info
from pair.server import cluster
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
                "lsn": {"start": "0/44000028", "stop": "0/44000120"},
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
