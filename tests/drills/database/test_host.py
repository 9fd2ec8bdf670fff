"""Something is wrong with a host itself: its certificate, its disk, its clock."""

import re
import time

import pytest

from tests.drills.database.breakages import (
    clock_ahead,
    expire_certificate,
    fill_disk,
    no_certificates,
    reconnect_standby,
)
from tests.drills.database.pair import CERTIFICATES, PSQL, Pair
from tests.drills.table import Table

pytestmark = pytest.mark.drill

WEEK = 7 * 86400
AN_HOUR = 3600


def test_an_expired_certificate_is_refused_told_and_renewed(pair: Pair, table: Table) -> None:
    row = table.row("certificate expired", "the standby's certificate for replication ended an hour ago")
    primary, standby = pair.primary, pair.standby
    # Its renewal is what the drill takes away, and brings back below.
    pair.run(standby, "systemctl stop pair-exchange.timer")
    expire_certificate(pair, standby, "replicator")
    reconnect_standby(pair)
    time.sleep(3)
    refused = not pair.is_streaming()
    told = pair.metric(standby, "database_certificate_remaining_seconds")
    with no_certificates(pair, primary):
        pair.run(standby, f"mv {CERTIFICATES}/replicator.pem {CERTIFICATES}/replicator.none")
        reconnect_standby(pair)
        pair.wait(pair.is_streaming, 20, "without the check the standby streams")
        row.mutations.append("certificate check off: a standby without a certificate streams")
        pair.run(standby, f"mv {CERTIFICATES}/replicator.none {CERTIFICATES}/replicator.pem")
    reconnect_standby(pair)
    time.sleep(2)
    still_refused = not pair.is_streaming()
    started = time.time()
    for host in (standby, pair.document(standby, "['certificates']['authority']"), standby):
        pair.run(host, "pairctl exchange")
    pair.run(standby, "systemctl start pair-exchange.timer")
    pair.wait_until_whole()
    row.redundancy = time.time() - started
    row.lost = "nothing"

    assert refused
    assert still_refused
    assert told < 0
    assert pair.metric(standby, "database_certificate_remaining_seconds") > WEEK


def test_a_strangers_key_and_authority_are_told_and_go_again(pair: Pair, table: Table) -> None:
    row = table.row("exchange in hostile hands", "a foreign key and a foreign authority in the parameters of the pair")
    owner = pair.document(pair.primary, "['certificates']['authority']")
    watcher = pair.other(owner)
    prefix, parameters = pair.document(owner, "['exchange']['prefix']"), pair.lab.services.secrets.parameters
    for host in (owner, watcher):
        pair.run(host, "systemctl stop pair-exchange.timer")
    before = pair.run(watcher, f"sha256sum {CERTIFICATES}/authority.pem")
    key = pair.run(watcher, "wg genkey | wg pubkey").strip()
    curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /dev/null"
    parameters[f"{prefix}/{owner}/certificate-authority"] = pair.run(
        watcher, f"openssl req -x509 {curve} -days 30 -subj /CN=stranger 2> /dev/null"
    )
    parameters[f"{prefix}/{owner}/wireguard-public-key"] = key
    pair.run(watcher, "pairctl exchange")
    told = pair.metric(watcher, "database_strange_keys")
    unchanged = pair.run(watcher, f"sha256sum {CERTIFICATES}/authority.pem")
    started = time.time()
    pair.follow("keys-changed", "check", primary=watcher)
    shown = re.findall(r"^nobody has agreed to this [^:]+: (\S+),", pair.run(watcher, "pairctl trust"), re.MULTILINE)
    for stranger in shown:
        pair.follow("keys-changed", "refuse", {"stranger": stranger}, primary=watcher)
    pair.wait_until_whole()
    row.redundancy = time.time() - started
    row.lost = "nothing"
    quiet = pair.metric(watcher, "database_strange_keys")

    pair.run(owner, "rm /etc/wireguard/packyard.key; pairctl exchange; systemctl restart wg-quick@packyard")
    made = parameters[f"{prefix}/{owner}/wireguard-public-key"]
    pair.run(watcher, "pairctl exchange")
    told_again = pair.metric(watcher, "database_strange_keys")
    pair.follow("keys-changed", "agree", {"fingerprint": made}, primary=watcher)
    pair.follow("keys-changed", "prove", primary=watcher)
    for host in (owner, watcher):
        pair.run(host, "systemctl start pair-exchange.timer")
    pair.wait_until_whole()

    assert (told, quiet, told_again) == (2, 0, 1)
    assert key in shown
    assert unchanged == before, "the foreign authority came into use"
    assert pair.metric(watcher, "database_strange_keys") == 0


def test_a_full_disk_stops_the_primary_and_loses_nothing(pair: Pair, table: Table) -> None:
    row = table.row("disk of the primary full", "not one byte is left on the data disk, under load")
    primary = pair.primary
    with pair.writer("local") as writer:
        fill_disk(pair, primary)
        pair.wait(lambda: not _takes_wal(pair, primary), 60, "PostgreSQL has no room for WAL")
        pair.follow("disk-full", "check", primary=primary)
        pair.lab.machine(primary).empty_data_disk()
        started = time.time()
        pair.follow("disk-full", "free", primary=primary)
        row.writes_again = writer.first_after(started, primary).at - started
        writer.wait_for_more(50)
        loss = writer.ledger.loss(pair.present())
    row.lost = str(loss)
    pair.wait_until_whole()
    row.redundancy = time.time() - started
    pair.follow("disk-full", "prove")

    assert loss.numbers == ()


def _takes_wal(pair: Pair, host: str) -> bool:
    """Whether the host has room for one more segment."""
    statement = "select pg_logical_emit_message(false, 'drill', 'x'); select pg_switch_wal()"
    return "ERROR" not in pair.run(host, f'timeout 6 {PSQL} -c "{statement}" || echo ERROR', check=False)


def test_a_clock_that_is_an_hour_off_stops_neither_stream_nor_promotion(pair: Pair, table: Table) -> None:
    row = table.row("clock off by an hour", "the standby's PostgreSQL lives an hour ahead")
    old, new = pair.primary, pair.standby
    with clock_ahead(pair, new):
        pair.wait_until_whole()
        ahead = float(pair.sql(new, "select extract(epoch from clock_timestamp())")) - time.time()
        assert AN_HOUR - 60 < ahead < AN_HOUR + 60
        with pair.writer("on") as writer:
            started = time.time()
            pair.run(new, "pairctl switchover --yes")
            row.writes_again = writer.first_after(started, new).at - started
            writer.wait_for_more(50)
            loss = writer.ledger.loss(pair.present())
    row.lost = str(loss)
    row.note = "its commits carry the wrong time, and a restore to a time goes by that"
    pair.wait_until_whole()
    row.redundancy = time.time() - started

    assert loss.numbers == ()
    assert pair.primary == new
    assert pair.standby == old
