"""Every machine of the estate, whatever it is for. What a policy promises is not repeated here."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from capture import Capture, Registration, Value
from capture.registration import leaves
from components.machine.document import DOCUMENT_ATTRIBUTE
from preview.compare import compare
from settings.documents import DOCUMENTS
from tests.machines.support.programs import program
from tests.registrations import data, first_boot, machine_document
from tests.rights import allows
from tests.support import STACKS, estate, variant

GCE, EC2 = "gcp:compute/instance:Instance", "aws:ec2/instance:Instance"
COMPONENTS = ("packyard:machine:GceMachine", "packyard:machine:Ec2Machine")


@pytest.fixture(params=STACKS)
def capture(request: pytest.FixtureRequest) -> Capture:
    return estate(request.param)


@pytest.fixture(scope="module")
def resized() -> Capture:
    """The staging stack with other images, and a dev instance with other disks, retention, window and settings."""
    return variant(
        "staging",
        {
            "gcp.image": "projects/debian-cloud/global/images/debian-13-trixie-v20300101",
            "aws.image": "ami-0123456789abcdef0",
            "devInstance.machine.bootDiskGiB": 77,
            "devInstance.machine.dataDiskGiB": 777,
            "devInstance.machine.snapshotRetentionDays": 77,
            "devInstance.machine.maintenanceWindow": {"day": "Mon", "start": "01:00", "minutes": 60},
            "devInstance.nightlyUpgrade.minimumFreeGiB": 77,
        },
    )


def machines(capture: Capture) -> tuple[Registration, ...]:
    found = tuple(entry for token in COMPONENTS for entry in capture.of_type(token))
    assert {entry.type for entry in found} == set(COMPONENTS)
    return found


def part(capture: Capture, machine: Registration, kind: str, name: str | None = None) -> Registration:
    """The child of a machine of one type; `name` is the end of its logical name where there are several."""
    (found,) = (
        entry
        for entry in capture.children(machine.urn)
        if entry.type.endswith(f":{kind}") and (name is None or entry.name == f"{machine.name}-{name}")
    )
    return found


def instances(capture: Capture) -> tuple[Registration, ...]:
    return (*capture.of_type(GCE), *capture.of_type(EC2))


def metadata(instance: Registration) -> Mapping[str, Any]:
    """What the metadata service of either cloud hands to the machine."""
    values: Any = instance.inputs["metadata" if instance.type == GCE else "tags"]
    return values if instance.type == GCE else {**values, "user-data": first_boot(instance)}


def test_a_machine_that_lives_with_plain_user_data_sees_no_change() -> None:
    """Machines made before had it as text; what is ignored keeps its old value, whichever input holds it."""
    now = estate("staging")
    lived = [
        replace(entry, inputs={**without(entry.inputs, "userDataBase64"), "userData": first_boot(entry)})
        if entry.type == EC2
        else entry
        for entry in now.registrations
    ]

    assert compare(replace(now, registrations=tuple(lived)), now).changes == ()


def without(inputs: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name != key}


def objects(capture: Capture) -> set[str]:
    """Addresses of everything that is uploaded."""
    gcs = {
        f"gs://{entry.inputs['bucket']}/{entry.inputs['name']}"
        for entry in capture.of_type("gcp:storage/bucketObject:BucketObject")
    }
    s3 = {
        f"s3://{entry.inputs['bucket']}/{entry.inputs['key']}"
        for entry in capture.of_type("aws:s3/bucketObjectv2:BucketObjectv2")
    }
    return gcs | s3


def changed(before: Registration, after: Registration) -> Iterator[str]:
    """Paths of inputs that differ."""
    old, new = dict(leaves(before.inputs)), dict(leaves(after.inputs))
    return (path for path in sorted(old.keys() | new.keys()) if old.get(path) != new.get(path))


def test_all_machines_on_both_clouds_boot_from_the_same_bytes() -> None:
    texts = {metadata(instance)["user-data"] for stack in STACKS for instance in instances(estate(stack))}

    assert len(texts) == 1


def test_no_setting_replaces_or_restarts_a_machine(resized: Capture) -> None:
    before = estate("staging").by_urn

    touched = {
        (instance.name, path)
        for instance in instances(resized)
        for path in changed(before[instance.urn], instance)
        if not any(path.startswith(ignored) for ignored in instance.ignore_changes)
    }

    assert touched == set()


def test_a_changed_setting_reaches_its_machine_through_the_document_alone(resized: Capture) -> None:
    before = estate("staging")
    differing = {
        machine.name
        for machine in machines(resized)
        if machine_document(resized, machine.name) != machine_document(before, machine.name)
    }

    assert differing == {"dev-instance"}


def test_a_larger_type_is_refused_while_the_machine_runs(capture: Capture) -> None:
    for instance in capture.of_type(GCE):
        assert instance.inputs["allowStoppingForUpdate"] is False
    for instance in capture.of_type(EC2):
        assert instance.inputs["disableApiStop"] is instance.inputs["disableApiTermination"] is instance.protect


def test_a_machine_is_told_where_its_document_lies_and_the_document_names_the_uploaded_bundle(capture: Capture) -> None:
    uploaded = objects(capture)
    for machine in machines(capture):
        told = metadata(part(capture, machine, "Instance"))[DOCUMENT_ATTRIBUTE]
        bundle = machine_document(capture, machine.name)["bundle"]

        assert told in uploaded
        assert f"/machines/{machine.name}/" in told
        assert bundle["url"] in uploaded
        assert bundle["sha256"] in bundle["url"]


def test_the_machine_itself_accepts_its_document(capture: Capture) -> None:
    fetch = program("fetch")
    for machine in machines(capture):
        content = machine_document(capture, machine.name)
        told = metadata(part(capture, machine, "Instance"))[DOCUMENT_ATTRIBUTE]

        assert fetch.checked_document(json.dumps(content).encode(), fetch.Address.parse(told)) == content
        DOCUMENTS[content["role"]].model_validate_json(json.dumps(content["settings"]))


def test_no_document_holds_a_private_key(capture: Capture) -> None:
    for machine in machines(capture):
        assert "PRIVATE KEY" not in json.dumps(machine_document(capture, machine.name))


def test_every_machine_has_a_data_disk_of_its_own_that_outlives_it(capture: Capture) -> None:
    for machine in machines(capture):
        on_gce = machine.type == COMPONENTS[0]
        disk = part(capture, machine, "Disk" if on_gce else "Volume")
        instance = part(capture, machine, "Instance")

        assert disk.protect is instance.protect
        assert disk.inputs["createSnapshotBeforeDestroy" if on_gce else "finalSnapshot"] is True
        if on_gce:
            (attached,) = records(instance.inputs["attachedDisks"])
            assert str(attached["source"]).endswith(f"/{disk.inputs['name']}")
        else:
            attachment = part(capture, machine, "VolumeAttachment")
            assert attachment.inputs["volumeId"] == disk.id
            assert attachment.inputs["stopInstanceBeforeDetaching"] is True


def test_the_device_in_the_document_is_the_disk_that_is_attached(capture: Capture) -> None:
    for machine in machines(capture):
        device = machine_document(capture, machine.name)["dataDisk"]["device"]
        if machine.type == COMPONENTS[0]:
            (attached,) = records(part(capture, machine, "Instance").inputs["attachedDisks"])
            assert device == f"/dev/disk/by-id/google-{attached['deviceName']}"
        else:
            assert device.endswith(part(capture, machine, "Volume").id.replace("-", ""))


def test_snapshots_are_daily_and_kept_for_the_days_of_the_setting() -> None:
    sections = ("devInstance.machine", "packageServer.machine", "databasePair.gcp", "databasePair.aws")
    places = (*sections, "runnerFleet.awsManagers.untrusted.size", "runnerFleet.gcpManagers.untrusted.size")
    wanted = {place: 41 + number for number, place in enumerate(places)}
    capture = variant("staging", {f"{place}.snapshotRetentionDays": days for place, days in wanted.items()})

    schedules = ("ResourcePolicy", "LifecyclePolicy")
    kept = [
        _kept_days(part(capture, machine, schedules[machine.type != COMPONENTS[0]])) for machine in machines(capture)
    ]

    assert sorted(kept) == sorted(wanted.values())


def _kept_days(schedule: Registration) -> int:
    """For how many days daily snapshots are kept."""
    inputs = data(schedule.inputs)
    if schedule.kind == "ResourcePolicy":
        policy = inputs["snapshotSchedulePolicy"]
        assert policy["schedule"]["dailySchedule"]["daysInCycle"] == 1
        return policy["retentionPolicy"]["maxRetentionDays"]
    (daily,) = inputs["policyDetails"]["schedules"]
    assert (daily["createRule"]["interval"], daily["createRule"]["intervalUnit"]) == (24, "HOURS")
    assert daily["retainRule"]["intervalUnit"] == "DAYS"
    return daily["retainRule"]["interval"]


def test_a_snapshot_policy_finds_the_disk_of_one_machine_alone(capture: Capture) -> None:
    policies: list[Any] = [entry.inputs for entry in capture.of_type("aws:dlm/lifecyclePolicy:LifecyclePolicy")]
    for policy in policies:
        wanted = policy["policyDetails"]["targetTags"].items()
        volumes: list[Any] = [entry.inputs for entry in capture.of_type("aws:ebs/volume:Volume")]

        assert sum(wanted <= volume["tags"].items() for volume in volumes) == 1


def test_no_two_machines_share_an_identity(capture: Capture) -> None:
    on_gce: list[Any] = [instance.inputs["serviceAccount"] for instance in capture.of_type(GCE)]
    identities = [account["email"] for account in on_gce]
    identities += [str(instance.inputs["iamInstanceProfile"]) for instance in capture.of_type(EC2)]

    assert len(identities) == len(set(identities)) == len(machines(capture))


def test_a_machine_on_aws_reads_its_own_document_and_no_other(capture: Capture) -> None:
    store = "arn:aws:s3"
    for machine in capture.of_type(COMPONENTS[1]):
        policy = part(capture, machine, "RolePolicy", "machine").inputs["policy"]
        bucket = capture.of_type("aws:s3/bucketObjectv2:BucketObjectv2")[0].inputs["bucket"]
        arns = {
            resource.rpartition("/machines/")[0]
            for statement in json.loads(str(policy))["Statement"]
            for resource in statement["Resource"]
            if "/machines/" in resource
        }
        (arn,) = arns

        assert str(bucket) in arn
        assert arn.startswith(store)
        assert allows(policy, "s3:GetObject", f"{arn}/machines/{machine.name}/document.json")
        assert allows(policy, "s3:GetObject", f"{arn}/bundles/{'0' * 64}.tar")
        assert not allows(policy, "s3:GetObject", f"{arn}/machines/another/document.json")
        assert not allows(policy, "s3:PutObject", f"{arn}/machines/{machine.name}/document.json")
        assert not allows(policy, "ssm:GetParameter", "arn:aws:ssm:us-east-1:000000000000:parameter/any")


def test_a_machine_on_gcp_reads_its_own_document_and_no_other(capture: Capture) -> None:
    for machine in capture.of_type(COMPONENTS[0]):
        grant = part(capture, machine, "BucketIAMMember").inputs
        condition: Any = grant["condition"]
        named = condition["expression"].split('"')[1::2]
        bucket = f"projects/_/buckets/{grant['bucket']}/objects"

        assert grant["role"] == "roles/storage.objectViewer"
        assert named == [f"{bucket}/machines/{machine.name}/document.json", f"{bucket}/bundles/"]
        assert str(condition["expression"]).count("startsWith") == 1


def test_nothing_comes_into_a_machine_by_itself_and_nobody_has_a_key(capture: Capture) -> None:
    for instance in capture.of_type(EC2):
        assert "keyName" not in instance.inputs
    for machine in capture.of_type(COMPONENTS[1]):
        kinds = {entry.type for entry in capture.children(machine.urn)}

        assert not any(kind.endswith("SecurityGroupIngressRule") for kind in kinds)
        assert "ingress" not in part(capture, machine, "SecurityGroup").inputs
    for machine in capture.of_type(COMPONENTS[0]):
        rules = [entry for entry in capture.children(machine.urn) if entry.type.endswith(":Firewall")]

        assert [rule.inputs["direction"] for rule in rules] == ["EGRESS"]
        assert {rule.urn for rule in rules} <= set(part(capture, machine, "Instance").dependencies), "to boot"


def test_addresses_outlive_the_machine(capture: Capture) -> None:
    for machine in machines(capture):
        kind, name = ("Address", "private") if machine.type == COMPONENTS[0] else ("NetworkInterface", None)
        address = part(capture, machine, kind) if name is None else part(capture, machine, kind, name)

        assert address.protect is part(capture, machine, "Instance").protect


def test_containers_on_a_machine_cannot_take_its_identity(capture: Capture) -> None:
    for instance in capture.of_type(EC2):
        options: Any = instance.inputs["metadataOptions"]

        assert options["httpPutResponseHopLimit"] == 1
        assert options["instanceMetadataTags"] == "enabled"


def test_somebody_hears_of_a_machine_on_gcp_that_fills_up_stops_converging_or_falls_silent(capture: Capture) -> None:
    for machine in capture.of_type(COMPONENTS[0]):
        project = machine_document(capture, machine.name)["reporting"]["project"]
        for what in ("disk", "converge"):
            inputs: Any = part(capture, machine, "AlertPolicy", what).inputs
            limit = inputs["conditions"][0]["conditionThreshold"]

            assert [channel.split("/")[1] for channel in inputs["notificationChannels"]] == [project]
            assert f'"{machine.name}"' in limit["filter"]
            assert limit["evaluationMissingData"] == "EVALUATION_MISSING_DATA_ACTIVE"
        silence: Any = part(capture, machine, "AlertPolicy", "converge").inputs["conditions"]
        assert f'"{machine.name}"' in silence[1]["conditionAbsent"]["filter"]


def test_somebody_hears_of_a_machine_on_aws_that_fills_up_stops_converging_or_falls_silent(capture: Capture) -> None:
    for machine in capture.of_type(COMPONENTS[1]):
        for what in ("disk", "converge"):
            inputs: Any = part(capture, machine, "MetricAlarm", what).inputs

            assert inputs["alarmActions"]
            assert inputs["treatMissingData"] == "breaching"
            assert machine.name in inputs["dimensions"].values()


def test_every_machine_that_serves_is_missed_when_it_is_down(capture: Capture) -> None:
    for machine in machines(capture):
        if part(capture, machine, "Instance").protect:
            part(capture, machine, "AlertPolicy" if machine.type == COMPONENTS[0] else "MetricAlarm", "down")


def test_an_unprotected_stack_can_be_taken_down() -> None:
    loose = variant("staging", {"estate.protected": False})

    for instance in instances(loose):
        protections = ("deletionProtection",) if instance.type == GCE else ("disableApiTermination", "disableApiStop")
        assert not instance.protect
        assert [instance.inputs[key] for key in protections] == [False] * len(protections)


def records(value: Value) -> list[dict[str, Any]]:
    found: Any = value
    return list(found)
