"""What the clouds would refuse although every type and every limit fits: IAM actions, instance types, ranges, ARNs."""

import ipaddress
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import Session

from capture import Capture, Registration, Value
from capture.registration import leaves
from tests.support import STACKS, estate

TWO_RESOURCE_ACTIONS = {
    "ec2:AttachNetworkInterface",
    "ec2:CreateNetworkInterface",
    "ec2:DetachNetworkInterface",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:CreateSnapshot",
}
"""Actions that need two kinds of resources, which may stand in two statements; parliament wants them in one."""

KNOWN_CONDITIONS = {"ec2:ResourceTag/aws:autoscaling:groupName for action ec2-instance-connect:SendSSHPublicKey"}
"""Conditions that parliament's table lacks; this one is from the README of fleeting-plugin-aws."""

REVIEWED_STARS = (
    '"Sid": "DeployManagesItsServices"',
    '"Sid": "PreviewReadsConfiguration"',
    '"Sid": "ServicesOfOwnRegion"',
)
"""Statements of the pipelines' identities, which are for all that the program makes now and later (policies/iam.py),
and of the boundary of roles, which grants nothing."""


@pytest.fixture(params=STACKS)
def final(request: pytest.FixtureRequest) -> Capture:
    return estate(request.param)


def test_policy_documents_name_known_actions_on_fitting_resources(final: Capture) -> None:
    findings = [
        f"{entry.urn}: {path}: {finding.issue} {finding.detail}"
        for entry, path, document in _policy_documents(final)
        if path != "assumeRolePolicy"
        for finding in _iam_findings(document)
        if not _is_known_to_be_right(finding, document)
    ]

    assert findings == []


def test_parliament_finds_a_misspelt_action() -> None:
    statement = '{"Effect": "Allow", "Action": "s3:GetBucketLockation", "Resource": "*"}'
    document = f'{{"Version": "2012-10-17", "Statement": {statement}}}'

    assert [finding.issue for finding in _iam_findings(document)] == ["UNKNOWN_ACTION"]


def test_instance_types_exist(final: Capture) -> None:
    known = _ec2_values("InstanceType")
    used = {
        value
        for entry in final.resources
        for path, value in leaves(entry.inputs)
        if entry.cloud == "aws" and re.search(r"instanceTypes?(\[\d+\])?$", path) and isinstance(value, str)
    }

    assert used
    assert used <= known


def test_volume_types_exist(final: Capture) -> None:
    known = _ec2_values("VolumeType")
    used = {
        value
        for entry in final.resources
        for path, value in leaves(entry.inputs)
        if entry.cloud == "aws" and path.rpartition(".")[2] == "volumeType" and isinstance(value, str)
    }

    assert used
    assert used <= known


def test_groups_have_room_for_their_least_size(final: Capture) -> None:
    for group in final.of_type("aws:autoscaling/group:Group"):
        least, most = group.inputs["minSize"], group.inputs["maxSize"]

        assert isinstance(least, int)
        assert isinstance(most, int)
        assert least <= most, group.urn
        assert not (group.inputs.get("launchTemplate") and group.inputs.get("mixedInstancesPolicy")), group.urn


def test_bucket_names_are_taken_once() -> None:
    names = [
        bucket.cloud + str(bucket.inputs.get("bucket") or bucket.inputs.get("name"))
        for stack in STACKS
        for bucket in estate(stack).resources
        if bucket.kind == "Bucket"
    ]

    assert len(set(names)) == len(names), "bucket names are global in each cloud, over both stacks"


def test_ranges_are_networks_of_a_size_that_the_clouds_take(final: Capture) -> None:
    for entry in final.resources:
        for path, value in leaves(entry.inputs):
            if isinstance(value, str) and re.search(r"cidr|ranges?(\[\d+\])?$", path, re.IGNORECASE) and "/" in value:
                network = ipaddress.ip_network(value)
                if entry.kind in ("Vpc", "Subnet") and path == "cidrBlock":
                    assert 16 <= network.prefixlen <= 28, f"{entry.urn}: {path}"


def test_subnets_lie_in_their_network_without_overlap(final: Capture) -> None:
    networks = [_network(vpc, "cidrBlock") for vpc in final.of_type("aws:ec2/vpc:Vpc")]
    subnets = [_network(subnet, "cidrBlock") for subnet in final.of_type("aws:ec2/subnet:Subnet")]

    assert all(any(subnet.subnet_of(network) for network in networks) for subnet in subnets)
    assert not any(a.overlaps(b) for index, a in enumerate(subnets) for b in subnets[index + 1 :])


def test_arns_are_arns(final: Capture) -> None:
    shape = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:.+")
    wrong = [
        f"{entry.urn}: {path}={value}"
        for entry in final.resources
        for path, value in leaves(entry.inputs)
        if entry.cloud == "aws"
        and re.search(r"Arns?(\[\d+\])?$", path)
        and isinstance(value, str)
        and not shape.match(value)
    ]

    assert wrong == []


def _policy_documents(capture: Capture) -> Iterator[tuple[Registration, str, str]]:
    for entry in capture.resources:
        for path, value in leaves(entry.inputs):
            if entry.cloud == "aws" and isinstance(value, str) and value.startswith("{") and '"Statement"' in value:
                yield entry, path, value


def _ec2_values(name: str) -> set[str]:
    """The values that the EC2 API takes, from the model that botocore brings along."""
    shape: Any = Session().get_service_model("ec2").shape_for(name)
    return set(shape.enum)


def _iam_findings(document: str) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # parliament leaves its data files open when it is imported
        import parliament
    checked: Any = parliament.analyze_policy_string(document)
    return list(checked.findings)


def _is_known_to_be_right(finding: Any, document: str) -> bool:
    if finding.issue == "RESOURCE_STAR":
        return any(statement in document for statement in REVIEWED_STARS)
    if finding.issue == "UNKNOWN_CONDITION_FOR_ACTION":
        return any(condition in finding.detail for condition in KNOWN_CONDITIONS)
    if finding.issue == "RESOURCE_MISMATCH":
        # What a pattern such as s3:* brings along for other kinds of resources is granted on none of those named.
        return all(
            mismatch["action"] in TWO_RESOURCE_ACTIONS or f'"{mismatch["action"].partition(":")[0]}:*"' in document
            for mismatch in finding.detail
        )
    return False


def _network(registration: Registration, key: str) -> ipaddress.IPv4Network:
    value: Value = registration.inputs[key]
    assert isinstance(value, str)
    return ipaddress.IPv4Network(value)
