"""A change tells what anybody newly reaches, with the path; what changes nothing tells nothing."""

from functools import cache
from typing import Any

import pytest

from capture import Capture
from reach.network import Change, Network, difference
from tests.reach.network.changes import Edit, address_of, edited, found, made, with_rule
from tests.reach.network.refactorings import REFACTORINGS, UPLOAD, WORKERS
from tests.support import estate, variant

JOBS = "job on worker group "
GROUPS = {tier: ("SecurityGroup", f"{shard}-workers") for tier, shard in WORKERS.items()}
SSH = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22}


@cache
def before() -> Network:
    return Network(estate("production"))


def told(*edits: Edit) -> tuple[Change, ...]:
    capture = estate("production")
    for edit in edits:
        capture = edit(capture)
    return difference(before(), Network(capture))


def kinds(change: Change) -> list[str]:
    """The kinds of what allows each step."""
    urns = [step.by for step in change.path if step.by]
    return [urn.split("::")[2].rpartition(":")[2] for urn in urns]


def strangers_log_in_where_packages_are_signed(capture: Capture) -> Capture:
    rule = ("SecurityGroupIngressRule", f"{WORKERS['publish']}-ssh")
    leaves = ("SecurityGroupEgressRule", "runner-manager-aws-blue-ssh-amd64-untrusted")
    entering = {"referencedSecurityGroupId": GROUPS["untrusted"], "securityGroupId": GROUPS["publish"]}
    leaving = {"referencedSecurityGroupId": GROUPS["publish"], "securityGroupId": GROUPS["untrusted"]}
    return made(leaves, "out", SSH, leaving)(made(rule, "in", SSH, entering)(capture))


def test_strangers_who_may_log_in_to_publish_workers_are_told() -> None:
    (change,) = told(strangers_log_in_where_packages_are_signed)

    assert str(change) == f"{JOBS}{WORKERS['untrusted']} can now reach {JOBS}{WORKERS['publish']} at tcp 22"
    assert kinds(change) == ["SecurityGroupEgressRule", "SecurityGroupIngressRule"]


def test_half_of_an_opening_opens_nothing() -> None:
    rule = ("SecurityGroupIngressRule", f"{WORKERS['publish']}-ssh")
    entering = {"referencedSecurityGroupId": GROUPS["untrusted"], "securityGroupId": GROUPS["publish"]}

    assert told(made(rule, "in", SSH, entering)) == ()


def test_an_opening_by_ranges_of_a_part_of_the_workers_is_told_as_perhaps() -> None:
    """Two subnets of three are let in, and nobody knows in which of them a job will run."""
    leaves = ("SecurityGroupEgressRule", "shard-amd64-protected-blue-private-10-40-0-16-28-443")
    enters = ("SecurityGroupIngressRule", "aws-endpoints")
    out = {**SSH, "cidrIpv4": "10.36.0.0/16"}
    changes = told(
        made(leaves, "out", out, {"securityGroupId": GROUPS["untrusted"]}),
        made(enters, "in", {**SSH, "cidrIpv4": "10.36.128.0/19"}, {"securityGroupId": GROUPS["publish"]}),
    )

    assert [(change.place, change.target) for change in changes] == [
        (JOBS + WORKERS["untrusted"], JOBS + WORKERS["publish"])
    ]
    assert "10.36.128.0/19" in changes[0].perhaps


@pytest.mark.parametrize("ranges", [("*",), ("0.0.0.0/0",), ("0.0.0.0/1", "128.0.0.0/1")])
def test_an_upload_list_that_is_open_to_everybody_is_told(ranges: tuple[str, ...]) -> None:
    capture = estate("production")
    changes = told(edited("SecurityPolicy", UPLOAD, {"rules": with_rule(capture, UPLOAD, 0, *ranges)}))
    places = {change.place for change in changes}

    assert {change.target for change in changes} == {"upload.packyard.example.com"}
    assert all(change.is_gained for change in changes)
    assert {"anybody on the internet", JOBS + WORKERS["untrusted"], "machine dev-instance"} <= places
    assert JOBS + WORKERS["publish"] not in places, "they could before"


def test_a_last_rule_that_allows_is_told() -> None:
    rules: Any = found(estate("production"), "SecurityPolicy", UPLOAD).inputs["rules"]
    changes = told(edited("SecurityPolicy", UPLOAD, {"rules": (rules[0], {**rules[1], "action": "allow"})}))

    assert {"anybody on the internet", JOBS + WORKERS["untrusted"]} <= {change.place for change in changes}


