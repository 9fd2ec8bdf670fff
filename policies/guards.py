"""Guards: resources that hold no data, and without which a loss goes unseen or cannot be undone.

A comparison counts it as a loss when a guard goes, or when its inputs turn it off, although what it guards stays; and
when something is kept for a shorter time (policies.retention).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from capture import Registration, Unknown, Value
from policies.retention import shortened
from policies.values import at, mapping


@dataclass(frozen=True)
class Guard:
    """What a type guards, and the inputs that say whether it is on."""

    keeps: str
    """What is lost with it."""
    filled: tuple[str, ...] = ()
    """Inputs, by dotted path, that are empty where it is off."""
    on: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Inputs and the value that they have where it is on."""
    off: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Inputs and the value that turns it off; left out, it is on."""


_BUDGET = Guard("word of what is spent")
_LOG_METRIC = Guard("what an alarm hears of a log")

GUARD_TYPES: Mapping[str, Guard] = {
    "aws:budgets/budget:Budget": _BUDGET,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Guard(
        "an alarm", filled=("alarmActions",), off={"actionsEnabled": False}
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _LOG_METRIC,
    "aws:cloudwatch/metricAlarm:MetricAlarm": Guard(
        "an alarm", filled=("alarmActions",), off={"actionsEnabled": False}
    ),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": Guard(
        "the snapshots of a disk", filled=("policyDetails.schedules",), on={"state": "ENABLED"}
    ),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": Guard(
        "the lock on the backups", filled=("rule.defaultRetention",)
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Guard(
        "old versions of objects", on={"versioningConfiguration.status": "Enabled"}
    ),
    "aws:sns/topic:Topic": Guard("where alarms go"),
    "aws:sns/topicSubscription:TopicSubscription": Guard("somebody who hears the alarms"),
    "gcp:billing/budget:Budget": _BUDGET,
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": Guard("the snapshots of a disk"),
    "gcp:compute/resourcePolicy:ResourcePolicy": Guard(
        "the snapshots of a disk", filled=("snapshotSchedulePolicy.schedule",)
    ),
    "gcp:logging/metric:Metric": _LOG_METRIC,
    "gcp:monitoring/alertPolicy:AlertPolicy": Guard(
        "an alarm", filled=("notificationChannels", "conditions"), off={"enabled": False}
    ),
    "gcp:monitoring/notificationChannel:NotificationChannel": Guard(
        "somebody who hears the alarms", off={"enabled": False}
    ),
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": Guard("a probe from outside"),
    "gcp:storage/bucket:Bucket": Guard(
        "old versions of objects",
        on={"versioning.enabled": True},
        off={"softDeletePolicy.retentionDurationSeconds": 0},
    ),
}
"""Every type that guards something. A bucket is here for its switches; that it goes is a loss of its own."""


def is_on(registration: Registration) -> bool:
    """Whether a guard guards; what is still unknown counts as filled."""
    guard = GUARD_TYPES[registration.type]
    inputs = registration.inputs
    return (
        all(_is_filled(at(inputs, path)) for path in guard.filled)
        and all(at(inputs, path) == value for path, value in guard.on.items())
        and not any(at(inputs, path) == value for path, value in guard.off.items())
    )


def lost_guard(before: Registration, after: Registration) -> str:
    """What a resource guards no longer, or keeps for a shorter time, in words; empty where there is nothing."""
    if after.type in GUARD_TYPES and is_on(before) and not is_on(after):
        return GUARD_TYPES[after.type].keeps
    return "; ".join(shortened(before, after))


def _is_filled(value: Value) -> bool:
    return isinstance(value, Unknown) or bool(mapping(value)) or (isinstance(value, tuple) and bool(value))
