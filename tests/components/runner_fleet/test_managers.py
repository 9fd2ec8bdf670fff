"""Runner managers: their rights, their secrets and caches, their alarms, and how one takes over from another."""

import json
import re
from typing import Any

import pytest

from capture import Capture
from capture.registration import Secret, leaves
from tests.components.runner_fleet.registered import (
    AWS_GROUP,
    GCP_GROUP,
    all_tiers,
    config_of,
    entries,
    managers,
    trust_of,
)
from tests.registrations import data, one, role_settings, statements
from tests.rights import allows

AWS_MANAGERS = ("runner-manager-aws", "runner-manager-aws-protected", "runner-manager-aws-publish")


def manager_policy(capture: Capture, manager: str = "runner-manager-aws-blue") -> Any:
    return one(capture, "aws:iam/rolePolicy:RolePolicy", f"{manager}-fleet").inputs["policy"]


def groups_of(capture: Capture, manager: str) -> set[str]:
    """Names of the groups on AWS of a manager's tier and colour."""
    base, _, colour = manager.rpartition("-")
    trust = base.removeprefix("runner-manager-aws").removeprefix("-") or "untrusted"
    groups = [group for group in capture.of_type(AWS_GROUP) if trust_of(group) == trust]
    return {name for group in groups if (name := str(group.inputs["name"])).endswith(f"-{colour}")}


