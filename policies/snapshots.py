"""Snapshots of data disks: each disk has a schedule that runs, and whose snapshots outlive the disk."""

from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.stateful import is_stateful
from policies.values import at, is_production, mapping, number, records, text
from settings.vocabulary import FEWEST_KEPT_DAYS

ATTACHMENT = "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment"
SCHEDULE_ON_GCP = "gcp:compute/resourcePolicy:ResourcePolicy"
SCHEDULE_ON_AWS = "aws:dlm/lifecyclePolicy:LifecyclePolicy"


def data_disks_have_snapshots(capture: Capture) -> Iterator[Finding]:
    """A disk survives its machine, but no mistake that is made on it."""
    for disk in filter(is_stateful, capture.of_type("gcp:compute/disk:Disk")):
        if not any(_gcp_rule(policy) for policy in _attached(capture, disk)):
            yield Finding(disk, "nothing takes snapshots of it. HINT: a DiskResourcePolicyAttachment to a schedule")
    for disk in filter(is_stateful, capture.of_type("aws:ebs/volume:Volume")):
        tags = mapping(disk.inputs.get("tags"))
        if not any(_finds(schedule, tags) for schedule in capture.of_type(SCHEDULE_ON_AWS)):
            yield Finding(disk, "nothing takes snapshots of it. HINT: an enabled LifecyclePolicy with its tag")


def snapshots_outlive_a_mistake(capture: Capture) -> Iterator[Finding]:
    """Snapshots that go with the disk, or before anybody has looked, are worth nothing on the day that they are for."""
    fewest = FEWEST_KEPT_DAYS if is_production(capture) else 1
    for policy in capture.of_type(SCHEDULE_ON_GCP):
        kept = mapping(at(policy.inputs, "snapshotSchedulePolicy.retentionPolicy"))
        if "snapshotSchedulePolicy" in policy.inputs and kept.get("onSourceDiskDelete") != "KEEP_AUTO_SNAPSHOTS":
            yield Finding(policy, "its snapshots go with the disk. HINT: on_source_disk_delete=KEEP_AUTO_SNAPSHOTS")
        if "snapshotSchedulePolicy" in policy.inputs and number(kept.get("maxRetentionDays")) < fewest:
            yield Finding(policy, f"keeps snapshots too short. HINT: max_retention_days of {fewest} or more")
    for schedule in capture.of_type(SCHEDULE_ON_AWS):
        for rule in _aws_rules(schedule):
            kept = mapping(rule.get("retainRule"))
            if kept.get("intervalUnit") != "DAYS" or number(kept.get("interval")) < fewest:
                yield Finding(schedule, f"keeps snapshots too short. HINT: retain_rule of {fewest} DAYS or more")


def kept_snapshot_days(capture: Capture, disk: Registration) -> int | None:
    """How many days the snapshots of a disk are kept; None where nothing takes any."""
    on_gcp = [
        at(policy.inputs, "snapshotSchedulePolicy.retentionPolicy.maxRetentionDays")
        for policy in _attached(capture, disk)
    ]
    tags = mapping(disk.inputs.get("tags"))
    on_aws = [
        at(rule, "retainRule.interval")
        for schedule in capture.of_type(SCHEDULE_ON_AWS)
        if _finds(schedule, tags)
        for rule in _aws_rules(schedule)
    ]
    return max((days for days in (*on_gcp, *on_aws) if isinstance(days, int)), default=None)


def _attached(capture: Capture, disk: Registration) -> Iterator[Registration]:
    """Resource policies of a disk."""
    for attachment in capture.of_type(ATTACHMENT):
        if disk.urn in attachment.property_dependencies.get("disk", ()):
            for policy in capture.of_type(SCHEDULE_ON_GCP):
                if policy.urn in attachment.property_dependencies.get("name", ()):
                    yield policy


def _gcp_rule(policy: Registration) -> Mapping[str, Value]:
    return mapping(at(policy.inputs, "snapshotSchedulePolicy.schedule"))


def _finds(schedule: Registration, tags: Mapping[str, Value]) -> bool:
    wanted = mapping(at(schedule.inputs, "policyDetails.targetTags"))
    enabled = text(schedule.inputs.get("state")) == "ENABLED" and any(_aws_rules(schedule))
    return enabled and bool(wanted) and wanted.items() <= tags.items()


def _aws_rules(schedule: Registration) -> Iterator[Mapping[str, Value]]:
    yield from records(at(schedule.inputs, "policyDetails.schedules"))
