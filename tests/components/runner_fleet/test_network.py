"""Who reaches a worker, and what a worker reaches."""

import ipaddress

import pytest

from capture import Capture, Registration
from components.runner_fleet.reach import WORKER_PORTS
from tests.components.runner_fleet.registered import (
    AWS_GROUP,
    EGRESS,
    FIREWALL,
    INGRESS,
    config_of,
    managers,
    trust_of,
)
from tests.registrations import data, one
from tests.support import estate, variant


def test_only_ssh_from_its_own_manager_reaches_a_worker_on_aws(swap: Capture) -> None:
    rules = [entry for entry in swap.of_type(INGRESS) if "RunnerFleet" in entry.urn and entry.name.startswith("shard-")]
    machines = {entry.name: entry.id for entry in swap.of_type("aws:ec2/securityGroup:SecurityGroup")}
    groups = swap.of_type(AWS_GROUP)
    assert len(rules) == len(groups)
    for rule in rules:
        shard = rule.name.removeprefix("shard-").removesuffix("-ssh")
        (trust,) = (trust_of(group) for group in groups if str(group.inputs["name"]).endswith(f"-runner-{shard}"))
        tier = "" if trust == "untrusted" else f"-{trust}"
        manager = f"runner-manager-aws{tier}-{shard.rpartition('-')[2]}-machine"
        assert (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["ipProtocol"]) == (22, 22, "tcp")
        assert rule.inputs["referencedSecurityGroupId"] == machines[manager]
        assert "cidrIpv4" not in rule.inputs


def test_workers_on_aws_reach_no_private_address_but_those_allowed() -> None:
    capture = estate("production")
    groups_of_workers = {
        entry.id: entry.name
        for entry in capture.of_type("aws:ec2/securityGroup:SecurityGroup")
        if entry.name.endswith("-workers") or (entry.name.startswith("runners-aws-") and "-egress-" in entry.name)
    }
    rules = [entry for entry in capture.of_type(EGRESS) if entry.inputs["securityGroupId"] in groups_of_workers]
    by_list = [entry for entry in rules if "prefixListId" in entry.inputs]
    others = [entry for entry in rules if entry not in by_list]

    assert {str(entry.inputs["toPort"]) for entry in by_list} == {"443", "80"}
    assert [(entry.inputs["cidrIpv4"], entry.inputs["toPort"]) for entry in others] == [("10.40.0.16/28", 443)]


def test_the_list_of_public_ranges_holds_every_public_address_and_no_private_one(fleet: Capture) -> None:
    prefix_list = one(fleet, "aws:ec2/managedPrefixList:ManagedPrefixList", "runners-aws-egress")
    ranges = [ipaddress.IPv4Network(entry["cidr"]) for entry in data(prefix_list.inputs["entries"])]
    size = sum(network.num_addresses for network in ranges)
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    nobodys = ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "198.18.0.0/15", "224.0.0.0/3")
    closed = [ipaddress.IPv4Network(text) for text in (*private, *nobodys)]

    assert size + sum(network.num_addresses for network in closed) == 2**32
    assert not any(network.overlaps(hidden) for network in ranges for hidden in closed)
    assert prefix_list.inputs["maxEntries"] == len(ranges)


def test_the_groups_of_a_worker_are_within_the_quotas(fleet: Capture) -> None:
    """A rule by list counts every range of it; a group takes 60 rules and a machine five groups (AWS, VPC quotas)."""
    prefix_list = one(fleet, "aws:ec2/managedPrefixList:ManagedPrefixList", "runners-aws-egress")
    by_list = [entry for entry in fleet.of_type(EGRESS) if "prefixListId" in entry.inputs]
    templates = [entry for entry in fleet.of_type("aws:ec2/launchTemplate:LaunchTemplate") if "shard-" in entry.name]

    groups = {str(entry.inputs["securityGroupId"]) for entry in by_list}
    assert len(groups) == len(by_list)
    assert len(data(prefix_list.inputs["entries"])) <= 60
    for template in templates:
        (interface,) = data(template.inputs["networkInterfaces"])
        assert len(groups & set(interface["securityGroups"])) == len(WORKER_PORTS)
        assert len(interface["securityGroups"]) <= 5


