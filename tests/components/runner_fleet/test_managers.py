"""Runner managers: their rights, their secrets and caches, their alarms, and how one takes over from another."""

import json
import re
from typing import Any

from capture import Capture
from capture.registration import Secret, leaves
from lab.clouds.aws_policy import allows, statements
from tests.components.runner_fleet.registered import (
    AWS_GROUP,
    GCP_GROUP,
    entries,
    managers,
)
from tests.registrations import data, one, role_settings
from tests.support import estate


def manager_policy(capture: Capture) -> Any:
    return one(capture, "aws:iam/rolePolicy:RolePolicy", "runner-manager-aws-blue-fleet").inputs["policy"]


def test_a_manager_on_aws_scales_its_own_groups_alone(swap: Capture) -> None:
    policy = manager_policy(swap)
    place = "arn:aws:autoscaling:us-east-1:111111111111:autoScalingGroup"
    (scaling,) = (entry for entry in statements(policy) if "autoscaling:SetDesiredCapacity" in entry["Action"])
    own = {str(group.inputs["name"]) for group in swap.of_type(AWS_GROUP) if "-blue" in str(group.inputs["name"])}

    assert {resource.rpartition("/")[2] for resource in scaling["Resource"]} == own
    assert all(resource.startswith(place) and "*" not in resource for resource in scaling["Resource"])
    assert not allows(policy, "autoscaling:SetDesiredCapacity", f"{place}:0:autoScalingGroupName/another")


def test_a_manager_on_aws_pushes_its_key_to_its_own_workers_alone(swap: Capture) -> None:
    instance = "arn:aws:ec2:us-east-1:111111111111:instance/i-00000000000000000"
    action, tag = "ec2-instance-connect:SendSSHPublicKey", "ec2:ResourceTag/aws:autoscaling:groupName"
    policy = manager_policy(swap)

    for group in swap.of_type(AWS_GROUP):
        name = str(group.inputs["name"])
        assert allows(policy, action, instance, {tag: name, "ec2:osuser": "admin"}) is name.endswith("-blue")
        assert not allows(policy, action, instance, {tag: name, "ec2:osuser": "root"})
    assert not allows(policy, action, instance, {"ec2:osuser": "admin"})


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

    assert roles == {
        "runners-gcp-scaler": {
            "compute.instanceGroupManagers.get",
            "compute.instanceGroupManagers.update",
            "compute.instances.get",
            "compute.instances.setMetadata",
        },
        "runners-gcp-signer": {"iam.serviceAccounts.signBlob"},
    }


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
        trust = next(tag["value"] for tag in data(group.inputs["tags"]) if tag["key"] == "trust")
        tiers.setdefault(paths[str(group.inputs["name"])], set()).add(trust)

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
    assert len(managers(fleet)) == 2
    google = one(fleet, "gcp:compute/instance:Instance", "runner-manager-gcp-blue")
    assert "SPOT" not in json.dumps(data(google.inputs["scheduling"]))
    assert google.provider.endswith("::gcp-build-runners")
    amazon = one(fleet, "aws:ec2/instance:Instance", "runner-manager-aws-blue")
    assert "instanceMarketOptions" not in amazon.inputs


def test_a_swap_adds_a_manager_with_groups_of_its_own_and_touches_nothing_of_the_first(swap: Capture) -> None:
    before = {entry.urn for entry in estate("production").registrations}
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
    (group,) = (entry for entry in fleet.of_type("aws:cloudwatch/logGroup:LogGroup") if "RunnerFleet" in entry.urn)
    (entry,) = (entry for entry in statements(manager_policy(fleet)) if "logs:PutLogEvents" in entry["Action"])

    assert [resource.endswith(f":{group.inputs['name']}:*") for resource in entry["Resource"]] == [True]
