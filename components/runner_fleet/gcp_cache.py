"""The cache bucket on GCP."""

import pulumi_gcp as gcp

from components.component import Component


def gcs_cache(component: Component, expiry_days: int) -> gcp.storage.Bucket:
    """A private bucket whose objects expire. Not stateful, and without versions: builds survive its loss."""
    name = f"{component.name}-cache"
    return gcp.storage.Bucket(
        name,
        name=component.context.physical_name(name, kind="gcs_bucket"),
        location=component.context.gcp_region.upper(),
        storage_class="STANDARD",
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        versioning=gcp.storage.BucketVersioningArgs(enabled=False),
        # The default keeps deleted objects for a week, and bills them.
        soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=0),
        lifecycle_rules=[
            gcp.storage.BucketLifecycleRuleArgs(
                action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
                condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=expiry_days),
            ),
            gcp.storage.BucketLifecycleRuleArgs(
                action=gcp.storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload"),
                condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=1),
            ),
        ],
        force_destroy=True,
        labels={**component.labels(), "data": "cache"},
        opts=component.child(),
    )
