"""What is kept for a shorter time is a loss, told before every other change; what is kept longer is none."""

import re

import pytest

from preview.compare import compare
from settings.raw import scalars
from tests.estate.changing import raw_sections
from tests.policies.mutations import GONE, Pick, change
from tests.support import estate, faults_of, variant

RELEASE = Pick("gcp:storage/bucket:Bucket", "package-server-release")
CACHE = Pick("gcp:storage/bucket:Bucket", "-cache")
S3_LIFECYCLE = Pick("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "backup-vault")
LOCK = Pick("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", "backup-vault")
LOGS = Pick("aws:cloudwatch/logGroup:LogGroup", "aws-flow-log")
SECRET = Pick("aws:secretsmanager/secret:Secret")
KEY = Pick("aws:kms/key:Key")
AWS_SNAPSHOTS = Pick("aws:dlm/lifecyclePolicy:LifecyclePolicy", "pg-b")
GCP_SNAPSHOTS = Pick("gcp:compute/resourcePolicy:ResourcePolicy", "pg-a")
DOCUMENT = Pick("gcp:storage/bucketObject:BucketObject", "pg-a-document")

SHORTER: tuple[tuple[Pick, dict[str, object], str], ...] = (
    (LOCK, {"rule.defaultRetention.days": 1}, "lock"),
    (LOCK, {"rule.defaultRetention.days": GONE, "rule.defaultRetention.years": 0}, "lock"),
    (RELEASE, {"lifecycleRules.0.condition.daysSinceNoncurrentTime": 1}, "old versions"),
    (RELEASE, {"lifecycleRules.0.condition.numNewerVersions": 1}, "versions of an object"),
    (RELEASE, {"lifecycleRules.0.condition": {"age": 90}}, "live objects"),
    (RELEASE, {"softDeletePolicy.retentionDurationSeconds": 3600}, "deleted objects"),
    (S3_LIFECYCLE, {"rules.0.noncurrentVersionExpiration.noncurrentDays": 1}, "old versions"),
    (S3_LIFECYCLE, {"rules.0.expiration.days": 365}, "live objects"),
    (LOGS, {"retentionInDays": 1}, "log entries"),
    (SECRET, {"recoveryWindowInDays": 7}, "secret"),
    (SECRET, {"recoveryWindowInDays": 0}, "secret"),
    (KEY, {"deletionWindowInDays": 7}, "key"),
    (AWS_SNAPSHOTS, {"policyDetails.schedules.0.retainRule.interval": 1}, "snapshots"),
    (GCP_SNAPSHOTS, {"snapshotSchedulePolicy.retentionPolicy.maxRetentionDays": 1}, "snapshots"),
)

LONGER: tuple[tuple[Pick, dict[str, object]], ...] = (
    (LOCK, {"rule.defaultRetention.days": 365}),
    (LOCK, {"rule.defaultRetention.mode": "COMPLIANCE"}),
    (RELEASE, {"lifecycleRules.0.condition.daysSinceNoncurrentTime": 365}),
    (RELEASE, {"lifecycleRules": ()}),
    (RELEASE, {"softDeletePolicy.retentionDurationSeconds": 90 * 86400}),
    (LOGS, {"retentionInDays": 3653}),
    (LOGS, {"retentionInDays": GONE}),
    (AWS_SNAPSHOTS, {"policyDetails.schedules.0.retainRule.interval": 90}),
    (GCP_SNAPSHOTS, {"snapshotSchedulePolicy.retentionPolicy": GONE}),
    (CACHE, {"lifecycleRules.0.condition.age": 1}),
)
"""A cache is here since nothing in it is missed."""

NAMES = re.compile(r"(retention|keep|kept|lockDays|noncurrent|softDelete)", re.IGNORECASE)
"""How settings are called that say how long or how many are kept."""


def losses(pick: Pick, inputs: dict[str, object]) -> list[tuple[str, str]]:
    before = estate("staging")
    return [
        (entry.registration.urn, entry.lost) for entry in compare(before, change(pick, inputs)(before).capture).losses
    ]


@pytest.mark.parametrize(("pick", "inputs", "what"), SHORTER)
def test_what_is_kept_for_a_shorter_time_is_a_loss(pick: Pick, inputs: dict[str, object], what: str) -> None:
    ((urn, lost),) = losses(pick, inputs)

    assert urn == pick.of(estate("staging")).urn
    assert what in lost


@pytest.mark.parametrize(("pick", "inputs"), LONGER)
def test_what_is_kept_longer_is_none(pick: Pick, inputs: dict[str, object]) -> None:
    assert losses(pick, inputs) == []


def test_a_lock_that_can_be_lifted_now_is_a_loss() -> None:
    before = change(LOCK, {"rule.defaultRetention.mode": "COMPLIANCE"})(estate("staging")).capture

    (loss,) = compare(before, estate("staging")).losses

    assert "nobody can lift: 42 days, and now 0 days" in loss.lost


def kept_settings() -> list[tuple[str, int]]:
    """Every setting whose name says that it is about keeping, and that is a number."""
    numbers = [
        (".".join(map(str, path)), value)
        for path, value in scalars(raw_sections("staging", {}))
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    return [(path, value) for path, value in numbers if NAMES.search(path)]


def raised() -> dict[str, int]:
    """A higher number for each of them, and no number twice, so that what is told says whose it is."""
    higher: dict[str, int] = {}
    for path, value in kept_settings():
        candidates = (*range(value + 1, value + 60), 60, 90, 120, 150, 180, 365)
        free = (number for number in candidates if number not in higher.values())
        higher[path] = next(number for number in free if not faults_of("staging", {path: number}))
    return higher


def test_every_setting_that_keeps_something_tells_where_it_is_lowered() -> None:
    """A new one that no reader of policies/retention.py knows fails here."""
    higher = raised()
    longer, shorter = variant("staging", higher), estate("staging")

    told = " ".join(f"{change.lost};" for change in compare(longer, shorter).losses)

    assert len(higher) > 10
    assert [path for path, number in higher.items() if f": {number} " not in told] == []
    assert compare(shorter, longer).losses == ()
