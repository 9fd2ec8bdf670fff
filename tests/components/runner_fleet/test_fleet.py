"""Worker groups and workers: what loses jobs or money in other fleets must not be possible here."""

import base64
import re

from capture import Capture
from tests.components.runner_fleet.registered import (
    AWS_GROUP,
    GCP_GROUP,
    entries,
    groups,
    managers,
    templates,
    trust_of,
)
from tests.registrations import data, role_settings
from tests.support import estate


def test_every_group_has_one_entry_and_every_entry_one_group(swap: Capture) -> None:
    used = [entry["autoscaler"]["plugin_config"]["name"] for entry in entries(swap)]

    assert sorted(used) == sorted(str(group.inputs["name"]) for group in groups(swap))
    assert len(set(used)) == len(used)


def test_groups_hold_what_their_entries_may_ask_for(fleet: Capture) -> None:
    sizes = {str(group.inputs["name"]): group.inputs["maxSize"] for group in fleet.of_type(AWS_GROUP)}
    for entry in entries(fleet):
        scaler = entry["autoscaler"]

        assert scaler["max_instances"] == entry["limit"] > 0
        assert sizes.get(scaler["plugin_config"]["name"], scaler["max_instances"]) >= scaler["max_instances"]


def test_size_belongs_to_the_manager_alone(fleet: Capture) -> None:
    for group in fleet.of_type(AWS_GROUP):
        assert (group.inputs["minSize"], group.inputs["desiredCapacity"]) == (0, 0)
        assert group.ignore_changes == ("desiredCapacity",)
        assert group.inputs["suspendedProcesses"] == ("AZRebalance",)
        assert group.inputs["protectFromScaleIn"] is True
        assert group.inputs["capacityRebalance"] is False
        assert not {"instanceRefresh", "warmPool", "maxInstanceLifetime"} & set(group.inputs)
    for group in fleet.of_type(GCP_GROUP):
        assert group.inputs["targetSize"] == 0
        assert group.ignore_changes == ("targetSize",)
        assert group.inputs["waitForInstances"] is False
        assert "autoHealingPolicies" not in group.inputs
        assert data(group.inputs["updatePolicy"]) == {"type": "OPPORTUNISTIC", "minimalAction": "REPLACE"}
        assert data(group.inputs["instanceLifecyclePolicy"]) == {
            "defaultActionOnFailure": "DO_NOTHING",
            "onFailedHealthCheck": "DO_NOTHING",
            "forceUpdateOnRepair": "NO",
        }
    assert not [
        entry
        for entry in fleet.resources
        if "utoscaler" in entry.kind or entry.type.startswith("aws:autoscaling/policy")
    ]


def test_a_destroy_does_not_wait_for_protected_workers(fleet: Capture) -> None:
    for group in fleet.of_type(AWS_GROUP):
        assert group.inputs["forceDelete"] is True
        assert group.inputs["waitForCapacityTimeout"] == "0"


def test_aws_groups_spread_over_three_private_subnets(fleet: Capture) -> None:
    subnets = {entry.id: dict(data(entry.inputs["tags"]))["tier"] for entry in fleet.of_type("aws:ec2/subnet:Subnet")}
    of_tier = {"untrusted": "runners", "protected": "protected", "publish": "publish"}
    for group in fleet.of_type(AWS_GROUP):
        own = set(data(group.inputs["vpcZoneIdentifiers"]))
        assert {subnets[subnet] for subnet in own} == {of_tier[trust_of(group)]}
        assert len(own) == 3


def test_gcp_groups_lie_in_the_zone_that_their_entry_names(fleet: Capture) -> None:
    zones = {str(group.inputs["name"]): group.inputs["zone"] for group in fleet.of_type(GCP_GROUP)}
    told = {
        entry["autoscaler"]["plugin_config"]["name"]: entry["autoscaler"]["plugin_config"].get("zone")
        for entry in entries(fleet)
    }

    assert zones.items() <= told.items()


def test_spot_is_bought_from_many_pools_and_publishing_never_on_spot() -> None:
    for group in estate("production").of_type(AWS_GROUP):
        policy = data(group.inputs["mixedInstancesPolicy"])
        bought = policy["instancesDistribution"]
        trust = next(tag["value"] for tag in data(group.inputs["tags"]) if tag["key"] == "trust")
        if bought["onDemandPercentageAboveBaseCapacity"] == 0:
            assert bought["spotAllocationStrategy"] == "price-capacity-optimized"
            assert "spotInstancePools" not in bought
            assert len(policy["launchTemplate"]["overrides"]) >= 3
            assert trust != "publish"
        else:
            assert "spotAllocationStrategy" not in bought


