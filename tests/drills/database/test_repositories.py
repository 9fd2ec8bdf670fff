"""A repository goes away, or both: writes go on, and a gap in the archive is told and mended by a new backup."""

import time

import pytest

from tests.drills.database.archive import (
    is_archived,
    present_segment,
    push_log,
    restores_to,
    wait_until_archived,
    waiting_segments,
    write_wal,
)
from tests.drills.database.breakages import impatient_push, setting
from tests.drills.database.pair import Pair
from tests.drills.table import Table

pytestmark = pytest.mark.drill

A_FEW = 3
"""Segments; far below the cap of the queue."""

SEGMENTS_PAST_THE_CAP = 20
"""16 MiB each; the lab's cap of the queue is 256 MiB."""

WRITES_GO_ON = 2.0
"""Longest time without a commit, in seconds."""

ONE_AT_A_TIME = "pgbackrest --stanza=main --io-timeout=1 --no-archive-async archive-push %p"


def test_with_one_repository_away_the_other_goes_on(pair: Pair, table: Table) -> None:
    row = table.row("one repository down, then back", "the store of repo1 refuses everybody")
    primary = pair.primary
    with impatient_push(pair, primary), pair.writer("local") as writer:
        pair.lab.repository_down(1)
        newest = present_segment(pair)
        started = time.time()
        write_wal(pair, 1)
        pair.wait(lambda: is_archived(pair, newest, 2), 90, "repo2 goes on")
        row.note = f"repo2 has the next segment after {time.time() - started:.0f} s"
        waiting = waiting_segments(pair, primary)
        pair.follow("repository-lost", "check")
        with setting(pair, primary, "archive_command", ONE_AT_A_TIME):
            write_wal(pair, A_FEW)
            newest = present_segment(pair)
            write_wal(pair, 1)
            time.sleep(25)
            assert not is_archived(pair, newest, 2), "pushed one at a time, the other repository must stand still"
            row.mutations.append("asynchronous push off: repo2 stands still too")
        started = time.time()
        pair.lab.repository_up()
        pair.follow("repository-lost", "mend")
        wait_until_archived(pair)
        row.redundancy = time.time() - started
        loss = writer.ledger.loss(pair.present())
        gap = writer.ledger.longest_gap()
    row.lost = str(loss)

    assert waiting > 0, "the WAL that the lost repository has not is kept"
    assert gap < WRITES_GO_ON


def test_with_both_repositories_away_writes_go_on_and_the_queue_is_told(pair: Pair, table: Table) -> None:
    row = table.row("both repositories down, then back", "both stores refuse everybody")
    primary = pair.primary
    with impatient_push(pair, primary), pair.writer("local") as writer:
        for number in (1, 2):
            pair.lab.repository_down(number)
        write_wal(pair, A_FEW)
        told = pair.metric(primary, "database_archive_queue_ratio")
        writer.wait_for_more(50)
        started = time.time()
        pair.lab.repository_up()
        wait_until_archived(pair)
        row.redundancy = time.time() - started
        loss = writer.ledger.loss(pair.present())
        gap = writer.ledger.longest_gap()
    row.lost = str(loss)
    row.note = f"told: the queue is at {told:.0%} of its cap"

    assert 0 < told < 1
    assert gap < WRITES_GO_ON
    assert loss.numbers == ()


def test_a_queue_past_its_cap_leaves_a_gap_that_is_told_and_that_a_new_backup_mends(pair: Pair, table: Table) -> None:
    row = table.row("archive queue overflows", "both stores, until the queue passes its cap")
    primary, standby = pair.primary, pair.standby
    # A target time stops at the first later commit: one of the drill with the wrong clock, from an older backup.
    pair.run(primary, "pairctl backup --type full --repository 2")
    with impatient_push(pair, primary):
        for number in (1, 2):
            pair.lab.repository_down(number)
        write_wal(pair, SEGMENTS_PAST_THE_CAP)
        pair.wait(lambda: "dropped" in push_log(pair, primary), 90, "pgBackRest drops the queue")
        moment = pair.a_moment()
        pair.lab.repository_up()
        write_wal(pair, 2)
        wait_until_archived(pair)
    told = pair.run(standby, "pairctl verify --repository 2", check=False)
    faults = pair.metric(standby, "database_verify_faults")
    past_the_gap = restores_to(pair, moment, 2)
    row.lost = "points in time from the gap to the new backup"
    started = time.time()
    pair.follow("repository-lost", "new-backup")
    row.redundancy = time.time() - started
    moment = pair.a_moment()
    write_wal(pair, 1)
    wait_until_archived(pair)
    mended = restores_to(pair, moment, 2)
    pair.follow("repository-lost", "prove")
    clean = pair.run(standby, "pairctl verify --repository 2", check=False)
    pair.metric(standby, "database_verify_faults")

    assert "missing after the newest backup" in told
    assert faults == 1
    assert past_the_gap is not None, "no point in time past the gap can be restored"
    row.mutations.append("no new backup: the restore past the gap fails")
    assert mended is None, mended
    assert "repository 2 is clean" in clean


def test_the_checks_before_a_major_upgrade_can_be_run(pair: Pair, table: Table) -> None:
    row = table.row("before a major upgrade", "nothing; the checks of the runbook alone")
    started = time.time()
    pair.follow("major-upgrade", "check")
    version = pair.follow("major-upgrade", "prove")[1]
    row.note = f"{time.time() - started:.0f} s; the upgrade itself needs a later PostgreSQL than Debian 13 has"

    assert version.startswith("17")