@pytest.fixture(params=[f"{manager}-{colour}" for manager in AWS_MANAGERS for colour in ("blue", "green")])
def manager(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_manager_on_aws_scales_its_own_groups_alone(swap: Capture, manager: str) -> None:
    policy = manager_policy(swap, manager)
    place = "arn:aws:autoscaling:us-east-1:111111111111:autoScalingGroup"
    (scaling,) = (entry for entry in statements(policy) if "autoscaling:SetDesiredCapacity" in entry["Action"])

    assert {resource.rpartition("/")[2] for resource in scaling["Resource"]} == groups_of(swap, manager)
    assert all(resource.startswith(place) and "*" not in resource for resource in scaling["Resource"])
    assert not allows(policy, "autoscaling:SetDesiredCapacity", f"{place}:0:autoScalingGroupName/another")


def test_a_manager_on_aws_pushes_its_key_to_its_own_workers_alone(swap: Capture, manager: str) -> None:
    instance = "arn:aws:ec2:us-east-1:111111111111:instance/i-00000000000000000"
    action, tag = "ec2-instance-connect:SendSSHPublicKey", "ec2:ResourceTag/aws:autoscaling:groupName"
    policy, own = manager_policy(swap, manager), groups_of(swap, manager)

    assert own
    for group in swap.of_type(AWS_GROUP):
        name = str(group.inputs["name"])
        assert allows(policy, action, instance, {tag: name, "ec2:osuser": "admin"}) is (name in own)
        assert not allows(policy, action, instance, {tag: name, "ec2:osuser": "root"})
    assert not allows(policy, action, instance, {"ec2:osuser": "admin"})


def test_a_manager_on_aws_reads_the_tokens_and_the_cache_of_its_own_tier_alone(swap: Capture, manager: str) -> None:
    policy = manager_policy(swap, manager)
    (reading,) = (entry for entry in statements(policy) if "secretsmanager:GetSecretValue" in entry["Action"])
    told = {token["secret"] for token in role_settings(swap, manager)["tokens"]}
    caches = {entry["cache"]["s3"]["BucketName"] for entry in config_of(swap, manager)["runners"]}
    buckets = [entry for entry in swap.of_type("aws:s3/bucket:Bucket") if "RunnerFleet" in entry.urn]

    colour = manager.rpartition("-")[2]
    tiers = [role_settings(swap, f"{other}-{colour}")["tokens"] for other in AWS_MANAGERS]
    everyones = [token["secret"] for tier in tiers for token in tier]

    assert set(reading["Resource"]) == told
    assert len(set(everyones)) == len(everyones) > len(told)
    assert len(buckets) == len(AWS_MANAGERS)
    for bucket in buckets:
        name = str(bucket.inputs["bucket"])
        assert allows(policy, "s3:PutObject", f"arn:aws:s3:::{name}/protected/amd64/cache.zip") is ({name} == caches)


def test_tiers_on_gcp_share_no_project(swap: Capture) -> None:
    """Nothing narrower than a project keeps a manager from the groups of another."""
    tiers: dict[str, set[str]] = {}
    for template in swap.of_type("gcp:compute/instanceTemplate:InstanceTemplate"):
        tiers.setdefault(template.provider, set()).add(dict(data(template.inputs["labels"]))["trust"])
    of_managers = {
        entry.name: entry.provider
        for entry in swap.of_type("gcp:compute/instance:Instance")
        if entry.name.startswith("runner-manager-")
    }

    assert sorted(map(sorted, tiers.values())) == [["protected"], ["publish"], ["untrusted"]]
    assert set(of_managers.values()) == set(tiers)
    for grant in swap.of_type("gcp:projects/iAMMember:IAMMember"):
        if grant.name.startswith("runner-manager-") and grant.name.endswith("-scaler"):
            assert grant.provider == of_managers[grant.name.removesuffix("-scaler")]


def test_a_manager_on_aws_has_the_rights_of_the_plugin_and_no_others(fleet: Capture) -> None:
    granted = {
        (action, resource)
        for entry in statements(manager_policy(fleet))
        for action in entry["Action"]
        for resource in entry["Resource"]
    }
    anywhere = {action for action, resource in granted if resource == "*"}

    assert anywhere == {"autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances"}
    assert {action for action, _ in granted} == anywhere | {
        "autoscaling:SetDesiredCapacity",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "ec2-instance-connect:SendSSHPublicKey",
        "secretsmanager:GetSecretValue",
        "s3:ListBucket",
        "s3:PutObject",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:DeleteObject",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    for action, resource in granted:
        if action.startswith("s3:"):
            assert resource.endswith("/*") is (action != "s3:ListBucket")


def test_a_manager_on_gcp_has_the_rights_of_the_plugin_and_no_others(fleet: Capture) -> None:
    roles = {
        entry.name: set(data(entry.inputs["permissions"]))
        for entry in fleet.of_type("gcp:projects/iAMCustomRole:IAMCustomRole")
        if "RunnerFleet" in entry.urn
    }

    needed = {
        "scaler": {
            "compute.instanceGroupManagers.get",
            "compute.instanceGroupManagers.update",
            "compute.instances.get",
            "compute.instances.setMetadata",
        },
        "signer": {"iam.serviceAccounts.signBlob"},
    }
    assert {name.rpartition("-")[2] for name in roles} == set(needed)
    assert all(permissions == needed[name.rpartition("-")[2]] for name, permissions in roles.items())


def test_a_manager_on_gcp_writes_metadata_of_its_own_workers_alone(swap: Capture) -> None:
    for colour in ("blue", "green"):
        grant = one(swap, "gcp:projects/iAMMember:IAMMember", f"runner-manager-gcp-{colour}-scaler")
        expression = data(grant.inputs["condition"])["expression"]
        assert re.findall(r"startsWith\('([^']+)'\)", expression) == [f"worker-{colour}-"]
        assert "'/instances/{name}'" in expression
    for group in swap.of_type(GCP_GROUP):
        colour = str(group.inputs["name"]).rpartition("-")[2]
        assert str(group.inputs["baseInstanceName"]).startswith(f"worker-{colour}-")


def test_tokens_are_empty_secrets_that_managers_fetch_by_themselves(fleet: Capture) -> None:
    for manager in managers(fleet):
        settings = role_settings(fleet, manager)
        known = {token["variable"] for token in settings["tokens"]}
        assert {entry["token"] for entry in settings["config"]["runners"]} == {f"${variable}" for variable in known}
    values = [
        entry
        for entry in fleet.resources
        if entry.kind in ("SecretVersion", "SecretVersionResource") and "RunnerFleet" in entry.urn
    ]
    assert values == []


def test_no_token_or_key_is_anywhere_in_the_fleet(fleet: Capture) -> None:
    for entry in fleet.resources:
        if "RunnerFleet" in entry.urn:
            for path, value in leaves(entry.inputs):
                text = value.plain if isinstance(value, Secret) else value
                assert not re.search(r"glrt-|PRIVATE KEY|AKIA[A-Z0-9]", str(text)), f"{entry.name}: {path}"


def test_trust_tiers_never_share_a_cache(fleet: Capture) -> None:
    paths = {entry["name"]: entry["cache"]["Path"] for entry in entries(fleet)}
    tiers: dict[str, set[str]] = {}
    for group in fleet.of_type(AWS_GROUP):
        tiers.setdefault(paths[str(group.inputs["name"])], set()).add(trust_of(group))

    assert all(len(tier) == 1 for tier in tiers.values())
    assert all(path.count("/") == 1 for path in paths.values())


def test_caches_expire_and_are_private(fleet: Capture) -> None:
    bucket = one(fleet, "gcp:storage/bucket:Bucket", "runners-gcp-cache")
    assert bucket.inputs["publicAccessPrevention"] == "enforced"
    assert any(
        rule["action"]["type"] == "Delete" and rule["condition"]["age"] > 0
        for rule in data(bucket.inputs["lifecycleRules"])
    )
    (rule,) = data(
        one(fleet, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "runners-aws-cache").inputs[
            "rules"
        ]
    )
    assert rule["status"] == "Enabled"
    assert rule["expiration"]["days"] > 0


def test_managers_are_never_spot_and_stand_apart_from_everything_else(fleet: Capture) -> None:
    google = one(fleet, "gcp:compute/instance:Instance", "runner-manager-gcp-blue")
    assert "SPOT" not in json.dumps(data(google.inputs["scheduling"]))
    assert google.provider.endswith("::gcp-build-runners")
    amazon = one(fleet, "aws:ec2/instance:Instance", "runner-manager-aws-blue")
    assert "instanceMarketOptions" not in amazon.inputs


def test_a_swap_adds_a_manager_with_groups_of_its_own_and_touches_nothing_of_the_first(swap: Capture) -> None:
    before = {entry.urn for entry in all_tiers({"blue": "serving"}).registrations}
    added = {entry.name for entry in swap.registrations if entry.urn not in before}

    assert before <= {entry.urn for entry in swap.registrations}
    assert all("green" in name for name in added)
    assert role_settings(swap, "runner-manager-aws-blue")["state"] == "draining"
    assert role_settings(swap, "runner-manager-aws-green")["state"] == "serving"


def test_a_draining_manager_can_be_left_out_next(swap: Capture) -> None:
    for machine_type in ("aws:ec2/instance:Instance", "gcp:compute/instance:Instance"):
        cloud = machine_type.partition(":")[0]
        assert one(swap, machine_type, f"runner-manager-{cloud}-green").protect
        assert not one(swap, machine_type, f"runner-manager-{cloud}-blue").protect


def test_both_colours_use_one_token_secret_for_each_shard(swap: Capture) -> None:
    blue, green = (role_settings(swap, f"runner-manager-gcp-{colour}") for colour in ("blue", "green"))

    assert blue["tokens"] == green["tokens"]
    assert set(blue["ageLimit"]["groups"]).isdisjoint(green["ageLimit"]["groups"])


def test_someone_is_told_of_silence_of_full_groups_and_of_workers_without_a_manager(fleet: Capture) -> None:
    alarms = {
        entry.name: entry for entry in fleet.resources if entry.kind in ("MetricAlarm", "CompositeAlarm", "AlertPolicy")
    }
    for cloud in ("aws", "gcp"):
        for what in ("silent", "orphans", "long-polls"):
            alarm = alarms[f"runner-manager-{cloud}-blue-{what}"]
            assert alarm.inputs.get("alarmActions") or alarm.inputs.get("notificationChannels")
    assert "runner-manager-gcp-blue-worker-age" in alarms
    shards = [
        entry.name for entry in fleet.registrations if re.fullmatch(r"packyard:runner_fleet:\w+Shard", entry.type)
    ]
    assert shards
    assert {f"{shard}-full" for shard in shards} <= set(alarms)


def test_logs_of_a_manager_on_aws_go_to_one_group(fleet: Capture) -> None:
    group = one(fleet, "aws:cloudwatch/logGroup:LogGroup", "runner-manager-aws-blue")
    (entry,) = (entry for entry in statements(manager_policy(fleet)) if "logs:PutLogEvents" in entry["Action"])

    assert [resource.endswith(f":{group.inputs['name']}:*") for resource in entry["Resource"]] == [True]
