"""Files of the first boot and of converge, read by the programs that will read them, in Debian's own versions."""

import base64
import gzip

from lab.clouds.metadata import AmazonCloud, GoogleCloud
from lab.machines.machine import LoneMachine
from settings.vocabulary import Cloud
from tests.machines.support.programs import MACHINES


def put(machine: LoneMachine, text: str, path: str) -> None:
    machine.run(
        "sh",
        "-c",
        f"mkdir -p $(dirname {path}); echo '{base64.b64encode(text.encode()).decode()}' | base64 -d > {path}",
    )


def test_systemd_finds_no_fault_in_the_units(machine: LoneMachine) -> None:
    units = [f"/etc/systemd/system/{path.name}" for path in sorted((MACHINES / "converge").glob("packyard-*"))]

    assert len(units) == 4
    assert machine.run("systemd-analyze", "verify", "--man=no", *units).strip() == ""


def test_systemd_would_find_a_fault(machine: LoneMachine) -> None:
    put(machine, "[Service]\nExecStart=/bin/true\nRestartSecs=1\n", "/run/lab/wrong.service")

    assert "RestartSecs" in machine.run("systemd-analyze", "verify", "--man=no", "/run/lab/wrong.service", check=False)


def test_cloud_init_finds_no_fault_in_the_user_data(either: LoneMachine) -> None:
    cloud = either.cloud
    text = (
        cloud.attributes["user-data"] if isinstance(cloud, GoogleCloud) else gzip.decompress(cloud.user_data).decode()
    )
    put(either, text, "/run/lab/user-data.yaml")

    assert "Valid schema" in either.run("cloud-init", "schema", "--config-file", "/run/lab/user-data.yaml")


def test_a_unit_that_ends_on_one_machine_goes_on_on_the_other(machines: dict[Cloud, LoneMachine]) -> None:
    for machine in machines.values():
        machine.run("systemd-run", "--quiet", "--unit=lab-namesake", "sleep", "60")
    machines[Cloud.GCP].run("systemctl", "stop", "lab-namesake")

    assert machines[Cloud.AWS].run("systemctl", "is-active", "lab-namesake", check=False).strip() == "active"
    machines[Cloud.AWS].run("systemctl", "stop", "lab-namesake")


def test_the_emulated_clouds_refuse_what_the_real_ones_refuse(either: LoneMachine) -> None:
    ask = "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1]))"
    path = "latest/meta-data/instance-id" if isinstance(either.cloud, AmazonCloud) else "computeMetadata/v1/instance/id"
    refusal = "401" if isinstance(either.cloud, AmazonCloud) else "403"

    assert refusal in either.run("python3", "-c", ask, f"http://169.254.169.254/{path}", check=False)
