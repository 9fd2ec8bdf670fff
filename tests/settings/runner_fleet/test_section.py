"""Every rule of the runner fleet has a file that breaks it, and that gives one fault in the right place."""

import pytest

from settings.machine.processors import aws_architecture, gcp_architecture
from settings.vocabulary import Architecture
from tests.support import faults_of

UNTRUSTED, ARM, PROTECTED, PUBLISH, GCP_B, GCP_C, GCP_PROTECTED = range(7)
"""Shards of the production file, in its order."""

SCHEDULE = {"periods": ["* 8-17 * * mon-fri"], "timezone": "UTC", "idleCount": 2, "idleSeconds": 60, "preemptive": True}
ENDPOINT = {"cidr": "192.168.7.0/28", "port": 443, "purpose": "mirror of Debian packages"}
DATABASES = {**ENDPOINT, "cidr": "10.32.0.16/28"}


MANAGER = {
    "colours": {"blue": "serving"},
    "size": {
        "machineType": "n2d-standard-2",
        "bootDiskGiB": 30,
        "dataDiskGiB": 10,
        "snapshotRetentionDays": 30,
        "maintenanceWindow": {"day": "Wed", "start": "05:00", "minutes": 120},
    },
}


@pytest.mark.parametrize(
    ("shard", "changes", "place", "words"),
    [
        (UNTRUSTED, {"maxInstances": 0}, "maxInstances", "greater than or equal to 1"),
        (UNTRUSTED, {"maxInstances": 1001}, "maxInstances", "less than or equal to 1000"),
        (UNTRUSTED, {"runnerId": 0}, "runnerId", "greater than or equal to 1"),
        (UNTRUSTED, {"cloud": "azure"}, "", "aws"),
        (UNTRUSTED, {"zone": "us-east1-b"}, "zone", "unknown key"),
        (UNTRUSTED, {"instanceTypes.3": "m7g.2xlarge"}, "instanceTypes.3", "arm64"),
        (ARM, {"instanceTypes.0": "g4dn.2xlarge"}, "instanceTypes.0", "amd64"),
        (ARM, {"instanceTypes.0": "mac2.metal"}, "instanceTypes.0", "unknown family"),
        (GCP_B, {"machineType": "c4a-standard-8"}, "machineType", "arm64"),
        (GCP_B, {"machineType": "q9-standard-8"}, "machineType", "unknown family"),
        (UNTRUSTED, {"instanceTypes": ["c7i.2xlarge", "m7i.2xlarge"]}, "instanceTypes", "3 or more"),
        (UNTRUSTED, {"maxUseCount": 2}, "maxUseCount", "share a VM"),
        (UNTRUSTED, {"maxUseCount": 0}, "maxUseCount", "greater than or equal to 1"),
        (PUBLISH, {"maxUseCount": 2}, "maxUseCount", "share a VM"),
        (PROTECTED, {"maxUseCount": 2}, "maxUseCount", "share a VM"),
        (PROTECTED, {"docker.allowedPrivilegedImages": []}, "docker.allowedPrivilegedImages", "any image"),
        (PROTECTED, {"docker.allowedPrivilegedImages.0": "*"}, "docker.allowedPrivilegedImages.0", "is not"),
        (PROTECTED, {"docker.privileged": False}, "docker", "privileged is false"),
        (UNTRUSTED, {"docker.image": "debian:latest"}, "docker.image", "other than latest"),
        (UNTRUSTED, {"docker.image": "debian"}, "docker.image", "other than latest"),
        (UNTRUSTED, {"docker.volumes": ["/run/docker.sock:/run/docker.sock"]}, "docker.volumes.0", "host:container"),
        (UNTRUSTED, {"scaling.always.idleCount": 31}, "scaling.always.idleCount", "31 idle VMs"),
        (UNTRUSTED, {"scaling.always.idleSeconds": 0}, "scaling.always.idleSeconds", "greater than or equal to 1"),
        (UNTRUSTED, {"scaling.always.preemptive": None}, "scaling.always.preemptive", "missing"),
        (UNTRUSTED, {"scaling.always.preemptive": True}, "scaling.always.preemptive", "none ever is"),
        (UNTRUSTED, {"scaling.always.scaleFactor": 0.5}, "scaling.always.scaleFactor", "go together"),
        (ARM, {"scaling.schedules": [SCHEDULE, SCHEDULE | {"idleCount": 21}]}, "scaling.schedules.1.idleCount", "21"),
        (ARM, {"scaling.schedules": [SCHEDULE | {"periods": ["* * * * *"]}]}, "scaling.schedules.0.periods", "hides"),
        (ARM, {"scaling.schedules": [SCHEDULE | {"periods": ["* 8-17"]}]}, "scaling.schedules.0.periods.0", "five"),
        (GCP_B, {"zone": "us-east1"}, "zone", "a region is not one"),
        (GCP_B, {"zone": "us-west1-b"}, "zone", "not in us-east1"),
        (GCP_B, {"system": "amazonLinux"}, "system", "no amazonLinux image"),
        (UNTRUSTED, {"system": "containerOptimized"}, "system", "no containerOptimized image"),
        (GCP_B, {"system": "containerOptimized"}, "system", "the image says debian"),
        (GCP_B, {"image": "projects/cos-cloud/global/images/cos-125-19216-104-12"}, "system", "containerOptimized"),
        (GCP_B, {"image": "projects/debian-cloud/global/images/family/debian-13"}, "image", "family"),
        (GCP_B, {"privateAccess": [DATABASES]}, "privateAccess.0.cidr", "untrusted jobs would reach"),
        (GCP_B, {"privateAccess": [ENDPOINT | {"cidr": "192.168.0.0/16"}]}, "privateAccess.0.cidr", "allow-list"),
        (GCP_B, {"privateAccess": [ENDPOINT | {"cidr": "203.0.114.0/28"}]}, "privateAccess.0.cidr", "private"),
        (GCP_B, {"name": "a" * 31}, "name", "30 at most"),
    ],
)
def test_a_shard_that_would_not_work_is_refused(shard: int, changes: dict[str, object], place: str, words: str) -> None:
    (fault,) = faults_of("production", {f"runnerFleet.shards.{shard}.{key}": value for key, value in changes.items()})

    assert ".".join(map(str, fault.path)) == f"runnerFleet.shards.{shard}.{place}".rstrip(".")
    assert words in f"{fault.wrong} {fault.right}"


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"runnerVersion": "latest"}, "runnerVersion", "a full release"),
        ({"plugins.aws": "latest"}, "plugins.aws", "would move by itself"),
        ({"gitlabUrl": "http://gitlab.example.com"}, "gitlabUrl", "https"),
        ({"metricsCidr": "10.0.0.0/8"}, "metricsCidr", "allow-list"),
        ({"maxVmAgeHours": 0}, "maxVmAgeHours", "greater than or equal to 1"),
        ({"cache.expiryDays": 0}, "cache.expiryDays", "greater than or equal to 1"),
        ({"shards": []}, "shards", "at least 1"),
        ({"awsManagers.publish": None}, "awsManagers.publish", "no manager"),
        ({"awsManagers.untrusted.colours": {}}, "awsManagers.untrusted.colours", "no manager serves"),
        ({"gcpManagers.protected.colours.blue": "draining"}, "gcpManagers.protected.colours", "no manager serves"),
        ({"gcpManagers.untrusted.colours.red": "serving"}, "gcpManagers.untrusted.colours.red", "unknown key"),
        ({"gcpManagers.publish": MANAGER}, "gcpManagers.publish", "no publish shard"),
        ({f"shards.{GCP_C}.zone": "us-east1-b"}, "shards", "singleZoneReason"),
        (
            {f"shards.{shard}.maxInstances": 1 for shard in (GCP_B, GCP_C)},
            "shards",
            "no more jobs at once",
        ),
    ],
)
def test_a_fleet_that_would_not_work_is_refused(changes: dict[str, object], place: str, words: str) -> None:
    (fault,) = faults_of("production", {f"runnerFleet.{key}": value for key, value in changes.items()})

    assert ".".join(map(str, fault.path)) == f"runnerFleet.{place}"
    assert words in f"{fault.wrong} {fault.right}"


