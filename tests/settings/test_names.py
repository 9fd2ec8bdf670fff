"""Names that lead others: what a cloud keeps for itself is refused, and no name of the estate becomes too long."""

import json
from typing import Any

import pytest
from botocore.session import Session

from policies import check
from settings.faults import SettingsError
from settings.machine_families import EC2_FAMILIES
from settings.naming import LENGTH_LIMITS, physical_name
from settings.parse import parse
from tests.estate.test_variants import HA_VPN
from tests.settings.test_stack_file import raw_settings
from tests.support import STACKS, changed_stack_file, faults_of, variant

PREFIX = "a" * 20
ENDPOINT = {"cidr": "10.250.0.1/32", "port": 5432, "purpose": "an example"}


@pytest.mark.parametrize(
    "prefix",
    ["google-x", "goog-x", "goog", "my-google", "gcp-x", "gcp", "xn--x", "a-xn--x", "aws-x", "ssm", "sg-x", "Example"],
)
def test_a_prefix_that_a_cloud_keeps_for_itself_is_refused(prefix: str) -> None:
    assert [fault.path for fault in faults_of("staging", {"estate.namePrefix": prefix})] == [("estate", "namePrefix")]


@pytest.mark.parametrize("stack", ["Staging", "staging_eu", "staging.eu", "-staging", "a" * 21])
def test_a_stack_name_that_the_clouds_do_not_take_is_refused(stack: str) -> None:
    with pytest.raises(SettingsError, match="stack name"):
        parse(raw_settings("staging"), stack)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("devInstance.machine.machineType", "e9-huge-4"),
        ("devInstance.machine.machineType", "e2-huge-4"),
        ("databasePair.aws.instanceType", "m99z.large"),
        ("devInstance.machine.dataDiskGiB", 4),
    ],
)
def test_a_machine_that_no_cloud_has_is_refused(path: str, value: object) -> None:
    assert tuple(path.split(".")) in [fault.path for fault in faults_of("staging", {path: value})]


def test_every_family_of_ec2_exists() -> None:
    shape: Any = Session().get_service_model("ec2").shape_for("InstanceType")

    assert {name.partition(".")[0] for name in shape.enum} >= EC2_FAMILIES


@pytest.mark.parametrize("stack", STACKS)
def test_the_longest_prefix_makes_no_name_too_long_and_no_two_names_one(stack: str) -> None:
    """With every list that lengthens a name: shards of the longest names, private access, the VPN."""
    capture = variant(stack, {"estate.namePrefix": PREFIX, "link": HA_VPN, **_longest_shards(stack)})

    assert [str(violation) for violation in check(capture)] == []


def test_a_name_that_is_cut_keeps_prefix_and_stack_and_differs_from_others() -> None:
    first, second = (physical_name("prefix", "stack", "part" * 20, end, kind="gce") for end in ("one", "two"))

    assert first != second
    assert first.startswith("prefix-stack-")
    assert max(len(first), len(second)) <= LENGTH_LIMITS["gce"]


def _longest_shards(stack: str) -> dict[str, object]:
    """Names of shards as long as the rule for their groups lets them be, and a rule of a firewall for each."""
    fleet = json.loads(changed_stack_file(stack, {}).config["packyard:runnerFleet"])
    room = LENGTH_LIMITS["gce"] - len(f"{PREFIX}-{stack}-runner--green")
    changes: dict[str, object] = {}
    for index, shard in enumerate(fleet["shards"]):
        name = f"{index}{'x' * 40}"[:room] if room < 40 else shard["name"]
        changes[f"runnerFleet.shards.{index}.name"] = f"s{name[1:-1]}{index}"
        changes[f"runnerFleet.shards.{index}.privateAccess"] = [ENDPOINT]
    return changes
