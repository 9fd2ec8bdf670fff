"""The primary goes away, or moves: what is lost, how soon writes are accepted, and never a second primary."""

import os
import time

import pytest

from lab.network.faults import Outage
from tests.drills.database.application import Application
from tests.drills.database.breakages import no_guard, no_watch
from tests.drills.database.pair import DATA, UNIT, Pair
from tests.drills.table import Row, Table

pytestmark = pytest.mark.drill

PROMOTED_WITHIN = 5.0
"""Seconds from the command to the first accepted write."""

BLOCKED_AT_MOST = 3.0
"""Seconds without a write in a planned switchover."""

CUT = 1.5
"""Seconds between the loss of the link and the loss of the primary."""

LINK_CARRIES = 0.5
"""Seconds of acknowledged commits that may be on their way while the link works; measured losses are far below."""

REPOSITORY_BESIDE = {"pg-a": 2, "pg-b": 1}
"""The repository in the cloud of a host."""

PATIENCE = 15
"""Seconds."""

REASON = {"reason": "the machine has no power"}


NOISE = 4 if os.environ.get("CI") else 1
"""How much slower than the aims a shared machine may be; the page is written by a run on one that is not."""


def within(row: Row, seconds: float) -> None:
    """The aim of the drill."""
    assert row.writes_again is not None
    limit = seconds * NOISE
    assert row.writes_again < limit, f"writes again after {row.writes_again:.1f} s, the limit is {limit:.0f} s"


def promote(pair: Pair, row: Row, writer: Application, old: str) -> None:
    """The runbook's promotion after the old primary has lost its power; the first write is on the new one."""
    new = pair.other(old)
    started = time.time()
    pair.follow("primary-lost", "promote", REASON, primary=old)
    row.writes_again = writer.first_after(started, new).at - started
    pair.follow("primary-lost", "prove", primary=old)
    writer.wait_for_more(50)


def bring_back(pair: Pair, row: Row, old: str) -> None:
    """The old primary gets its power again and becomes the standby, by the runbook."""
    pair.power_on(old)
    started = time.time()
    pair.follow("primary-lost", "rejoin", primary=old)
    pair.wait_until_whole()
    row.redundancy = time.time() - started
    pair.follow("primary-lost", "prove-rejoin", primary=old)


def test_a_killed_primary_loses_only_what_the_link_had_not_carried(pair: Pair, table: Table) -> None:
    row = table.row("primary killed under load", "power of the primary, asynchronous commit")
    old = pair.primary
    with pair.writer("local") as writer:
        pair.power_off(old)
        pair.follow("primary-lost", "check", REASON, primary=old)
        promote(pair, row, writer, old)
        loss = writer.ledger.loss(pair.present())
    row.lost = str(loss)

    back = table.row("old primary comes back", "the killed machine starts again, and still thinks it is the primary")
    pair.power_on(old)
    assert not pair.is_running(old)
    # The watch reads the same tokens: on a slow machine it stops the unit before the guard has come to its words.
    with no_watch(pair, old):
        words = pair.run(old, f"systemctl start {UNIT}; journalctl --boot --no-pager -o cat -u {UNIT}", check=False)
    assert "PostgreSQL must not start" in words, "the guard refuses, and says why"
    assert not pair.is_running(old)
    with no_guard(pair, old):
        pair.run(old, f"systemctl restart {UNIT}")
        assert pair.accepts_writes(old), "without the guard there are two primaries"
        pair.sql(old, "select pg_logical_emit_message(true, 'drill', 'written on the wrong host')")
        back.mutations.append("guard off: two primaries accept writes")
    started = time.time()
    pair.follow("primary-lost", "rejoin", primary=old)
    pair.wait_until_whole()
    back.redundancy = time.time() - started
    pair.follow("primary-lost", "prove-rejoin", primary=old)
    kept = pair.run(old, f"ls {DATA}/pair/diverged-*/ | wc -l").strip()
    back.lost = f"nothing; {kept} segments of what only it had are kept aside"

    assert int(kept) > 0
    assert loss.seconds <= LINK_CARRIES
    within(row, PROMOTED_WITHIN)


def test_a_killed_primary_loses_no_acknowledged_commit_in_synchronous_mode(pair: Pair, table: Table) -> None:
    row = table.row("primary killed under load, synchronous", "power of the primary, synchronous_commit = on")
    old = pair.primary
    with pair.writer("on") as writer:
        pair.power_off(old)
        promote(pair, row, writer, old)
        loss = writer.ledger.loss(pair.present())
    row.lost = str(loss)
    bring_back(pair, row, old)

    assert loss.numbers == ()
    within(row, PROMOTED_WITHIN)