@pytest.mark.parametrize(("key", "value"), [("name", "amd64-untrusted"), ("runnerId", 101)])
def test_two_shards_never_share_a_group_or_a_runner(key: str, value: object) -> None:
    faults = faults_of("production", {f"runnerFleet.shards.{GCP_B}.{key}": value})

    assert [fault.path[2:] for fault in faults] == [(GCP_B, key)]


@pytest.mark.parametrize("trust", ["untrusted", "publish"])
def test_only_protected_jobs_may_be_privileged(trust: str) -> None:
    faults = faults_of("production", {f"runnerFleet.shards.{PROTECTED}.trust": trust})

    assert ("docker", "privileged") in [fault.path[3:] for fault in faults]


def test_publishing_never_runs_on_spot() -> None:
    types = ["m7i.xlarge", "m7a.xlarge", "c7i.xlarge"]
    shard = f"runnerFleet.shards.{PUBLISH}"

    faults = faults_of("production", {f"{shard}.capacity": "spot", f"{shard}.instanceTypes": types})

    assert [(fault.path[3:], fault.right) for fault in faults] == [(("capacity",), "capacity: onDemand")]


def test_a_manager_without_shards_is_refused() -> None:
    (fault,) = faults_of("staging", {"runnerFleet.shards.1": None})

    assert fault.path == ("runnerFleet", "gcpManagers", "untrusted")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"gcp.projects.protectedBuildRunners": None}, "gcp.projects.protectedBuildRunners"),
        ({"gcp.projects.publishBuildRunners": "example-publish-prd"}, "gcp.projects.publishBuildRunners"),
        ({"gcp.projects.protectedBuildRunners": "example-build-runners-prd"}, "gcp.projects.protectedBuildRunners"),
        ({"network.gcp.protectedBuildRunners": None}, "network.gcp.protectedBuildRunners"),
        ({"network.gcp.publishBuildRunners": "10.32.48.0/20"}, "network.gcp.publishBuildRunners"),
    ],
)
def test_a_tier_on_gcp_has_a_project_and_a_network_of_its_own_or_none(changes: dict[str, object], path: str) -> None:
    assert path in [".".join(map(str, fault.path)) for fault in faults_of("production", changes)]


