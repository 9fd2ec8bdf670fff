"""Of two values that disagree, a fault names both with their lines and neither as the right one."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stack_yaml
from settings.faults import SettingsError
from settings.parse import parse
from tests.support import stack_file_text

Sections = dict[str, Any]


def _with(*path: str | int, value: object) -> Callable[[Sections], None]:
    def change(sections: Sections) -> None:
        around: Any = sections
        for part in path[:-1]:
            around = around[part]
        around[path[-1]] = value

    return change


def _of_one_day(sections: Sections) -> None:
    pair = sections["databasePair"]
    pair["aws"]["maintenanceWindow"]["day"] = pair["gcp"]["maintenanceWindow"]["day"]


@pytest.mark.parametrize(
    ("change", "first", "second"),
    [
        (_with("dns", "domain", value="other.invalid"), "packageServer.hosts.public", "dns.domain"),
        (_with("dns", "domain", value="other.invalid"), "devInstance.hostName", "dns.domain"),
        (_with("gcp", "region", value="us-west1"), "gcp.zone", "gcp.region"),
        (_with("aws", "region", value="us-west-2"), "aws.availabilityZones[0]", "aws.region"),
        (
            _with("gcp", "projects", "testground", value="example-pipelines-stg"),
            "ciIdentity.state.kmsKey",
            "gcp.projects.testground",
        ),
        (_with("aws", "accountId", value="123456789012"), "backupVault.operatorRoleArn", "aws.accountId"),
        (
            _with("packageServer", "repositories", 0, "codename", value="bookworm"),
            "packageServer.repositories[0].path",
            "packageServer.repositories[0].codename",
        ),
        (_with("network", "aws", "cidr", value="10.16.0.0/16"), "network.aws.cidr", "network.gcp.testground"),
        (
            _with("databasePair", "gcp", "dataDiskGiB", value=51),
            "databasePair.aws.dataDiskGiB",
            "databasePair.gcp.dataDiskGiB",
        ),
        (_of_one_day, "databasePair.aws.maintenanceWindow.day", "databasePair.gcp.maintenanceWindow.day"),
    ],
)
def test_both_values_are_named_with_their_lines(
    change: Callable[[Sections], None], first: str, second: str, tmp_path: Path
) -> None:
    text, told = _told(change, tmp_path)
    [fault] = [line for line in told if f": packyard:{first}: " in line and second in line]
    hint = r"HINT: one of the two is wrong: this value, or line (\d+): packyard:(\S+)"
    found = re.fullmatch(rf" +line (\d+): packyard:(\S+): .* {hint}", fault)

    assert found is not None, fault
    assert (found[2], found[4]) == (first, second)
    for line, place in ((found[1], first), (found[3], second)):
        key = re.sub(r"\[\d+\]$", "", place).rpartition(".")[2]
        assert f'"{key}"' in text[int(line) - 1] or place.endswith("]"), (line, place)


def test_what_is_another_stacks_is_named_with_the_line_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.production.yaml").write_text(stack_file_text("production"), encoding="utf-8")
    theirs: Any = stack_yaml.read(stack_file_text("production").encode())
    domain = theirs["config"]["packyard:dns"]["domain"]
    _, told = _told(_with("dns", "domain", value=domain), tmp_path)
    [fault] = [line for line in told if ": packyard:dns.domain: " in line]
    line = re.search(r"or Pulumi\.production\.yaml, line (\d+): packyard:dns\.domain$", fault)

    assert line is not None, fault
    assert domain in stack_file_text("production").splitlines()[int(line[1]) - 1]


def _told(change: Callable[[Sections], None], folder: Path) -> tuple[list[str], list[str]]:
    """A stack file after a change, by lines, and what its fault says."""
    document: Any = stack_yaml.read(stack_file_text("staging").encode())
    sections = {key.removeprefix("packyard:"): value for key, value in document["config"].items()}
    change(sections)
    file = folder / "Pulumi.staging.yaml"
    file.write_text(stack_yaml.written(document), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        parse(sections, "staging", file)
    return file.read_text(encoding="utf-8").splitlines(), str(caught.value).splitlines()