def test_a_lost_link_before_the_kill_costs_the_time_of_the_cut_and_nothing_in_synchronous_mode(
    pair: Pair, table: Table
) -> None:
    lost: dict[str, int] = {}
    for mode, words in (("local", "asynchronous"), ("on", "synchronous")):
        row = table.row(f"network cut, then kill, {words}", f"the link, and {CUT} s later power of the primary")
        old = pair.primary
        with pair.writer(mode) as writer:
            cut = pair.cut_link()
            time.sleep(CUT)
            killed = pair.power_off(old)
            promote(pair, row, writer, old)
            loss = writer.ledger.loss(pair.present())
            stalled = len(writer.ledger.between(cut + 0.2, killed).entries)
        pair.mend_link()
        row.lost, lost[mode] = str(loss), len(loss.numbers)
        bring_back(pair, row, old)
        assert loss.seconds <= killed - cut + LINK_CARRIES, "no more is lost than the cut"
        within(row, PROMOTED_WITHIN)
        if mode == "on":
            assert stalled <= 1, "nothing is acknowledged while the standby cannot confirm"
            assert loss.numbers == ()
            row.mutations.append(f"synchronous commit off (row above): {lost['local']} acknowledged commits lost")

    assert lost["local"] > 0, "without synchronous commit the cut must cost something, else the drill shows nothing"


def test_a_lost_cloud_takes_a_repository_along_and_holds_up_no_promotion(pair: Pair, table: Table) -> None:
    row = table.row("cloud of the primary lost", "power of the primary; the store of its cloud answers nobody")
    old, new = pair.primary, pair.standby
    with pair.writer("on") as writer:
        pair.lab.repository_down(REPOSITORY_BESIDE[old], Outage.SILENT)
        pair.power_off(old)
        promote(pair, row, writer, old)
        loss = writer.ledger.loss(pair.present())
    row.lost = str(loss)
    ask = "archive-get 000000FF.history /run/pgbackrest/drill; echo exit $?"
    started = time.time()
    asked_apart = pair.run(new, f"pair-as-postgres pair-{ask}")
    apart = time.time() - started
    asked_at_once = pair.run(new, f"pair-as-postgres timeout {PATIENCE} pgbackrest --stanza=main {ask}")
    row.mutations.append(f"pgBackRest asks both at once: not one file of the archive in {PATIENCE} s")
    pair.lab.repository_up()
    bring_back(pair, row, old)

    assert loss.numbers == ()
    assert asked_apart.endswith("exit 1\n"), asked_apart
    assert apart < PROMOTED_WITHIN
    assert asked_at_once.endswith("exit 124\n"), "if it answered in time, nobody would need pair-archive-get"
    within(row, PROMOTED_WITHIN)


def test_a_living_primary_stops_itself_before_the_other_is_promoted(pair: Pair, table: Table) -> None:
    row = table.row("link lost, standby promoted", "the link alone; nobody stopped the old primary")
    old, new = pair.primary, pair.standby
    with pair.writer("local") as writer:
        cut = pair.cut_link()
        pair.run(new, "pairctl promote --yes")
        promoted = time.time()
        first = writer.first_after(cut, new)
        writer.wait_for_more(50)
        loss = writer.ledger.loss(pair.present())
        last = max((entry.at for entry in writer.ledger.entries if entry.host == old), default=0.0)
    row.writes_again = first.at - cut
    row.lost = str(loss)

    assert last < first.at, "at no time did both accept writes"
    assert not pair.accepts_writes(old)
    assert loss.seconds <= promoted - cut + LINK_CARRIES
    pair.mend_link()
    started = time.time()
    pair.follow("primary-lost", "rejoin", primary=old)
    pair.wait_until_whole()
    row.redundancy = time.time() - started


def test_a_planned_switchover_loses_nothing_and_blocks_writes_for_a_moment(pair: Pair, table: Table) -> None:
    row = table.row("planned switchover", "nothing; the primary moves under load")
    old, new = pair.primary, pair.standby
    refused = pair.run(new, 'pairctl promote --fenced "not true" --yes', check=False)
    assert not pair.accepts_writes(new), refused
    row.note = "promote refuses while the primary lives"
    with pair.writer("local") as writer:
        pair.follow("switchover", "check")
        started = time.time()
        pair.follow("switchover", "switchover")
        writer.first_after(started, new)
        writer.wait_for_more(100)
        loss = writer.ledger.loss(pair.present())
        row.writes_again = writer.ledger.between(started - 1, time.time()).longest_gap()
    row.lost = str(loss)
    pair.wait_until_whole()
    row.redundancy = time.time() - started
    pair.follow("switchover", "prove", primary=old)

    assert pair.primary == new
    assert pair.standby == old
    assert loss.numbers == ()
    within(row, BLOCKED_AT_MOST)


def test_converge_in_the_middle_of_a_promotion_does_no_harm(pair: Pair, table: Table) -> None:
    row = table.row("converge in the middle of a promotion", "power of the primary, while the standby converges")
    old, new = pair.primary, pair.standby
    with pair.writer("on") as writer:
        pair.run(new, "systemctl start --no-block packyard-converge")
        pair.wait(lambda: "playbook" in pair.run(new, "ps -eo args"), 30, "converge is at work")
        pair.power_off(old)
        promote(pair, row, writer, old)
        assert "playbook" in pair.run(new, "ps -eo args"), "converge still ran when writes were accepted"
        loss = writer.ledger.loss(pair.present())
    pair.wait(lambda: pair.is_idle(new, "packyard-converge"), 300, "converge ends")
    row.lost = str(loss)
    bring_back(pair, row, old)

    assert loss.numbers == ()
    assert pair.run(new, "systemctl show --value -p Result packyard-converge").strip() == "success"
    within(row, PROMOTED_WITHIN)
