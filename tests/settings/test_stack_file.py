"""A stack file that is wrong is refused with every fault, its place, and what would be right."""

from pathlib import Path
from typing import Any

import pytest

import stack_yaml
from settings.estate import GcpSettings
from settings.faults import Fault, SettingsError
from settings.parse import parse
from tests.support import STACK_FILES, STACKS, stack_file_text

MEANS_ZONE = (GcpSettings.model_fields["zone"].description or "").splitlines()[0].removesuffix(".")


def raw_settings(stack: str) -> dict[str, Any]:
    """The sections of a stack file, to be broken."""
    document: Any = stack_yaml.read(stack_file_text(stack).encode())
    return {key.removeprefix("packyard:"): value for key, value in document["config"].items()}


def faults_of(raw: dict[str, Any], stack: str = "staging", stack_file: Path | None = None) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        parse(raw, stack, stack_file)
    return caught.value.faults


@pytest.mark.parametrize("stack", STACKS)
def test_the_stack_files_are_accepted(stack: str) -> None:
    assert parse(raw_settings(stack), stack).stack == stack


def test_every_fault_is_reported_at_once_and_in_the_order_of_the_file() -> None:
    raw = raw_settings("staging")
    raw["network"]["aws"]["natGateways"] = "two"
    raw["estate"]["costCentre"] = "CC 1"
    raw["aws"]["accountId"] = 12

    paths = [fault.path for fault in faults_of(raw, stack_file=STACK_FILES / "Pulumi.staging.yaml")]

    assert paths == [("estate", "costCentre"), ("aws", "accountId"), ("network", "aws", "natGateways")]


def test_a_fault_names_file_line_place_and_what_would_be_right(tmp_path: Path) -> None:
    stack_file = tmp_path / "Pulumi.staging.yaml"
    text = stack_file_text("staging").replace("zone: us-east1-b", "zone: us-east1")
    stack_file.write_text(text, encoding="utf-8")
    line = text[: text.index("zone: us-east1")].count("\n") + 1
    document: Any = stack_yaml.read(text.encode())
    raw = {key.removeprefix("packyard:"): value for key, value in document["config"].items()}

    with pytest.raises(SettingsError) as caught:
        parse(raw, "staging", stack_file)

    assert str(caught.value) == (
        "Pulumi.staging.yaml: 1 fault\n"
        f"  line {line}: packyard:gcp.zone: 'us-east1' is not a GCP zone (a region is not one). "
        f'HINT: for example zone: "us-east1-b". {MEANS_ZONE}'
    )


def test_a_misspelt_section_gets_a_suggestion() -> None:
    raw = raw_settings("staging")
    raw["netwrok"] = raw.pop("network")

    faults = {fault.path: fault for fault in faults_of(raw)}

    assert faults["netwrok",].right == "did you mean network?"
    assert faults["network",].wrong == "missing"


def test_a_misspelt_key_deep_in_a_section_gets_a_suggestion() -> None:
    raw = raw_settings("staging")
    raw["network"]["flowLogs"]["retentoinDays"] = 3

    (fault,) = faults_of(raw)

    assert fault.path == ("network", "flowLogs", "retentoinDays")
    assert fault.right == "did you mean retentionDays?"


def test_a_key_unlike_any_other_gets_the_list_of_known_ones() -> None:
    raw = raw_settings("staging")
    raw["dns"]["xyzzy"] = 1

    (fault,) = faults_of(raw)

    assert fault.right == "known keys are domain"


def test_the_stack_is_named_by_its_file_alone() -> None:
    (fault,) = faults_of({**raw_settings("staging"), "stack": "production"})

    assert fault.path == ("stack",)


def test_a_section_that_is_plain_text_is_a_fault_and_no_traceback() -> None:
    (fault,) = faults_of({**raw_settings("staging"), "network": "10.0.0.0/8"})

    assert fault.path == ("network",)
    assert "gcp, aws, flowLogs" in fault.right


def test_a_system_that_is_left_out_or_empty_is_accepted() -> None:
    raw = raw_settings("staging")
    raw.pop("cloudNativeCluster")
    assert parse(raw, "staging").cloud_native_cluster is None
    assert parse({**raw, "cloudNativeCluster": {}}, "staging").cloud_native_cluster is None


def _broken(section: str, *path: str | int, value: Any) -> dict[str, Any]:
    raw = raw_settings("production")
    holder: Any = raw[section]
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    return raw


@pytest.mark.parametrize(
    ("raw", "place", "words"),
    [
        (_broken("estate", "protected", value=False), "packyard:estate.protected", "must be protected"),
        (
            _broken("backupVault", "gcs", "noncurrentDays", value=6),
            "packyard:backupVault.gcs.noncurrentDays",
            "6 is too short",
        ),
        (
            _broken("runnerFleet", "gcpManagers", "untrusted", "size", "snapshotRetentionDays", value=1),
            "packyard:runnerFleet.gcpManagers.untrusted.size.snapshotRetentionDays",
            "1 is too short",
        ),
        (_broken("estate", "alertAddresses", value=[]), "packyard:estate.alertAddresses", "at least 1"),
        (_broken("estate", "alertAddresses", 0, value="me"), "packyard:estate.alertAddresses[0]", "e-mail"),
        (_broken("aws", "accountId", value="12"), "packyard:aws.accountId", "12 digits"),
        (_broken("aws", "availabilityZones", 1, value="eu-west-1b"), "packyard:aws.availabilityZones[1]", "not in"),
        (
            _broken("aws", "availabilityZones", 1, value="us-east-1a"),
            "packyard:aws.availabilityZones[1]",
            "stands at [0] already",
        ),
        (_broken("gcp", "zone", value="europe-west1-b"), "packyard:gcp.zone", "not in us-east1"),
        (_broken("gcp", "image", value="debian-13"), "packyard:gcp.image", "pinned"),
        (_broken("dns", "domain", value="Example.com."), "packyard:dns.domain", "lower case"),
        (_broken("network", "aws", "natGateways", value="single"), "packyard:network.aws.natGateways", "each zone"),
        (_broken("network", "aws", "cidr", value="10.32.0.0/20"), "packyard:network.aws.cidr", "overlaps"),
        (_broken("network", "aws", "cidr", value="10.36.0.0/24"), "packyard:network.aws.cidr", "/16 to /20"),
        (_broken("network", "aws", "cidr", value="8.8.0.0/16"), "packyard:network.aws.cidr", "private"),
        (_broken("network", "aws", "cidr", value="10.36.0.1/16"), "packyard:network.aws.cidr", "host bits"),
        (
            _broken("network", "aws", "interfaceEndpoints", value=["s4"]),
            "packyard:network.aws.interfaceEndpoints",
            "s4",
        ),
        (_broken("network", "flowLogs", "sampling", value=0), "packyard:network.flowLogs.sampling", "greater than 0"),
        (_broken("network", "flowLogs", "retentionDays", value=31), "packyard:network.flowLogs.retentionDays", "31"),
        (
            _broken("cloudNativeCluster", "nodes", "minimum", value=99),
            "packyard:cloudNativeCluster.nodes.minimum",
            "above",
        ),
        (
            _broken("cloudNativeCluster", "apiAccessCidrs", value=["0.0.0.0/0"]),
            "packyard:cloudNativeCluster.apiAccessCidrs",
            "to the world",
        ),
    ],
)
def test_each_rule_refuses_the_file_that_breaks_it(raw: dict[str, Any], place: str, words: str) -> None:
    (fault,) = faults_of(raw, "production")

    assert str(fault).startswith(f"{place}: ")
    assert words in str(fault)
    assert fault.right
