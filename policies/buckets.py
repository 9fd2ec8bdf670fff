"""Buckets: private, reached over TLS alone, and able to give back what was overwritten."""

from collections.abc import Iterator, Mapping
from typing import Any

from capture import Capture, Registration
from policies.policy import Finding
from policies.stateful import is_stateful
from policies.values import (
    at,
    component_token,
    is_production,
    mapping,
    number,
    policy_statements,
    related,
    strings,
    text,
)
from settings.backup_vault.retention import RETENTION_ACTIONS
from settings.vocabulary import FEWEST_LOCK_DAYS

PUBLIC_BUCKETS: Mapping[tuple[str, str], str] = {}
"""Component token and end of the logical name of a bucket that anyone may read, with the reason."""

TRAILS = "cloudtrail.amazonaws.com"

SHORTEST_SOFT_DELETE_SECONDS = 7 * 24 * 3600

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def buckets_are_private(capture: Capture) -> Iterator[Finding]:
    """One public bucket is how most leaks happened; the clouds' own switches hold even against a wrong grant."""
    for bucket in capture.of_type("gcp:storage/bucket:Bucket"):
        if bucket.inputs.get("uniformBucketLevelAccess") is not True:
            yield Finding(bucket, "single objects may be public. HINT: uniform_bucket_level_access=True")
        if bucket.inputs.get("publicAccessPrevention") != "enforced" and not _is_public(bucket):
            yield Finding(bucket, 'a grant can make it public. HINT: public_access_prevention="enforced"')
    for bucket in capture.of_type("aws:s3/bucket:Bucket"):
        blocks = related(capture, bucket, "bucket", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
        if not any(all(block.inputs.get(key) is True for key in BLOCKS) for block in blocks):
            yield Finding(
                bucket, f"a grant can make it public. HINT: a BucketPublicAccessBlock with {', '.join(BLOCKS)}"
            )


def s3_buckets_take_tls_alone(capture: Capture) -> Iterator[Finding]:
    """S3 answers plain HTTP unless the bucket's policy denies it."""
    for bucket in capture.of_type("aws:s3/bucket:Bucket"):
        policies = related(capture, bucket, "bucket", "aws:s3/bucketPolicy:BucketPolicy")
        # In a preview a policy that names the bucket is unknown as a whole; a run with final values reads it.
        unknown = any(not text(policy.inputs.get("policy")) for policy in policies)
        if not unknown and not any(_denies_plain_http(policy) for policy in policies):
            yield Finding(bucket, "answers plain HTTP. HINT: deny s3:* where aws:SecureTransport is false")


def buckets_keep_versions(capture: Capture) -> Iterator[Finding]:
    """Without versions, one wrong upload is the end of what was there."""
    for bucket in capture.of_type("gcp:storage/bucket:Bucket"):
        if is_stateful(bucket) and at(bucket.inputs, "versioning.enabled") is not True:
            yield Finding(bucket, "keeps no versions. HINT: versioning with enabled=True")
    for bucket in capture.of_type("aws:s3/bucket:Bucket"):
        versions = related(capture, bucket, "bucket", "aws:s3/bucketVersioning:BucketVersioning")
        enabled = any(at(entry.inputs, "versioningConfiguration.status") == "Enabled" for entry in versions)
        if is_stateful(bucket) and not enabled:
            yield Finding(bucket, 'keeps no versions. HINT: a BucketVersioning with status="Enabled"')


def gcs_buckets_give_back_what_was_deleted(capture: Capture) -> Iterator[Finding]:
    """Soft delete also holds against whoever may delete versions (Cloud Storage keeps 7 days by itself)."""
    for bucket in capture.of_type("gcp:storage/bucket:Bucket"):
        seconds = at(bucket.inputs, "softDeletePolicy.retentionDurationSeconds")
        if is_stateful(bucket) and isinstance(seconds, int) and seconds < SHORTEST_SOFT_DELETE_SECONDS:
            yield Finding(bucket, "what is deleted is gone at once. HINT: soft_delete_policy of 604800 seconds or more")


def locked_buckets_lock_what_is_written(capture: Capture) -> Iterator[Finding]:
    """A bucket that can lock, but has no default retention, locks nothing; a lock that can be lifted holds no thief."""
    for bucket in capture.of_type("aws:s3/bucket:Bucket"):
        if bucket.inputs.get("objectLockEnabled") is not True:
            continue
        locks = related(capture, bucket, "bucket", "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
        retention = at(locks[0].inputs, "rule.defaultRetention") if locks else None
        if not mapping(retention).get("days"):
            yield Finding(bucket, "locks nothing by itself. HINT: a BucketObjectLockConfiguration with days")
        elif is_production(capture) and mapping(retention).get("mode") != "COMPLIANCE":
            yield Finding(bucket, "its lock can be lifted. HINT: mode COMPLIANCE in production")
        elif is_production(capture) and number(mapping(retention).get("days")) < FEWEST_LOCK_DAYS:
            yield Finding(bucket, f"its lock ends too soon. HINT: {FEWEST_LOCK_DAYS} days or more in production")


def locked_buckets_leave_retention_to_one(capture: Capture) -> Iterator[Finding]:
    """Rights come by many ways; a denial in the bucket's own policy holds against all but the operator's."""
    for bucket in capture.of_type("aws:s3/bucket:Bucket"):
        if bucket.inputs.get("objectLockEnabled") is not True:
            continue
        for policy in related(capture, bucket, "bucket", "aws:s3/bucketPolicy:BucketPolicy"):
            statements = list(policy_statements(policy, "policy"))
            denied = {
                action
                for statement in statements
                if statement["Effect"] == "Deny" and "aws:PrincipalArn" in str(statement.get("Condition", ""))
                for action in strings(statement.get("Action"))
            }
            missing = sorted(set(RETENTION_ACTIONS) - denied) if statements else []
            if missing:
                yield Finding(policy, f"leaves {missing[0]} to others. HINT: deny it to all but the operator")
            if any(statement["Effect"] == "Allow" and not _is_of_one_trail(statement) for statement in statements):
                yield Finding(policy, "grants by itself. HINT: grants in the policies of roles alone")


def nobody_is_anonymous(capture: Capture) -> Iterator[Finding]:
    """A grant to allUsers publishes a resource, however private its bucket looks."""
    for grant in capture.resources:
        members = grant.inputs.get("members", grant.inputs.get("member"))
        for member in members if isinstance(members, tuple) else (members,):
            if member in ("allUsers", "allAuthenticatedUsers") and not _is_public(grant):
                yield Finding(grant, f"grants {text(grant.inputs.get('role'))} to {member}. HINT: name who needs it")


def _denies_plain_http(policy: Registration) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") in ("false", ["false"])
        for statement in policy_statements(policy, "policy")
    )


def _is_of_one_trail(statement: dict[str, Any]) -> bool:
    """CloudTrail has no role of ours: a bucket must let it in by itself, and may for one trail alone."""
    named = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceArn", "")
    return statement.get("Principal") == {"Service": TRAILS} and ":trail/" in named and "*" not in named


def _is_public(registration: Registration) -> bool:
    return any(
        component_token(registration) == token and registration.name.endswith(suffix)
        for token, suffix in PUBLIC_BUCKETS
    )
