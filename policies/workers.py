"""What build workers reach and who reaches them: they run code of others, so both are as little as can be."""

import ipaddress
from collections.abc import Iterator
from math import inf

from capture import Capture, Registration
from policies.firewalls import DEFAULT_PRIORITY
from policies.open_ports import SSH_PORT
from policies.policy import Finding
from policies.retention import kept
from policies.stateful import is_disposable
from policies.values import at, items, number, records, related, text, texts
from policies.worker_groups import worker_templates
from settings.addresses import PRIVATE_RANGES, SPECIAL_RANGES, is_covered, is_world, outside

S3_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"

WIDEST_EXCEPTION = 24
"""Prefix of the widest private range that a shard may be let to, as the settings take it: an allow-list, and no net."""

TEMPLATE_ON_GCP = "gcp:compute/instanceTemplate:InstanceTemplate"
GROUP_RULES = "aws:vpc/securityGroup{}Rule:SecurityGroup{}Rule"
FIREWALL = "gcp:compute/firewall:Firewall"


def workers_reach_no_private_address(capture: Capture) -> Iterator[Finding]:
    """A job of anybody would reach the machines of the estate, and the metadata of their clouds."""
    for rule in _rules_of_groups(capture, "Egress"):
        listed = [cidr for entries in _prefix_lists(capture, rule) for cidr in entries]
        for cidr in (*listed, text(rule.inputs.get("cidrIpv4"))):
            exception = cidr and cidr not in listed and int(cidr.partition("/")[2]) >= WIDEST_EXCEPTION
            if cidr and not exception and not _is_public(cidr):
                yield Finding(rule, f"lets workers out to private addresses in {cidr}. HINT: leave them out")
    for template in capture.of_type(TEMPLATE_ON_GCP):
        out = [rule for rule in _firewalls_of(capture, template) if text(rule.inputs.get("direction")) == "EGRESS"]
        opens = [_priority(rule) for rule in out if items(rule.inputs.get("allows")) and is_world(_ranges(rule))]
        denials = [
            rule for rule in out if items(rule.inputs.get("denies")) and _priority(rule) < min(opens, default=inf)
        ]
        denied = [cidr for rule in denials for cidr in _ranges(rule)]
        if not all(is_covered(cidr, denied) for cidr in (*PRIVATE_RANGES, *SPECIAL_RANGES)):
            yield Finding(
                template,
                "its workers reach private addresses. HINT: a rule that denies them before any allows",
            )


def workers_are_reached_by_ssh_alone(capture: Capture) -> Iterator[Finding]:
    """Whatever else listens on a worker belongs to the job, and another job could reach it."""
    hint = "HINT: SSH from its own manager alone"
    for rule in _rules_of_groups(capture, "Ingress"):
        if (rule.inputs.get("fromPort"), rule.inputs.get("toPort")) != (SSH_PORT, SSH_PORT):
            yield Finding(rule, f"lets in more than SSH. {hint}")
    for template in capture.of_type(TEMPLATE_ON_GCP):
        for rule in _firewalls_of(capture, template):
            if text(rule.inputs.get("direction")) == "EGRESS":
                continue
            for allowed in records(rule.inputs.get("allows")):
                if text(allowed.get("protocol")) != "tcp" or texts(allowed.get("ports")) != (str(SSH_PORT),):
                    yield Finding(rule, f"lets in more than SSH. {hint}")


def workers_leave_no_disk(capture: Capture) -> Iterator[Finding]:
    """A disk that outlives its worker holds what a job left there, and is paid for, for ever."""
    for template in worker_templates(capture):
        for device in records(template.inputs.get("blockDeviceMappings")):
            if at(device, "ebs.deleteOnTermination") != "true":
                yield Finding(template, 'a disk stays behind. HINT: delete_on_termination="true"')
    for template in capture.of_type(TEMPLATE_ON_GCP):
        for disk in records(template.inputs.get("disks")):
            if disk.get("autoDelete") is not True:
                yield Finding(template, "a disk stays behind. HINT: auto_delete=True")


def caches_expire(capture: Capture) -> Iterator[Finding]:
    """What nobody misses is also never looked at, so without an end it grows for ever."""
    for bucket in filter(is_disposable, capture.of_type("gcp:storage/bucket:Bucket")):
        if kept(bucket, of_disposable=True)["live objects"].amount == inf:
            yield Finding(bucket, "keeps caches for ever. HINT: a lifecycle rule with an age")
    for bucket in filter(is_disposable, capture.of_type("aws:s3/bucket:Bucket")):
        rules = related(capture, bucket, "bucket", S3_LIFECYCLE)
        if not any(kept(rule, of_disposable=True)["live objects"].amount < inf for rule in rules):
            yield Finding(bucket, "keeps caches for ever. HINT: a BucketLifecycleConfiguration with expiration")


def _rules_of_groups(capture: Capture, direction: str) -> Iterator[Registration]:
    """Rules of the security groups that workers have."""
    groups = {
        urn
        for template in worker_templates(capture)
        for urn in template.property_dependencies.get("networkInterfaces", ())
    }
    for rule in capture.of_type(GROUP_RULES.format(direction, direction)):
        if groups & set(rule.property_dependencies.get("securityGroupId", ())):
            yield rule


def _prefix_lists(capture: Capture, rule: Registration) -> Iterator[tuple[str, ...]]:
    for urn in rule.property_dependencies.get("prefixListId", ()):
        yield tuple(text(entry.get("cidr")) for entry in records(capture.by_urn[urn].inputs.get("entries")))


def _is_public(cidr: str) -> bool:
    network = ipaddress.IPv4Network(cidr)
    return outside([network], (*PRIVATE_RANGES, *SPECIAL_RANGES)) == (network,)


def _firewalls_of(capture: Capture, template: Registration) -> Iterator[Registration]:
    tags = set(texts(template.inputs.get("tags")))
    return (rule for rule in capture.of_type(FIREWALL) if tags & set(texts(rule.inputs.get("targetTags"))))


def _ranges(rule: Registration) -> tuple[str, ...]:
    return texts(rule.inputs.get("destinationRanges"))


def _priority(rule: Registration) -> float:
    return number(rule.inputs.get("priority"), DEFAULT_PRIORITY)
