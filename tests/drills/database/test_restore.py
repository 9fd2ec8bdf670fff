"""Data is destroyed, by mistake, by decay or on purpose: the repositories give it back."""

import time

import pytest

from tests.drills.database.archive import wait_until_archived
from tests.drills.database.breakages import flipped_byte, ransom
from tests.drills.database.pair import Pair
from tests.drills.table import Table

pytestmark = pytest.mark.drill

ROWS = 5000


def test_a_dropped_table_comes_back_from_the_point_before(pair: Pair, table: Table) -> None:
    row = table.row("table dropped", "drop table, replicated to both hosts")
    primary = pair.primary
    pair.sql(primary, f"create table ledger as select generate_series(1, {ROWS}) number", "app")
    moment = pair.a_moment()
    pair.sql(primary, "drop table ledger", "app")
    words = {"name": "migration", "repository": "2", "time": moment, "database": "app", "table": "ledger"}
    started = time.time()
    pair.follow("bad-migration", "check")
    wait_until_archived(pair)
    pair.follow("bad-migration", "restore", words)
    pair.follow("bad-migration", "start", words)
    assert pair.sql(primary, "show archive_mode", port=5433) == "off", "the copy archives nothing into the repository"
    pair.follow("bad-migration", "bring-back", words)
    row.redundancy = time.time() - started
    pair.follow("bad-migration", "prove", words)
    found = int(pair.sql(primary, "select count(*) from ledger", "app"))
    row.lost = f"{ROWS - found} of {ROWS} rows"
    pair.follow("bad-migration", "clean", words)
    pair.sql(primary, "drop table ledger", "app")

    assert found == ROWS


def test_a_flipped_byte_in_a_backup_is_found_and_the_other_repository_restores(pair: Pair, table: Table) -> None:
    row = table.row("byte flipped in a backup", "one byte of the newest full backup in repo1")
    standby = pair.standby
    with flipped_byte(pair, 1):
        plain = pair.run(standby, "pair-pgbackrest --repo=1 --output=text verify > /dev/null; echo $?").strip()
        verdict = pair.run(standby, "pairctl verify --repository 1; echo exit $?")
        faults = pair.metric(standby, "database_verify_faults")
        started = time.time()
        other = pair.run(standby, "pairctl drill --repository 2; echo exit $?")
        row.redundancy = time.time() - started
    clean = pair.run(standby, "pairctl verify --repository 1; echo exit $?")
    row.lost = "nothing"

    assert verdict.endswith("exit 1\n"), verdict
    assert faults == 1
    assert other.endswith("exit 0\n"), other
    assert clean.endswith("exit 0\n"), clean
    assert pair.metric(standby, "database_verify_faults") == 0
    assert plain == "0", "if verify itself told of damage, reading its text would prove nothing"
    row.mutations.append("text of verify ignored: its exit status is 0")


def test_a_hostile_host_cannot_destroy_what_was_there_before(pair: Pair, table: Table) -> None:
    row = table.row("ransom", "the primary deletes and overwrites all of repo1 that its rights let it")
    primary, standby = pair.primary, pair.standby
    pair.sql(primary, f"create table ledger as select generate_series(1, {ROWS}) number", "app")
    pair.run(primary, "pairctl backup --type full --repository 1")
    words = {"time": pair.a_moment(), "database": "app", "table": "ledger"}
    with ransom(pair, primary) as attack:
        gone = pair.run(standby, "pair-pgbackrest --repo=1 info", check=False)
        assert "full backup" not in gone, "as it is now, the repository gives nothing back"
        row.mutations.append("no target time: repo1 gives nothing back")
        started = time.time()
        pair.follow("ransom", "look-back", words, primary=primary)
        pair.follow("ransom", "restore", words, primary=primary)
        row.redundancy = time.time() - started
        pair.follow("ransom", "prove", words, primary=primary)
        pair.follow("ransom", "inspect", words, primary=primary)
        found = int(pair.sql(standby, "select count(*) from ledger", "app", port=5433))
        pair.follow("ransom", "clean", words, primary=primary)
    row.lost = f"{ROWS - found} of {ROWS} rows"
    row.note = f"{attack.hidden} objects hidden, {attack.deleted} of {attack.tried} versions deleted"
    pair.sql(primary, "drop table ledger", "app")

    assert found == ROWS
    assert attack.hidden > 0
    assert attack.tried > 0
    assert attack.deleted == 0, "the lock keeps every version"