def test_workers_on_gcp_come_from_a_template_that_outlives_its_group(fleet: Capture) -> None:
    for group in fleet.of_type(GCP_GROUP):
        (version,) = data(group.inputs["versions"])
        assert "uniqueId=" in version["instanceTemplate"]
    for template in fleet.of_type("gcp:compute/instanceTemplate:InstanceTemplate"):
        assert "name" not in template.inputs
        assert not template.delete_before_replace


def test_workers_have_no_rights_no_keys_and_no_public_address(fleet: Capture) -> None:
    for template in templates(fleet):
        assert not {"iamInstanceProfile", "keyName", "serviceAccount"} & set(template.inputs)
        for interface in data(template.inputs["networkInterfaces"]):
            assert interface.get("associatePublicIpAddress", "false") == "false"
            assert not interface.get("accessConfigs")


def test_containers_on_workers_cannot_reach_the_metadata_service(fleet: Capture) -> None:
    for template in templates(fleet):
        if template.cloud == "aws":
            options = data(template.inputs["metadataOptions"])
            assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
        else:
            metadata = data(template.inputs["metadata"])
            assert metadata["enable-oslogin"] == "FALSE"
            assert metadata["block-project-ssh-keys"] == "TRUE"


def test_a_lost_worker_ends_itself(fleet: Capture) -> None:
    hours = {role_settings(fleet, manager)["ageLimit"]["hours"] for manager in managers(fleet)}
    assert len(hours) == 1
    for template in templates(fleet):
        if template.cloud == "aws":
            script = base64.b64decode(str(template.inputs["userData"])).decode()
            assert re.findall(r"--on-active=(\d+)h", script) == [str(*hours)]
            assert template.inputs["instanceInitiatedShutdownBehavior"] == "terminate"
        else:
            scheduling = data(template.inputs["scheduling"])
            assert scheduling["maxRunDuration"]["seconds"] == next(iter(hours)) * 3600
            assert scheduling["instanceTerminationAction"] == "DELETE"
            assert scheduling["automaticRestart"] is False


def test_spot_on_gcp_is_asked_for_as_spot() -> None:
    models = {
        data(template.inputs["labels"])["trust"]: data(template.inputs["scheduling"])["provisioningModel"]
        for template in estate("production").of_type("gcp:compute/instanceTemplate:InstanceTemplate")
    }

    assert models == {"untrusted": "SPOT", "protected": "STANDARD"}


def test_user_data_of_workers_says_nothing_but_their_age(fleet: Capture) -> None:
    texts = {str(template.inputs["userData"]) for template in templates(fleet) if template.cloud == "aws"}

    assert len(texts) == 1
    assert "RUNNER_TOKEN" not in base64.b64decode(texts.pop()).decode()


def test_cost_tags_reach_workers_and_their_disks(fleet: Capture) -> None:
    wanted = {"stack", "owner", "cost_centre", "repository", "component", "shard", "trust", "colour"}
    for group in fleet.of_type(AWS_GROUP):
        assert wanted <= {tag["key"] for tag in data(group.inputs["tags"]) if tag["propagateAtLaunch"]}
    for template in templates(fleet):
        if template.cloud == "aws":
            tagged = {spec["resourceType"]: set(spec["tags"]) for spec in data(template.inputs["tagSpecifications"])}
            assert {"instance", "volume", "network-interface"} <= set(tagged)
            assert all(wanted <= keys for keys in tagged.values())
        else:
            assert wanted <= set(data(template.inputs["labels"]))
            assert all(wanted <= set(disk["labels"]) for disk in data(template.inputs["disks"]))


def test_root_disks_are_encrypted_and_end_with_their_worker(fleet: Capture) -> None:
    for template in fleet.of_type("aws:ec2/launchTemplate:LaunchTemplate"):
        if template in templates(fleet):
            (disk,) = data(template.inputs["blockDeviceMappings"])
            assert (disk["ebs"]["encrypted"], disk["ebs"]["volumeType"]) == ("true", "gp3")
            assert disk["ebs"]["deleteOnTermination"] == "true"
