"""Nothing is left but one cloud's bucket and secrets."""

import re
import time

import pytest

from lab.network.faults import Outage
from tests.drills.database.archive import wait_until_archived, write_wal
from tests.drills.database.pair import Pair
from tests.drills.runbooks import HOSTS
from tests.drills.table import Table

pytestmark = pytest.mark.drill


def test_the_other_cloud_comes_back_from_its_bucket_and_secrets_alone(pair: Pair, table: Table) -> None:
    row = table.row("both hosts lost", "both machines and their disks; GCP answers nobody")
    if pair.primary == "pg-b":
        pair.run("pg-a", "pairctl switchover --yes")
        pair.wait_until_whole()
    with pair.writer("local") as writer:
        writer.wait_for_more(200)
        acknowledged = writer.ledger
    write_wal(pair, 1)
    wait_until_archived(pair)
    pair.power_off("pg-a")
    pair.power_off("pg-b")
    pair.lab.isolate(pair.lab.a)
    pair.lab.repository_down(2, Outage.SILENT)
    started = time.time()
    pair.lab.b.rebuild(keep_data=False)
    pair.lab.b.wait_for(pair.lab.b.has_converged, 300, "pg-b converges")
    pair.calm("pg-b")
    row.note = f"a new machine converged in {time.time() - started:.0f} s of it"
    pair.follow("both-lost", "check", primary="pg-a")
    pair.follow("both-lost", "restore", primary="pg-a")
    pair.follow("both-lost", "promote", {"reason": "both machines are gone"}, primary="pg-a")
    row.writes_again = time.time() - started
    assert pair.accepts_writes("pg-b")
    pair.follow("both-lost", "prove", primary="pg-a")
    loss = acknowledged.loss(pair.present())
    row.lost = str(loss)
    assert loss.numbers == (), "everything was archived before"

    started = time.time()
    pair.lab.end_isolation(pair.lab.a)
    pair.lab.repository_up()
    pair.lab.a.rebuild(keep_data=False)
    pair.lab.a.wait_for(pair.lab.a.has_converged, 300, "pg-a converges")
    pair.calm("pg-a")
    made = re.findall(r"here\): WireGuard key (\S+)", pair.run("pg-a", "pairctl trust"))
    pair.follow("both-lost", "rejoin", {"key": made[0]}, primary="pg-a")
    pair.wait_until_whole()
    row.redundancy = time.time() - started
    # At each boot: a restored pair has nothing left to make.
    for host in HOSTS:
        pair.run(host, "systemctl restart pair-create")
