"""Actions of S3 that end the life of a backup early (AWS, service authorization reference of S3)."""

BUCKET_RETENTION_ACTIONS = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
"""What shortens retention, or opens the bucket, by changing the bucket. A key of somebody else's, set as the bucket's
encryption, would make every later backup unreadable: that is a deletion too."""

VERSION_RETENTION_ACTIONS = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteObjectVersion",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)
"""What shortens the retention of one version. Uploads need none of these: the default retention covers them."""

RETENTION_ACTIONS = (*BUCKET_RETENTION_ACTIONS, *VERSION_RETENTION_ACTIONS)
"""All of them: the vault keeps them for its operator, hosts and pipelines are denied them, a policy looks for them."""
