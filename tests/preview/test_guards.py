"""A guard that goes, or is turned off, is a loss; a guard that goes with what it guards is none."""

from dataclasses import replace

import pytest

from capture import Capture
from policies.guards import GUARD_TYPES, is_on
from preview.compare import compare
from tests.policies.mutations import GONE, Pick, change
from tests.support import STACKS, estate, raw_sections, variant

ALARM = Pick("aws:cloudwatch/metricAlarm:MetricAlarm", "pg-b-disk")
ALERT = Pick("gcp:monitoring/alertPolicy:AlertPolicy", "pg-a-disk")
LOCK = Pick("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
SCHEDULE = Pick("aws:dlm/lifecyclePolicy:LifecyclePolicy", "pg-b")

TURNED_OFF = (
    (SCHEDULE, {"state": "DISABLED"}),
    (SCHEDULE, {"policyDetails.schedules": ()}),
    (LOCK, {"rule": GONE}),
    (ALARM, {"actionsEnabled": False}),
    (ALARM, {"alarmActions": ()}),
    (ALERT, {"enabled": False}),
    (ALERT, {"notificationChannels": ()}),
    (Pick("gcp:monitoring/notificationChannel:NotificationChannel"), {"enabled": False}),
    (Pick("aws:s3/bucketVersioning:BucketVersioning"), {"versioningConfiguration.status": "Suspended"}),
    (Pick("gcp:storage/bucket:Bucket", "release"), {"versioning.enabled": False}),
    (Pick("gcp:storage/bucket:Bucket", "release"), {"softDeletePolicy.retentionDurationSeconds": 0}),
    (Pick("gcp:compute/resourcePolicy:ResourcePolicy", "pg-a"), {"snapshotSchedulePolicy": GONE}),
)

DELETED = (
    Pick("aws:sns/topicSubscription:TopicSubscription"),
    Pick("gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment", "pg-a"),
    Pick("aws:cloudwatch/logMetricFilter:LogMetricFilter"),
    Pick("gcp:monitoring/notificationChannel:NotificationChannel"),
    ALARM,
    ALERT,
)


def without(capture: Capture, *picks: Pick) -> Capture:
    gone = {pick.of(capture).urn for pick in picks}
    return replace(capture, registrations=tuple(entry for entry in capture.registrations if entry.urn not in gone))


def lost(old: Capture, new: Capture) -> list[str]:
    return [change.registration.name for change in compare(old, new).losses]


@pytest.mark.parametrize("stack", STACKS)
def test_every_guard_of_the_estate_is_on_but_for_half_alarms(stack: str) -> None:
    """Halves of a composite alarm tell nobody by themselves, and build caches keep no versions."""
    guards = [entry for entry in estate(stack).resources if entry.type in GUARD_TYPES]
    off = {entry.name for entry in guards if not is_on(entry)}

    assert guards
    assert all(name.endswith(("-occupied", "-cache")) for name in off), off


@pytest.mark.parametrize(("pick", "inputs"), TURNED_OFF)
def test_a_guard_that_is_turned_off_is_a_loss(pick: Pick, inputs: dict[str, object]) -> None:
    before = estate("staging")

    assert lost(before, change(pick, inputs)(before).capture) == [pick.of(before).name]


@pytest.mark.parametrize("pick", DELETED, ids=lambda pick: pick.type.rpartition(":")[2])
def test_a_guard_that_goes_is_a_loss(pick: Pick) -> None:
    before = estate("staging")

    assert lost(before, without(before, pick)) == [pick.of(before).name]


def test_a_loss_of_data_comes_before_a_guard() -> None:
    before = estate("staging")
    disk = Pick("gcp:compute/disk:Disk", "runner-manager")

    assert lost(before, without(before, ALERT, disk)) == [disk.of(before).name, ALERT.of(before).name]


def test_guards_that_go_with_what_they_guard_are_no_loss() -> None:
    shards = raw_sections("production", {})["runnerFleet"]["shards"]
    left = [shard for shard in shards if shard["name"] != "amd64-protected"]
    changes = {"runnerFleet.shards": left, "runnerFleet.awsManagers.protected": None}
    before, after = estate("production"), variant("production", changes)
    gone = [entry for entry in before.resources if entry.urn not in after.by_urn and entry.type in GUARD_TYPES]

    assert gone
    assert not [entry for entry in compare(before, after).losses if entry.lost_guard]


def test_another_alert_address_in_place_of_one_is_no_loss_and_one_less_is() -> None:
    two = variant("staging", {"estate.alertAddresses": ["oncall@example.com", "second@example.com"]})
    other = variant("staging", {"estate.alertAddresses": ["oncall@example.com", "third@example.com"]})
    fewer = variant("staging", {"estate.alertAddresses": ["oncall@example.com"]})

    assert lost(two, other) == []
    assert {name.rpartition("-")[2] for name in lost(two, fewer)} == {"second@example.com"}
