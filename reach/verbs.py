"""What people call an action: one verb and one kind of resource for both clouds."""

VERBS: dict[tuple[str, str], tuple[str, ...]] = {
    ("read", "secret"): ("secretsmanager:GetSecretValue", "secretmanager.versions.access"),
    ("write", "secret"): ("secretsmanager:PutSecretValue", "secretmanager.versions.add"),
    ("delete", "secret"): ("secretsmanager:DeleteSecret", "secretmanager.secrets.delete"),
    ("read", "objects"): ("s3:GetObject", "storage.objects.get"),
    ("write", "objects"): ("s3:PutObject", "storage.objects.create"),
    ("delete", "objects"): ("s3:DeleteObject", "s3:DeleteObjectVersion", "storage.objects.delete"),
    ("change", "bucket"): (
        *("s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning"),
        *("s3:PutBucketObjectLockConfiguration", "s3:DeleteBucket"),
        *("storage.buckets.update", "storage.buckets.setIamPolicy", "storage.buckets.delete"),
    ),
    ("read", "parameter"): ("ssm:GetParameter",),
    ("write", "parameter"): ("ssm:PutParameter",),
    ("use", "key"): ("kms:Decrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"),
    ("delete", "disk"): ("ec2:DeleteVolume", "compute.disks.delete"),
    ("delete", "machine"): ("ec2:TerminateInstances", "compute.instances.delete"),
    ("administer", "project"): ("resourcemanager.projects.setIamPolicy",),
}
"""What a person calls it: the verb, the kind of the resource, and the actions of both clouds that any of is enough."""
