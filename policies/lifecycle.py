"""Rules of buckets that delete: in a stateful bucket they look at old versions alone, and not too soon."""

from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.stateful import is_stateful
from policies.values import component_token, is_production, mapping, records, related, text
from settings.vocabulary import FEWEST_KEPT_DAYS

LIVE_MAY_EXPIRE: Mapping[tuple[str, str], str] = {
    ("packyard:audit:Audit", "audit"): "records end after keepDays, and not before their lock",
    ("packyard:dev_instance:DevInstance", "-backup"): "each night adds a whole backup, and keepDays says how many stay",
    ("packyard:dev_instance:DevInstance", "-backup-etc"): "the same for the secrets, which stay for a year at least",
}
"""Component token and end of the logical name of a bucket whose live objects may end by their age, with the reason."""

OLD_ALONE = ("daysSinceNoncurrentTime", "noncurrentTimeBefore", "numNewerVersions")
"""Conditions of Cloud Storage that no live object meets."""


def lifecycles_spare_what_is_live(capture: Capture) -> Iterator[Finding]:
    """A rule that deletes by age takes packages, backups and states that are in use, and nobody is told."""
    for bucket in _stateful_buckets(capture):
        if _may_expire(bucket):
            continue
        for rule in _gcs_deletions(bucket):
            if not _of_old_versions(mapping(rule.get("condition"))):
                yield Finding(
                    bucket, "a lifecycle rule deletes live objects. HINT: a condition with days_since_noncurrent_time"
                )
        for configuration in _s3_lifecycles(capture, bucket):
            for rule in _enabled_rules(configuration):
                expiration = mapping(rule.get("expiration"))
                if expiration.get("days") or expiration.get("date"):
                    yield Finding(
                        configuration,
                        "a lifecycle rule deletes live objects. HINT: noncurrent_version_expiration; of expiration"
                        " expired_object_delete_marker alone",
                    )


def old_versions_stay_for_a_while(capture: Capture) -> Iterator[Finding]:
    """An old version is what brings back an overwritten object; it must outlive the time until somebody looks."""
    if not is_production(capture):
        return
    fewest = FEWEST_KEPT_DAYS
    hint = f"HINT: {fewest} days or more"
    for bucket in _stateful_buckets(capture):
        for rule in _gcs_deletions(bucket):
            condition = mapping(rule.get("condition"))
            days = condition.get("daysSinceNoncurrentTime")
            if _of_old_versions(condition) and (not isinstance(days, int) or days < fewest):
                yield Finding(bucket, f"old versions go after {_days(days)}. {hint}")
        for configuration in _s3_lifecycles(capture, bucket):
            for rule in _enabled_rules(configuration):
                old = mapping(rule.get("noncurrentVersionExpiration"))
                days = old.get("noncurrentDays")
                if old and (not isinstance(days, int) or days < fewest):
                    yield Finding(configuration, f"old versions go after {_days(days)}. {hint}")


def _days(value: Value) -> str:
    return f"{value} days" if isinstance(value, int) else "no number of days"


def _stateful_buckets(capture: Capture) -> Iterator[Registration]:
    for token in ("gcp:storage/bucket:Bucket", "aws:s3/bucket:Bucket"):
        yield from filter(is_stateful, capture.of_type(token))


def _may_expire(bucket: Registration) -> bool:
    return any(component_token(bucket) == token and bucket.name.endswith(end) for token, end in LIVE_MAY_EXPIRE)


def _gcs_deletions(bucket: Registration) -> Iterator[Mapping[str, Value]]:
    for rule in records(bucket.inputs.get("lifecycleRules")):
        if text(mapping(rule.get("action")).get("type")) == "Delete":
            yield rule


def _of_old_versions(condition: Mapping[str, Value]) -> bool:
    """Conditions of one rule all have to be met, so one that no live object meets is enough."""
    return condition.get("withState") == "ARCHIVED" or any(condition.get(key) for key in OLD_ALONE)


def _s3_lifecycles(capture: Capture, bucket: Registration) -> tuple[Registration, ...]:
    return related(capture, bucket, "bucket", "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")


def _enabled_rules(configuration: Registration) -> Iterator[Mapping[str, Value]]:
    for rule in records(configuration.inputs.get("rules")):
        if rule.get("status") != "Disabled":
            yield rule
