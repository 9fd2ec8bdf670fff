"""How long things are kept: a shorter time loses what is older, at once and for good, though only a number changes.

A comparison counts it as a loss, as it does a guard that is turned off (policies.guards).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf

from capture import Registration
from capture.registration import leaves, parsed
from policies.stateful import is_disposable
from policies.values import at, mapping, number, records, text

SECONDS_OF_A_DAY = 86400

SOFT_DELETE_SECONDS = 7 * SECONDS_OF_A_DAY
"""What Cloud Storage takes where a bucket says nothing (Cloud Storage docs, soft delete)."""

LONGEST_WINDOW_DAYS = 30
"""What KMS and Secrets Manager take where a resource says nothing (ScheduleKeyDeletion, DeleteSecret)."""

DAYS_OF: Mapping[str, int] = {"DAYS": 1, "WEEKS": 7, "MONTHS": 30, "YEARS": 365}
"""Units of the Data Lifecycle Manager (its API reference, RetainRule)."""


@dataclass(frozen=True)
class Kept:
    """What is kept, and for how long or how often."""

    what: str
    amount: float
    """`inf` for what nothing ends."""
    unit: str = "days"

    def __str__(self) -> str:
        """For example "42 days"."""
        return "for ever" if self.amount == inf else f"{self.amount:g} {self.unit}"


def shortened(before: Registration, after: Registration) -> tuple[str, ...]:
    """What a resource keeps for a shorter time than before, for example "old versions: 90 days, and now 7 days"."""
    were, are = kept(before), kept(after)
    return tuple(
        f"{what}: {was}, and now {are[what]}"
        for what, was in were.items()
        if what in are and are[what].amount < was.amount
    )


def kept(registration: Registration, *, of_disposable: bool = False) -> Mapping[str, Kept]:
    """Everything that a resource keeps for some time, by what it is; nothing where nobody misses it, unless asked."""
    read = READERS.get(registration.type)
    if read is None or (is_disposable(registration) and not of_disposable):
        return {}
    found: dict[str, Kept] = {}
    for entry in read(registration):
        if entry.what not in found or entry.amount < found[entry.what].amount:
            found[entry.what] = entry
    return found


def _lock(registration: Registration) -> Iterator[Kept]:
    retention = mapping(at(registration.inputs, "rule.defaultRetention"))
    days = number(retention.get("days")) or 365 * number(retention.get("years"))
    yield Kept("the lock on new objects", days)
    yield Kept("the lock that nobody can lift", days if retention.get("mode") == "COMPLIANCE" else 0)


def _gcs_bucket(registration: Registration) -> Iterator[Kept]:
    seconds = number(at(registration.inputs, "softDeletePolicy.retentionDurationSeconds"), SOFT_DELETE_SECONDS)
    yield Kept("deleted objects", seconds / SECONDS_OF_A_DAY)
    locked = number(at(registration.inputs, "retentionPolicy.retentionPeriod"))
    yield Kept("the bucket's own lock", locked / SECONDS_OF_A_DAY)
    yield from (Kept(what, inf) for what in ("live objects", "old versions", "versions of an object"))
    for rule in records(registration.inputs.get("lifecycleRules")):
        if text(mapping(rule.get("action")).get("type")) == "Delete":
            condition = mapping(rule.get("condition"))
            old = "daysSinceNoncurrentTime" in condition or condition.get("withState") == "ARCHIVED"
            age = condition.get("daysSinceNoncurrentTime", condition.get("age"))
            yield Kept("old versions" if old else "live objects", number(age, inf))
            yield Kept("versions of an object", number(condition.get("numNewerVersions"), inf), "versions")


def _s3_lifecycle(registration: Registration) -> Iterator[Kept]:
    yield from (Kept(what, inf) for what in ("live objects", "old versions"))
    for rule in records(registration.inputs.get("rules")):
        if rule.get("status") != "Disabled":
            yield Kept("live objects", number(at(rule, "expiration.days"), inf))
            yield Kept("old versions", number(at(rule, "noncurrentVersionExpiration.noncurrentDays"), inf))


def _log_group(registration: Registration) -> Iterator[Kept]:
    yield Kept("log entries", number(registration.inputs.get("retentionInDays")) or inf)


def _window(what: str, key: str) -> Callable[[Registration], Iterator[Kept]]:
    """A time in which a deletion can be taken back."""

    def read(registration: Registration) -> Iterator[Kept]:
        yield Kept(what, number(registration.inputs.get(key), LONGEST_WINDOW_DAYS))

    return read


def _gcp_snapshots(registration: Registration) -> Iterator[Kept]:
    retention = at(registration.inputs, "snapshotSchedulePolicy.retentionPolicy")
    yield Kept("snapshots", number(mapping(retention).get("maxRetentionDays"), inf))


def _aws_snapshots(registration: Registration) -> Iterator[Kept]:
    for schedule in records(at(registration.inputs, "policyDetails.schedules")):
        rule = mapping(schedule.get("retainRule"))
        if "count" in rule:
            yield Kept("number of snapshots", number(rule.get("count")), "snapshots")
        else:
            yield Kept("snapshots", number(rule.get("interval")) * DAYS_OF.get(text(rule.get("intervalUnit")), 1))


DOCUMENT_KEYS: Mapping[str, tuple[str, str, int]] = {
    "keepSeconds": ("backups on the machine", "days", SECONDS_OF_A_DAY),
    "publicationRetentionSeconds": ("publications", "days", SECONDS_OF_A_DAY),
    "retention-full": ("full backups", "backups", 1),
    "retentionDays": ("what a published index names", "days", 1),
    "snapshots.keep": ("snapshots before upgrades", "snapshots", 1),
}
"""Ends of places in machine documents: what is kept there, its unit, and how many of the number are one."""


def _document(registration: Registration) -> Iterator[Kept]:
    """What a machine is told to keep. Items of lists are apart, since each has a number of its own."""
    for path, value in leaves(parsed(text(registration.inputs.get("content")))):
        for key, (what, unit, one) in DOCUMENT_KEYS.items():
            if path.endswith(f".{key}"):
                of = re.search(r"\[\d+\]", path)
                yield Kept(f"{what}{f' {of[0]}' if of else ''}", number(value, inf) / one, unit)


READERS: Mapping[str, Callable[[Registration], Iterator[Kept]]] = {
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": _aws_snapshots,
    "aws:kms/key:Key": _window("a deleted key", "deletionWindowInDays"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _s3_lifecycle,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _lock,
    "aws:s3/bucketObjectv2:BucketObjectv2": _document,
    "aws:secretsmanager/secret:Secret": _window("a deleted secret", "recoveryWindowInDays"),
    "gcp:compute/resourcePolicy:ResourcePolicy": _gcp_snapshots,
    "gcp:storage/bucket:Bucket": _gcs_bucket,
    "gcp:storage/bucketObject:BucketObject": _document,
}
"""Every type that keeps something for a time that it says."""
