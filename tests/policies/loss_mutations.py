"""Mutations that lose data later, and quietly: rules that delete, snapshots that nobody takes."""

from policies import Policy, buckets, lifecycle, snapshots
from tests.policies.mutations import GONE, Mutation, Pick, change, drop

PACKAGES = Pick("gcp:storage/bucket:Bucket", "package-server-release")
S3_LIFECYCLE = Pick("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "backup-vault")
DISK = Pick("gcp:compute/disk:Disk", "pg-a-data")
ATTACHMENT = Pick("gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment", "pg-a")
GCP_SCHEDULE = Pick("gcp:compute/resourcePolicy:ResourcePolicy", "pg-a")
AWS_SCHEDULE = Pick("aws:dlm/lifecyclePolicy:LifecyclePolicy", "pg-b")
VOLUME = Pick("aws:ebs/volume:Volume", "pg-b")
LOCK = Pick("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
LOCKED = Pick("aws:s3/bucket:Bucket", has={"objectLockEnabled": True})

_LIVE = lifecycle.lifecycles_spare_what_is_live
_TAKEN = snapshots.data_disks_have_snapshots
_OLD = lifecycle.old_versions_stay_for_a_while
_KEPT = snapshots.snapshots_outlive_a_mistake

LOSS_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (_LIVE, change(PACKAGES, {"lifecycleRules.0.condition": {"age": 90}})),
    (_LIVE, change(PACKAGES, {"lifecycleRules.0.condition": {"age": 90, "withState": "ANY"}})),
    (_LIVE, change(PACKAGES, {"lifecycleRules.0.condition": {"age": 90, "withState": "LIVE"}})),
    (_LIVE, change(PACKAGES, {"lifecycleRules.0.condition": {"matchesPrefixes": ("pool/",)}})),
    (_LIVE, change(S3_LIFECYCLE, {"rules.0.expiration": {"days": 90}})),
    (_LIVE, change(S3_LIFECYCLE, {"rules.0.expiration": {"date": "2027-01-01T00:00:00Z"}})),
    (_TAKEN, drop(ATTACHMENT, DISK)),
    (_TAKEN, change(ATTACHMENT, {}, reported_on=DISK, property_dependencies={})),
    (_TAKEN, change(GCP_SCHEDULE, {"snapshotSchedulePolicy": GONE}, reported_on=DISK)),
    (_TAKEN, drop(AWS_SCHEDULE, VOLUME)),
    (_TAKEN, change(AWS_SCHEDULE, {"state": "DISABLED"}, reported_on=VOLUME)),
    (_TAKEN, change(AWS_SCHEDULE, {"policyDetails.schedules": ()}, reported_on=VOLUME)),
    (_TAKEN, change(AWS_SCHEDULE, {"policyDetails.targetTags": {"snapshots": "another"}}, reported_on=VOLUME)),
    (_KEPT, change(GCP_SCHEDULE, {"snapshotSchedulePolicy.retentionPolicy.onSourceDiskDelete": GONE})),
    (_KEPT, change(GCP_SCHEDULE, {"snapshotSchedulePolicy.retentionPolicy": GONE})),
    (_KEPT, change(AWS_SCHEDULE, {"policyDetails.schedules.0.retainRule": {"count": 1}})),
)

PRODUCTION_LOSS_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (
        _OLD,
        change(PACKAGES, {"lifecycleRules.0.condition.daysSinceNoncurrentTime": 1}),
    ),
    (
        _OLD,
        change(PACKAGES, {"lifecycleRules.0.condition": {"withState": "ARCHIVED", "numNewerVersions": 1}}),
    ),
    (
        _OLD,
        change(S3_LIFECYCLE, {"rules.0.noncurrentVersionExpiration.noncurrentDays": 1}),
    ),
    (_KEPT, change(GCP_SCHEDULE, {"snapshotSchedulePolicy.retentionPolicy.maxRetentionDays": 1})),
    (_KEPT, change(AWS_SCHEDULE, {"policyDetails.schedules.0.retainRule.interval": 1})),
    (
        buckets.locked_buckets_lock_what_is_written,
        change(LOCK, {"rule.defaultRetention.days": 1}, reported_on=LOCKED),
    ),
)
"""For the production stack alone."""
