"""The life of a machine: first boot, runs that change nothing, a new document, a reboot."""

import time

import pytest

from lab.bundle import change_bundle, file_of_bundle
from lab.machines.machine import LoneMachine


def test_a_machine_boots_and_converges(either: LoneMachine) -> None:
    status = either.run("cloud-init", "status", "--long", check=False)

    assert "extended_status: done" in status, status
    assert either.run("systemctl", "is-active", "packyard-converge.timer", "packyard-report.timer").split() == [
        "active",
        "active",
    ]
    assert either.metric("timestamp_seconds") > 0
    assert either.run("systemctl", "--failed", "--plain", "--no-legend").strip() == ""
    assert either.cloud.bucket.refused == [], "it never asks for anything with no right to it"


def test_its_metrics_reach_the_cloud(either: LoneMachine) -> None:
    either.cloud.bucket.sent.clear()
    either.run("systemctl", "start", "packyard-report.service")

    sent = {series.metric.rpartition("/")[2]: value for series, value in either.cloud.bucket.sent[-1].items()}
    assert sent["converge_last_run_success"] == 1
    ended = either.metric("timestamp_seconds")
    assert sent["converge_age_seconds"] == pytest.approx(time.time() - ended, abs=120), "however slow the host is"
    assert "reboot_required" in sent


def test_a_second_run_changes_nothing(either: LoneMachine) -> None:
    before = either.fingerprint()

    assert either.converge(), either.words()
    assert "changed=0 " in either.words(), either.words()
    assert "failed=0 " in either.words(), either.words()
    assert either.fingerprint() == before


def test_a_new_document_is_applied_by_the_timer(machine: LoneMachine) -> None:
    defaults = "roles/base/defaults/main.yml"
    old = file_of_bundle(machine.cloud, defaults)
    new = old.replace(b"base_journal_max_use: 1G", b"base_journal_max_use: 2G")
    assert new != old
    digest = change_bundle(machine.cloud, {defaults: new})

    assert machine.converge(by_timer=True), machine.words()
    assert "SystemMaxUse=2G" in machine.read("/etc/systemd/journald.conf.d/50-packyard.conf")
    assert digest in machine.read("/var/lib/packyard/document.json")


def test_a_reboot_keeps_everything(machine: LoneMachine) -> None:
    before = machine.fingerprint()
    last = machine.metric("timestamp_seconds")
    machine.run("systemctl", "reboot")
    machine.restart(120)
    machine.wait_for(machine.is_up, 180, "it is up again")
    machine.wait_for(lambda: machine.metric("timestamp_seconds") > last, 180, "it converges by itself")

    assert machine.metric("last_run_success") == 1
    assert machine.fingerprint() == before


def test_the_root_of_a_machine_reaches_no_device_of_its_host(machine: LoneMachine) -> None:
    assert "not permitted" in machine.run("mknod", "/root/disk", "b", "254", "0", check=False)
    assert "denied" in machine.run("mount", "-t", "devtmpfs", "none", "/mnt", check=False)