def test_a_tier_boots_no_image_that_another_tier_writes() -> None:
    image = "projects/example-build-runners-prd/global/images/worker-amd64-debian-13-v20261110"

    (fault,) = faults_of("production", {f"runnerFleet.shards.{GCP_PROTECTED}.image": image})

    assert fault.path[3:] == ("image",)


def test_no_tier_reaches_the_network_of_another() -> None:
    endpoint = {"cidr": "10.32.17.0/28", "port": 443, "purpose": "mirror of packages"}

    (fault,) = faults_of("production", {f"runnerFleet.shards.{GCP_PROTECTED}.privateAccess": [endpoint]})

    assert fault.path[3:] == ("privateAccess", 0, "cidr")


def test_a_group_name_that_gce_would_refuse_is_a_fault() -> None:
    faults = faults_of("production", {"estate.namePrefix": "a" * 20, f"runnerFleet.shards.{ARM}.name": "b" * 30})

    assert ("runnerFleet", "shards", ARM, "name") in [fault.path for fault in faults]


def test_one_zone_is_accepted_with_a_reason_and_on_staging() -> None:
    reason = {"runnerFleet.singleZoneReason": "the machine type is offered in one zone only"}

    assert faults_of("production", {f"runnerFleet.shards.{GCP_C}.zone": "us-east1-b", **reason}) == ()
    assert faults_of("staging", {}) == ()


def test_a_second_manager_may_stand_beside_one_that_drains() -> None:
    assert (
        faults_of("production", {"runnerFleet.awsManagers.publish.colours": {"blue": "draining", "green": "serving"}})
        == ()
    )


def test_an_allow_list_outside_the_estate_is_accepted_for_untrusted_jobs() -> None:
    assert faults_of("production", {f"runnerFleet.shards.{GCP_B}.privateAccess": [ENDPOINT]}) == ()


@pytest.mark.parametrize(
    ("instance_type", "architecture"),
    [
        ("m7g.large", Architecture.ARM64),
        ("c6gn.xlarge", Architecture.ARM64),
        ("x2gd.metal", Architecture.ARM64),
        ("im4gn.large", Architecture.ARM64),
        ("is4gen.large", Architecture.ARM64),
        ("g5g.xlarge", Architecture.ARM64),
        ("hpc7g.4xlarge", Architecture.ARM64),
        ("a1.large", Architecture.ARM64),
        ("g4dn.xlarge", Architecture.AMD64),
        ("g6.xlarge", Architecture.AMD64),
        ("m7i-flex.large", Architecture.AMD64),
        ("c7a.large", Architecture.AMD64),
        ("t3.micro", Architecture.AMD64),
        ("mac2.metal", None),
        ("mac2-m2pro.metal", None),
    ],
)
def test_the_name_of_an_ec2_type_tells_its_architecture(instance_type: str, architecture: Architecture | None) -> None:
    assert aws_architecture(instance_type) is architecture


@pytest.mark.parametrize(
    ("machine_type", "architecture"),
    [
        ("t2a-standard-4", Architecture.ARM64),
        ("c4a-highcpu-8", Architecture.ARM64),
        ("t2d-standard-4", Architecture.AMD64),
        ("n2d-standard-8", Architecture.AMD64),
        ("zz9-standard-4", None),
    ],
)
def test_the_series_of_a_gce_type_tells_its_architecture(machine_type: str, architecture: Architecture | None) -> None:
    assert gcp_architecture(machine_type) is architecture