def gcp_rule(capture: Capture, worker_tags: set[str], direction: str, address: str, port: str) -> Registration:
    """The rule that decides: lowest priority among those that match a worker, an address and a TCP port."""
    ranges_key = "sourceRanges" if direction == "INGRESS" else "destinationRanges"
    matching = [
        rule
        for rule in capture.of_type(FIREWALL)
        if rule.inputs["direction"] == direction
        and (not rule.inputs.get("targetTags") or set(data(rule.inputs["targetTags"])) & worker_tags)
        and not rule.inputs.get("targetServiceAccounts")
        and any(ipaddress.IPv4Address(address) in ipaddress.IPv4Network(text) for text in data(rule.inputs[ranges_key]))
        and "build-runners" in str(rule.inputs["network"])
        and any(
            entry["protocol"] in ("all", "tcp") and port in entry.get("ports", [port])
            for entry in data(rule.inputs.get("allows", rule.inputs.get("denies")))
        )
    ]
    return min(matching, key=lambda rule: int(str(rule.inputs["priority"])))


@pytest.mark.parametrize(
    ("direction", "address", "port", "allowed"),
    [
        ("EGRESS", "192.0.2.10", "443", True),
        ("EGRESS", "192.0.2.10", "22", False),
        ("EGRESS", "10.32.16.9", "443", False),
        ("EGRESS", "172.31.0.9", "443", False),
        ("EGRESS", "192.168.7.4", "443", False),
        ("EGRESS", "100.64.0.9", "443", False),
        ("EGRESS", "198.19.0.9", "80", False),
        ("EGRESS", "169.254.169.254", "80", False),
        ("EGRESS", "0.0.0.9", "80", False),
        ("EGRESS", "127.0.0.9", "80", False),
        ("EGRESS", "240.0.0.9", "80", False),
        ("EGRESS", "192.168.7.20", "443", True),
        ("EGRESS", "192.168.7.20", "80", False),
        ("INGRESS", "10.32.16.9", "22", False),
        ("INGRESS", "35.235.240.1", "22", False),
    ],
)
def test_a_worker_on_gcp_is_reached_by_nobody_and_reaches_no_private_address(
    endpoint: Capture, direction: str, address: str, port: str, *, allowed: bool
) -> None:
    tags = {"runner-worker", "runner-worker-blue", "runner-shard-gcp-amd64-untrusted-b"}

    assert ("allows" in gcp_rule(endpoint, tags, direction, address, port).inputs) is allowed


@pytest.fixture(scope="module")
def endpoint() -> Capture:
    """Production with one private address that one untrusted shard may reach."""
    mirror = {"cidr": "192.168.7.20/32", "port": 443, "purpose": "mirror of Debian packages"}
    return variant("production", {"runnerFleet.shards.4.privateAccess": [mirror]})


def test_another_shard_does_not_share_the_allow_list(endpoint: Capture) -> None:
    tags = {"runner-worker", "runner-worker-blue", "runner-shard-gcp-amd64-untrusted-c"}

    assert "denies" in gcp_rule(endpoint, tags, "EGRESS", "192.168.7.20", "443").inputs


def test_only_ssh_from_its_own_manager_reaches_a_worker_on_gcp(swap: Capture) -> None:
    for colour in ("blue", "green"):
        rule = one(swap, FIREWALL, f"runner-manager-gcp-{colour}-ssh")
        address = one(swap, "gcp:compute/address:Address", f"runner-manager-gcp-{colour}-private")
        assert data(rule.inputs["targetTags"]) == [f"runner-worker-{colour}"]
        assert data(rule.inputs["allows"]) == [{"protocol": "tcp", "ports": ["22"]}]
        (source,) = data(rule.inputs["sourceRanges"])
        assert source.endswith("/32")
        assert address.urn in rule.property_dependencies["sourceRanges"]


def test_metrics_are_open_to_prometheus_alone() -> None:
    production, staging = estate("production"), estate("staging")

    assert one(production, INGRESS, "runner-manager-aws-blue-metrics").inputs["cidrIpv4"] == "10.40.0.0/28"
    assert data(one(production, FIREWALL, "runner-manager-gcp-blue-metrics").inputs["sourceRanges"]) == ["10.40.0.0/28"]
    rules = (*staging.of_type(INGRESS), *staging.of_type(FIREWALL))
    assert not [rule for rule in rules if rule.name.endswith("-metrics")]
    for manager in managers(staging):
        assert config_of(staging, manager)["listen_address"].startswith("127.0.0.1:")