def test_an_address_of_strangers_in_the_list_is_told_with_the_way() -> None:
    capture = estate("production")
    address = address_of(capture, "Eip", "aws-nat-a")
    edit = edited(
        "SecurityPolicy", UPLOAD, {"rules": with_rule(capture, UPLOAD, 0, address)}, {"rules": ("Eip", "aws-nat-a")}
    )
    changes = told(edit)

    assert {change.target for change in changes} == {"upload.packyard.example.com"}
    strangers = next(change for change in changes if change.place == JOBS + WORKERS["untrusted"])
    assert kinds(strangers)[:5] == [
        "SecurityGroupEgressRule",
        "Route",
        "Eip",
        "GlobalForwardingRule",
        "SecurityPolicy",
    ]
    assert strangers.path[2].by.endswith("::aws-nat-a")


def test_a_route_of_strangers_to_the_gateway_of_publish_jobs_is_told() -> None:
    """The third step of the chain: the list stays as it is, and who leaves by its addresses changes."""
    route = edited(
        "Route", "aws-private-a", {"natGatewayId": found(estate("production"), "NatGateway", "aws-nat-publish-a").id}
    )
    changes = [change for change in told(route) if change.target == "upload.packyard.example.com"]

    assert JOBS + WORKERS["untrusted"] in {change.place for change in changes}
    assert all(any(step.by.endswith("::aws-nat-publish-a") for step in change.path) for change in changes)


def test_a_worker_that_moves_into_a_subnet_of_publish_jobs_is_told() -> None:
    group = found(estate("production"), "Group", WORKERS["publish"])
    subnets = {"vpcZoneIdentifiers": group.inputs["vpcZoneIdentifiers"]}
    changes = told(edited("Group", WORKERS["untrusted"], subnets))

    assert JOBS + WORKERS["untrusted"] in {
        change.place for change in changes if change.target == "upload.packyard.example.com" and change.is_gained
    }


def test_ssh_from_the_world_is_told() -> None:
    changes = told(edited("Firewall", "testground-allow-iap", {"sourceRanges": ("35.235.240.0/20", "0.0.0.0/0")}))
    internet = {change.target for change in changes if change.place == "anybody on the internet"}

    assert internet == {"machine dev-instance", "machine pg-a"}, "those that have public addresses"


def test_a_range_more_is_told_by_itself() -> None:
    rule: Any = found(estate("production"), "Firewall", "dev-instance-git-ssh").inputs
    changes = told(
        edited("Firewall", "dev-instance-git-ssh", {"sourceRanges": (*rule["sourceRanges"], "192.0.2.0/24")})
    )

    assert [str(change) for change in changes] == [
        "anybody on the internet can now reach machine dev-instance at tcp 2222 (192.0.2.0/24)"
    ]


def test_what_is_closed_is_told_as_a_loss() -> None:
    (change,) = told(edited("Firewall", "dev-instance-git-ssh", {"disabled": True}))

    assert str(change) == "anybody on the internet no longer reaches machine dev-instance at tcp 2222 (203.0.113.0/24)"


def test_metadata_that_pods_may_read_are_told() -> None:
    template: Any = found(estate("production"), "LaunchTemplate", "cloud-native-nodes").inputs
    options = {**template["metadataOptions"], "httpPutResponseHopLimit": 2}
    (change,) = told(edited("LaunchTemplate", "cloud-native-nodes", {"metadataOptions": options}))

    assert str(change) == "pod on cloud-native-nodes can now reach metadata of cloud-native-nodes at tcp 80"


def test_an_egress_rule_that_comes_too_early_is_told() -> None:
    """On GCP the lowest number wins, so an allow before the denial of private ranges opens them."""
    inputs = {"priority": 10, "allows": ({"protocol": "tcp", "ports": ("22", "80", "443")},)}
    changes = told(edited("Firewall", "runners-gcp-workers-out-web", inputs))
    gained = {change.place for change in changes if change.target == "the internet"}

    assert gained == {JOBS + "shard-gcp-amd64-untrusted-b-blue", JOBS + "shard-gcp-amd64-untrusted-c-blue"}


@pytest.mark.parametrize("name", REFACTORINGS)
def test_a_refactoring_tells_nothing(name: str) -> None:
    assert [str(change) for change in told(REFACTORINGS[name])] == []


def test_a_setting_that_opens_a_port_is_told_from_the_stack_file() -> None:
    ranges = ["203.0.113.0/24", "192.0.2.0/24"]
    changes = difference(before(), Network(variant("production", {"devInstance.gitSsh.allowedCidrs": ranges})))

    assert [str(change) for change in changes] == [
        "anybody on the internet can now reach machine dev-instance at tcp 2222 (192.0.2.0/24)"
    ]
