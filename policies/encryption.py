"""Encryption at rest wherever a cloud does not do it by itself. GCP encrypts everything; AWS asks type by type."""

from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.values import at, component_token, records, related, text

READABLE: Mapping[tuple[str, str], str] = {
    (
        "packyard:alerts:Alerts",
        "aws:sns/topic:Topic",
    ): "alarms cannot publish under the key of AWS, and name machines alone",
}
"""Component token and type of what stays unencrypted, with the reason."""


def disks_are_encrypted(capture: Capture) -> Iterator[Finding]:
    """An unencrypted volume or snapshot can be read by whoever is given a copy of it."""
    for volume in capture.of_type("aws:ebs/volume:Volume"):
        if volume.inputs.get("encrypted") is not True:
            yield Finding(volume, "the volume is not encrypted. HINT: encrypted=True")
    for instance in capture.of_type("aws:ec2/instance:Instance"):
        for device in ("rootBlockDevice", "ebsBlockDevices"):
            if any(block.get("encrypted") is not True for block in _blocks(instance, device)):
                yield Finding(instance, f"{device} is not encrypted. HINT: encrypted=True")
    for template in capture.of_type("aws:ec2/launchTemplate:LaunchTemplate"):
        # Launch templates take text here (EC2 API, LaunchTemplateEbsBlockDevice).
        disks = [at(device, "ebs.encrypted") for device in records(template.inputs.get("blockDeviceMappings"))]
        if not disks or any(disk != "true" for disk in disks):
            yield Finding(template, 'a disk of the workers is not encrypted. HINT: ebs encrypted="true"')


def stores_are_encrypted(capture: Capture) -> Iterator[Finding]:
    """Buckets, topics, queues and cluster secrets say how they are encrypted."""
    for bucket in capture.of_type("aws:s3/bucket:Bucket"):
        if not related(
            capture,
            bucket,
            "bucket",
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        ):
            yield Finding(bucket, "names no encryption. HINT: add a BucketServerSideEncryptionConfiguration")
    for topic in capture.of_type("aws:sns/topic:Topic"):
        if not topic.inputs.get("kmsMasterKeyId") and (component_token(topic), topic.type) not in READABLE:
            yield Finding(topic, "the topic is not encrypted. HINT: kms_master_key_id")
    for queue in capture.of_type("aws:sqs/queue:Queue"):
        if not queue.inputs.get("kmsMasterKeyId") and queue.inputs.get("sqsManagedSseEnabled") is not True:
            yield Finding(queue, "the queue is not encrypted. HINT: sqs_managed_sse_enabled=True")
    for cluster in capture.of_type("aws:eks/cluster:Cluster"):
        if not at(cluster.inputs, "encryptionConfig.provider.keyArn"):
            yield Finding(cluster, "cluster secrets are not encrypted. HINT: encryption_config with a key")


def keys_rotate(capture: Capture) -> Iterator[Finding]:
    """A key that never rotates encrypts ever more with one secret."""
    for key in capture.of_type("aws:kms/key:Key"):
        symmetric = text(key.inputs.get("customerMasterKeySpec")) in ("", "SYMMETRIC_DEFAULT")
        if symmetric and key.inputs.get("enableKeyRotation") is not True:
            yield Finding(key, "the key does not rotate. HINT: enable_key_rotation=True")
    for key in capture.of_type("gcp:kms/cryptoKey:CryptoKey"):
        if text(key.inputs.get("purpose")) in ("", "ENCRYPT_DECRYPT") and not key.inputs.get("rotationPeriod"):
            yield Finding(key, "the key does not rotate. HINT: rotation_period")


def _blocks(registration: Registration, key: str) -> list[dict[str, Value]]:
    return [dict(block) for block in records(registration.inputs.get(key))] or (
        [{}] if key == "rootBlockDevice" else []
    )
