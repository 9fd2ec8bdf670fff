"""The standby goes away: the primary must live on, and a new standby must come from the repositories alone."""

import contextlib
import time

import pytest

from tests.drills.database.archive import wait_until_archived, wal_bytes, write_wal
from tests.drills.database.breakages import setting
from tests.drills.database.pair import DATA, UNIT, Pair
from tests.drills.table import Table

pytestmark = pytest.mark.drill

BATCHES, IN_A_BATCH = 5, 3
"""Segments of 16 MiB past the slot's cap of 128 MiB, few enough at once for the queue of the archive."""


def bytes_through_the_link(pair: Pair, host: str) -> int:
    """What a host has sent to its peer."""
    return int(pair.run(host, "cat /sys/class/net/packyard/statistics/tx_bytes"))


def slot_status(pair: Pair) -> str:
    """wal_status of the standby's slot, at the primary."""
    return pair.sql(pair.primary, "select wal_status from pg_replication_slots")


def test_an_abandoned_slot_is_given_up_at_its_cap_and_the_standby_made_anew(pair: Pair, table: Table) -> None:
    row = table.row("slot abandoned until its cap", "the standby is away while the primary writes more than the cap")
    primary, standby = pair.primary, pair.standby
    pair.run(standby, f"systemctl stop pair-watch {UNIT}")
    with setting(pair, primary, "max_slot_wal_keep_size", "-1"):
        for _ in range(BATCHES):
            write_wal(pair, IN_A_BATCH)
            wait_until_archived(pair)
        pair.sql(primary, "checkpoint")
        assert slot_status(pair) != "lost"
        row.mutations.append(f"cap removed: the slot keeps {wal_bytes(pair, primary) >> 20} MiB, and would keep more")
    pair.sql(primary, "checkpoint")
    pair.wait(lambda: slot_status(pair) == "lost", 20, "the slot is lost at a checkpoint")
    pair.follow("replica-lost", "check")
    row.lost = "nothing"

    assert pair.metric(primary, "database_slot_retained_ratio") == 2
    assert pair.accepts_writes(primary)

    remade = table.row("standby from the repositories alone", "the standby's disk is empty, its slot is lost")
    pair.run(standby, f"rm -rf {DATA}/17/main; systemctl start pair-watch")
    sent = bytes_through_the_link(pair, primary)
    size = int(pair.sql(primary, "select sum(pg_database_size(oid)) from pg_database"))
    started = time.time()
    pair.follow("replica-lost", "from-repository")
    pair.wait_until_whole()
    remade.redundancy = row.redundancy = time.time() - started
    remade.lost = "nothing"
    sent = bytes_through_the_link(pair, primary) - sent
    remade.note = f"{sent >> 10} KiB through the link, the databases have {size >> 20} MiB"
    pair.follow("replica-lost", "prove")

    assert sent < size / 2, "the base came from the repository"


def test_a_slot_that_a_crash_made_worthless_is_made_anew(pair: Pair, table: Table) -> None:
    row = table.row("primary crashes far from a checkpoint", "PostgreSQL of the primary; its slot is past the cap then")
    primary, standby = pair.primary, pair.standby
    checkpoints = {"max_wal_size": "4GB", "checkpoint_timeout": "1h"}
    with contextlib.ExitStack() as stack:
        for name, value in checkpoints.items():
            stack.enter_context(setting(pair, primary, name, value))
        for _ in range(BATCHES):
            write_wal(pair, IN_A_BATCH)
            wait_until_archived(pair)
        pair.wait_until_whole()
        pair.run(primary, "systemctl stop pair-watch; pkill --signal KILL -f '^postgres: .*checkpointer'")
        pair.wait(
            lambda: pair.accepts_writes(primary) and pair.is_streaming(), 60, "PostgreSQL is back, the standby too"
        )
        row.mutations.append(
            f"without the watch: the standby streams, its slot is {slot_status(pair)} and keeps nothing"
        )
        told = pair.metric(primary, "database_slot_retained_ratio")
        started = time.time()
        pair.run(primary, "systemctl start pair-watch")
        pair.wait_until_whole()
        row.redundancy = time.time() - started
    row.lost = "nothing"

    assert told == 2
    assert pair.standby == standby


def test_commits_that_wait_for_a_lost_standby_go_on_when_a_person_says_so(pair: Pair, table: Table) -> None:
    row = table.row("link lost, synchronous", "the link; commits wait for the standby")
    primary = pair.primary
    with pair.writer("on") as writer:
        cut = pair.cut_link()
        pair.wait(lambda: not pair.is_streaming(), 60, "the primary notices")
        pair.follow("link-lost", "check")
        stalled = len(writer.ledger.between(cut + 0.2, time.time()).entries)
        started = time.time()
        pair.follow("link-lost", "alone")
        row.writes_again = writer.first_after(started, primary).at - started
        row.mutations.append(f"without `pairctl alone`: {stalled} commits were acknowledged in {started - cut:.0f} s")
        mended = pair.mend_link()
        pair.follow("link-lost", "mend")
        pair.wait_until_whole()
        row.redundancy = time.time() - mended
        loss = writer.ledger.loss(pair.present())
    row.lost = str(loss)
    pair.follow("link-lost", "prove")

    assert stalled <= 1
    assert loss.numbers == ()
    assert not pair.is_alone(primary), "commits wait for the standby again, with nobody's help"


def test_a_standby_that_was_away_catches_up_by_itself(pair: Pair, table: Table) -> None:
    row = table.row("standby stopped, then back", "PostgreSQL of the standby; commits wait for it")
    primary, standby = pair.primary, pair.standby
    with pair.writer("on") as writer:
        pair.run(standby, f"systemctl stop {UNIT}")
        started = time.time()
        pair.follow("replica-lost", "alone")
        row.writes_again = writer.first_after(started, primary).at - started
        writer.wait_for_more(100)
        started = time.time()
        pair.follow("replica-lost", "start")
        pair.wait_until_whole()
        row.redundancy = time.time() - started
        loss = writer.ledger.loss(pair.present())
    row.lost = str(loss)

    assert loss.numbers == ()
    assert not pair.is_alone(primary)
