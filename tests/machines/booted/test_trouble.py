"""What may go wrong while a machine fetches: it stays as it is, and metric and message say why."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from lab.machines.machine import UNIT, LoneMachine
from lab.registered import bundle_address, change_document, document_address

METRICS = "/var/lib/packyard/metrics/packyard_converge.prom"

SCALED = """
mkdir -p /run/systemd/system/packyard-converge.service.d /run/systemd/system/packyard-converge.timer.d
printf '[Unit]\\nStartLimitIntervalSec=5s\\n[Service]\\nRestartSec=500ms\\n' \\
  > /run/systemd/system/packyard-converge.service.d/scaled.conf
printf '[Timer]\\nOnUnitInactiveSec=\\nOnActiveSec=0\\nOnUnitInactiveSec=7500ms\\n' \\
  > /run/systemd/system/packyard-converge.timer.d/scaled.conf
printf 'RandomizedDelaySec=0\\nAccuracySec=100ms\\n' \\
  >> /run/systemd/system/packyard-converge.timer.d/scaled.conf
systemctl daemon-reload
systemctl restart packyard-converge.timer
"""
"""All times of the units a hundred and twentieth."""

REAL = """
rm -r /run/systemd/system/packyard-converge.service.d /run/systemd/system/packyard-converge.timer.d
systemctl daemon-reload
"""


@pytest.fixture(autouse=True)
def sound_again(machine: LoneMachine) -> Iterator[None]:
    """After each fault; the last test shows that a machine goes on as if nothing had been."""
    bucket = machine.cloud.bucket
    before = dict(bucket.objects)
    machine.run("sed", "-i", "s/_success 0$/_success 1/", METRICS)
    yield
    bucket.objects, bucket.away, bucket.cut, bucket.wait = before, False, set(), None


def refused(machine: LoneMachine, words: str) -> None:
    """The next run ends badly with these words, and leaves everything as it was."""
    before, last = machine.fingerprint(), machine.metric("timestamp_seconds")

    assert not machine.converge()
    assert re.search(words, machine.words()), machine.words()
    assert machine.metric("last_run_success") == 0
    assert machine.metric("timestamp_seconds") == last, "the age of the last success goes on growing"
    assert machine.fingerprint() == before
    services = ("ssh", "prometheus-node-exporter", "packyard-report.timer", "packyard-converge.timer")
    assert machine.run("systemctl", "is-active", *services).split() == ["active"] * len(services)


def forget_bundles(machine: LoneMachine) -> None:
    """So that the bundle is fetched again."""
    machine.run("sh", "-c", "rm -rf /var/lib/packyard/bundles/*")


def test_a_bundle_with_another_digest_is_refused(machine: LoneMachine) -> None:
    forget_bundles(machine)
    machine.cloud.bucket.objects[bundle_address(machine.cloud)] += b"\0"

    refused(machine, "RefusedError: the bundle has SHA-256 .* the settings document says")
    assert machine.run("ls", "-A", "/var/lib/packyard/bundles").strip() == "", "nothing was unpacked"


def test_a_bundle_that_ends_in_the_middle_is_refused(machine: LoneMachine) -> None:
    forget_bundles(machine)
    machine.cloud.bucket.cut.add(bundle_address(machine.cloud))

    refused(machine, "IncompleteRead")
    assert machine.run("ls", "-A", "/var/lib/packyard/bundles").strip() == "", "nothing was unpacked"


def test_a_bucket_that_is_away_is_named(machine: LoneMachine) -> None:
    machine.cloud.bucket.away = True

    refused(machine, "HTTP Error 503.*storage.googleapis.com/storage/v1/b/.*document.json")


@pytest.mark.parametrize(
    ("pattern", "replacement", "words"),
    [
        (r'"schemaVersion": 1', '"schemaVersion": 2', "schema version 2, this machine knows 1"),
        (r"\A\{", "", "no JSON"),
        (r'"role": "[a-z-]+"', '"role": "unheard-of"', "refused: role is 'unheard-of', against enum"),
        (r'"maintenanceWindow"', '"maintenancewindow"', "maintenanceWindow is missing"),
    ],
    ids=["newer schema", "no JSON", "unknown role", "misspelt key"],
)
def test_an_invalid_document_is_refused(machine: LoneMachine, pattern: str, replacement: str, words: str) -> None:
    change_document(machine.cloud, pattern, replacement)

    refused(machine, words)


def test_an_older_document_that_comes_back_is_refused(machine: LoneMachine) -> None:
    """Whoever may delete the newest version of an object in S3 brings the one before it back."""
    assert machine.converge()
    written, address = machine.cloud.bucket.written, document_address(machine.cloud)
    moment = written[address]
    written[address] = moment - timedelta(hours=1)
    try:
        refused(machine, "an older one is never taken again")
    finally:
        written[address] = moment


def test_a_full_disk_leaves_no_half_files(machine: LoneMachine) -> None:
    forget_bundles(machine)
    machine.run("sh", "-c", "cat /dev/zero > /var/full; true")
    try:
        refused(machine, "No space left on device")
        assert machine.run("ls", "-A", "/var/lib/packyard/bundles").strip() == "", "nothing was unpacked"
    finally:
        machine.run("rm", "/var/full")


def test_of_two_runs_at_once_the_second_gives_way(machine: LoneMachine) -> None:
    wait = machine.cloud.bucket.wait = threading.Event()
    machine.run("systemctl", "start", "--no-block", UNIT)
    machine.wait_for(
        lambda: "activating" in machine.run("systemctl", "is-active", UNIT, check=False), 10, "the first run begins"
    )
    machine.wait_for(lambda: "1" in machine.run("sh", "-c", "flock -n /run/packyard.lock true || echo 1"), 10, "locked")

    second = machine.run("/usr/local/lib/packyard/fetch.py", check=False)

    assert "another converge runs" in second
    wait.set()
    machine.wait_for(
        lambda: "inactive" in machine.run("systemctl", "is-active", UNIT, check=False), 180, "the first run ends"
    )
    assert machine.metric("last_run_success") == 1


def test_a_bucket_that_was_away_for_an_hour_is_found_again_by_itself(machine: LoneMachine) -> None:
    machine.run("sh", "-c", SCALED)
    machine.cloud.bucket.away = True
    machine.wait_for(lambda: machine.metric("last_run_success") == 0, 30, "a run fails")
    machine.wait_for(
        lambda: "repeated too quickly" in machine.run("journalctl", "--no-pager", "--since=-30s", f"--unit={UNIT}"),
        30,
        "it gives up until the timer comes again",
    )
    try:
        machine.cloud.bucket.away = False
        machine.wait_for(lambda: machine.metric("last_run_success") == 1, 180, "it converges again")
    finally:
        machine.run("sh", "-c", REAL)
