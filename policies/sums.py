"""What adds up in one document or group, and has a limit together: each part fits, and the whole is refused."""

import re
from collections.abc import Iterator, Mapping

from capture import Capture, Registration
from policies.policy import Finding
from policies.values import mapping, related, text

INLINE_POLICIES_CHARACTERS = 10_240
"""All inline policies of a role together, white space not counted (IAM User Guide, IAM and AWS STS quotas)."""

TRUST_CHARACTERS = 2_048
"""The trust policy of a role by default, white space not counted (same page)."""

GROUP_RULES = 60
"""Rules of a security group in one direction; a prefix list counts as many as it may hold (Amazon VPC User Guide,
quotas)."""

BUCKET_POLICY_BYTES = 20 * 1024
"""Amazon S3 User Guide, Bucket policies for Amazon S3."""

METADATA_BYTES = 512 * 1024
"""All keys and values of a machine's metadata together (Compute Engine documentation, About VM metadata)."""

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
DIRECTIONS: Mapping[str, str] = {
    "outgoing": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "incoming": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}


def policies_of_a_role_fit_together(capture: Capture) -> Iterator[Finding]:
    """PutRolePolicy refuses the one that goes past the sum, with all others already there."""
    for role in capture.of_type("aws:iam/role:Role"):
        inline = related(capture, role, "role", ROLE_POLICY)
        size = sum(_characters(text(entry.inputs.get("policy"))) for entry in inline)
        if size > INLINE_POLICIES_CHARACTERS:
            yield Finding(
                role,
                f"its inline policies have {size} characters together, {INLINE_POLICIES_CHARACTERS} fit. "
                "HINT: fewer entries in the list of settings that it grows with; for a runner manager, fewer shards",
            )


def trust_policies_fit(capture: Capture) -> Iterator[Finding]:
    """CreateRole refuses a longer one, and so nobody can take the role."""
    for role in capture.of_type("aws:iam/role:Role"):
        size = _characters(text(role.inputs.get("assumeRolePolicy")))
        if size > TRUST_CHARACTERS:
            wrong = f"its trust policy has {size} characters, {TRUST_CHARACTERS} fit"
            yield Finding(role, f"{wrong}. HINT: shorter names, or two roles")


def rules_of_a_security_group_fit(capture: Capture) -> Iterator[Finding]:
    """AWS refuses the first rule past the limit, in the middle of an update."""
    for group in capture.of_type("aws:ec2/securityGroup:SecurityGroup"):
        for direction, kind in DIRECTIONS.items():
            rules = related(capture, group, "securityGroupId", kind)
            count = sum(_weight(capture, rule) for rule in rules)
            if count > GROUP_RULES:
                yield Finding(
                    group,
                    f"has {count} {direction} rules, {GROUP_RULES} are allowed. "
                    "HINT: fewer ranges or shards, wider ranges, or a higher quota",
                )


def bucket_policies_fit(capture: Capture) -> Iterator[Finding]:
    """PutBucketPolicy refuses a longer one, and the bucket stays without any."""
    for entry in capture.of_type("aws:s3/bucketPolicy:BucketPolicy"):
        size = len(text(entry.inputs.get("policy")).encode())
        if size > BUCKET_POLICY_BYTES:
            yield Finding(entry, f"has {size} bytes, {BUCKET_POLICY_BYTES} fit. HINT: fewer principals in one bucket")


def metadata_fits(capture: Capture) -> Iterator[Finding]:
    """The machine would not be made."""
    for kind in ("gcp:compute/instance:Instance", "gcp:compute/instanceTemplate:InstanceTemplate"):
        for entry in capture.of_type(kind):
            metadata = mapping(entry.inputs.get("metadata"))
            size = sum(len(key.encode()) + len(text(value).encode()) for key, value in metadata.items())
            if size > METADATA_BYTES:
                wrong = f"its metadata has {size} bytes, {METADATA_BYTES} fit"
                yield Finding(entry, f"{wrong}. HINT: put it into the machine store")


def _characters(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def _weight(capture: Capture, rule: Registration) -> int:
    """How many rules one counts for."""
    urns = rule.property_dependencies.get("prefixListId", ())
    lists = [capture.by_urn[urn] for urn in urns if urn in capture.by_urn and capture.by_urn[urn].type == PREFIX_LIST]
    most = [entry.inputs.get("maxEntries") for entry in lists]
    return sum(size for size in most if isinstance(size, int)) or 1
