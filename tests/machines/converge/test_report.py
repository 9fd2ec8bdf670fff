"""report.py: what a machine says about itself, and that alarms look at just that."""

import json
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from components.alerts.metrics import AWS_NAMESPACE, GCP_PREFIX, MACHINE_LABEL, MachineMetric
from components.package_server.monitoring import ServerMetric
from tests.machines.support.programs import program

report = program("report")

MOUNTS = "/dev/sda1 / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/sdb /srv/a\\040b ext4 rw 0 0\n"
NOW = 10_000.0


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.prom").write_text(
        "# TYPE packyard_backup_timestamp_seconds gauge\npackyard_backup_timestamp_seconds 9958\nnode_load1 9\n"
        'packyard_labelled{kind="x"} 1\npackyard_converge_timestamp_seconds 9900\npackyard_held 1\n'
    )
    full = {"/": SimpleNamespace(f_blocks=100, f_bfree=60, f_bavail=60), "/srv/a b": None, "/run": None}
    full["/srv/a b"] = SimpleNamespace(f_blocks=100, f_bfree=10, f_bavail=5)

    def statvfs(path: str) -> SimpleNamespace | None:
        return full[path]

    monkeypatch.setattr(report.os, "statvfs", statvfs)
    return tmp_path


def test_samples_of_roles_are_sent_and_others_stay(files: Path) -> None:
    values = report.gathered(files, MOUNTS, NOW)

    assert values["backup_age_seconds"] == 42
    assert values["held"] == 1
    assert set(values) == {
        "held",
        "backup_age_seconds",
        MachineMetric.DISK_USED_RATIO,
        MachineMetric.CONVERGE_AGE_SECONDS,
    }


AGES = [name for metrics in (MachineMetric, ServerMetric) for name in metrics if name.endswith("_age_seconds")]


@pytest.mark.parametrize("name", AGES)
def test_an_age_that_alarms_look_at_is_what_becomes_of_a_time_that_a_role_wrote(name: str, tmp_path: Path) -> None:
    written = f"packyard_{name.removesuffix('_age_seconds')}_timestamp_seconds"
    (tmp_path / "a.prom").write_text(f"{written} {NOW - 42}\n")

    assert report.gathered(tmp_path, "", NOW)[name] == 42


def test_the_fullest_file_system_counts_as_df_counts_it(files: Path) -> None:
    values = report.gathered(files, MOUNTS, NOW)

    assert values[MachineMetric.DISK_USED_RATIO] == pytest.approx(90 / 95)


def test_the_age_of_the_last_success_grows_and_none_at_all_is_the_oldest(files: Path) -> None:
    once = report.gathered(files, MOUNTS, NOW)[MachineMetric.CONVERGE_AGE_SECONDS]
    (files / "a.prom").unlink()
    never = report.gathered(files, MOUNTS, NOW)[MachineMetric.CONVERGE_AGE_SECONDS]

    assert once == 100
    assert never == NOW


def test_both_clouds_get_the_names_that_alarms_look_at() -> None:
    document = {"name": "web"}

    (series,) = json.loads(report.google_request(document, {MachineMetric.DISK_USED_RATIO: 0.5}, {}))["timeSeries"]
    fields = parse_qs(report.amazon_request(document, {MachineMetric.DISK_USED_RATIO: 0.5}).decode())

    assert series["metric"] == {
        "type": f"{GCP_PREFIX}/{MachineMetric.DISK_USED_RATIO}",
        "labels": {MACHINE_LABEL: "web"},
    }
    assert fields["Namespace"] == [AWS_NAMESPACE]
    assert fields["MetricData.member.1.MetricName"] == [MachineMetric.DISK_USED_RATIO]
    assert fields["MetricData.member.1.Dimensions.member.1.Name"] == [MACHINE_LABEL]
    assert fields["MetricData.member.1.Dimensions.member.1.Value"] == ["web"]
