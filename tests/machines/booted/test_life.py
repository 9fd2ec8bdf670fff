"""The life of a machine: first boot, runs that change nothing, a new document, a reboot."""

import hashlib
import io
import tarfile
from pathlib import Path

from lab.machines.machine import LoneMachine
from lab.registered import bundle_address, change_document


def test_a_machine_boots_from_what_is_registered_and_converges(either: LoneMachine) -> None:
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
    either.cloud.bucket.samples.clear()
    either.run("systemctl", "start", "packyard-report.service")

    (sent,) = either.cloud.bucket.samples[-1:]
    assert sent["converge_last_run_success"] == 1
    assert 0 <= sent["converge_age_seconds"] < 600
    assert "reboot_required" in sent


def test_a_second_run_changes_nothing(either: LoneMachine) -> None:
    before = either.fingerprint()

    assert either.converge(), either.words()
    assert "changed=0 " in either.words(), either.words()
    assert "failed=0 " in either.words(), either.words()
    assert either.fingerprint() == before


def test_a_new_document_is_applied_by_the_timer(machine: LoneMachine) -> None:
    bucket, address = machine.cloud.bucket, bundle_address(machine.cloud)
    content = with_file(
        bucket.objects[address],
        "roles/base/defaults/main.yml",
        b"base_journal_max_use: 1G",
        b"base_journal_max_use: 2G",
    )
    digest = hashlib.sha256(content).hexdigest()
    old = Path(address).stem
    bucket.objects[address.replace(old, digest)] = content
    change_document(machine.cloud, f'"url": "([^"]*){old}', rf'"url": "\g<1>{digest}')
    change_document(machine.cloud, f'"sha256": "{old}"', f'"sha256": "{digest}"')

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


def with_file(archive: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """A bundle that differs in one place of one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as source, tarfile.open(fileobj=buffer, mode="w") as target:
        for member in source.getmembers():
            file = source.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == name:
                assert content.count(old) == 1
                content = content.replace(old, new)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
