"""Types of the values in a stack file, each with an example of what would be right.

A value that does not fit raises ValueError with what is wrong; the example in `examples` becomes the hint of the fault.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.forms import (
    Form,
    any_address,
    any_network,
    choice_type,
    network_type,
    pattern_type,
    public_network,
    short_name,
)
from settings.machine_families import ec2_instance_type, gcp_machine_type


class Cloud(StrEnum):
    """The two clouds that the estate lives in."""

    GCP = "gcp"
    AWS = "aws"


class Trust(StrEnum):
    """Whose code runs on a shard, and what it may therefore do."""

    UNTRUSTED = "untrusted"
    """Anyone's merge request: one job for each VM, never privileged."""
    PROTECTED = "protected"
    """Protected refs alone, by a runner of their own."""
    PUBLISH = "publish"
    """Signs and publishes, on protected refs alone: on-demand capacity, one job for each VM, never privileged."""


class GcpProject(StrEnum):
    """The GCP projects of the estate: the team's three (handbook, work resources), and one for each trusted tier.

    On GCP a project is the only wall between worker groups: conditions know no instance group managers, and whoever may
    update one writes the startup script of its workers (decision 26).
    """

    TESTGROUND = "testground"
    BUILD_RUNNERS = "omnibusBuildRunners"
    PROTECTED_BUILD_RUNNERS = "protectedBuildRunners"
    PUBLISH_BUILD_RUNNERS = "publishBuildRunners"
    CLOUD_NATIVE = "cloudNative"


BUILD_PROJECTS = {
    Trust.UNTRUSTED: GcpProject.BUILD_RUNNERS,
    Trust.PROTECTED: GcpProject.PROTECTED_BUILD_RUNNERS,
    Trust.PUBLISH: GcpProject.PUBLISH_BUILD_RUNNERS,
}
"""Where the shards of each tier live on GCP."""


class Architecture(StrEnum):
    """Processor architectures that packages are built for."""

    AMD64 = "amd64"
    ARM64 = "arm64"


class StackKind(StrEnum):
    """What a stack is for, which decides what is refused in it. Its name decides nothing."""

    PRODUCTION = "production"
    """Others rely on it: protected, backups that nobody can delete, no single zone."""
    STAGING = "staging"
    """May be thrown away now and then."""


NetworkCidr = Annotated[str, network_type(range(16, 21), "wide enough for a network", "10.16.0.0/16")]
"""A whole VPC, /16 to /20."""

SubnetCidr = Annotated[str, network_type(range(16, 29), "a subnet that AWS and GCP accept", "10.16.0.0/20")]
"""One subnet, /16 to /28 (AWS refuses anything else)."""

AnyCidr = Annotated[str, Form(any_network, "an IPv4 network", "203.0.113.0/24")]
"""Any IPv4 network, public ones included; for allow-lists."""

PublicCidr = Annotated[str, Form(public_network, "a public IPv4 network", "203.0.113.0/24")]
"""A network on the internet. A private range opens a public door to nobody."""

Ipv4Address = Annotated[str, Form(any_address, "an IPv4 address", "10.200.0.1")]
"""One IPv4 address."""

Slug = Annotated[str, short_name(40, "omnibus-amd64")]
"""A short name that is legal in every physical name, tag and label."""

StackName = Annotated[
    str,
    pattern_type(
        r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?",
        "a stack name (lower-case letters, digits, hyphens; 20 at most), which names and labels of both clouds take",
        "staging",
    ),
]
"""The name of a stack: it is part of nearly every physical name, and a label."""

RESERVED_WORDS = ("google", "g00gle", "xn--")
"""What may stand nowhere in bucket names (Cloud Storage, About Cloud Storage buckets; Amazon S3, naming rules)."""

RESERVED_BEGINNINGS = ("goog", "gcp-", "aws", "ssm", "sg-", "sthree-", "amzn-s3-demo-")
"""What buckets (goog, sthree-, amzn-s3-demo-), pools (gcp-), parameters (aws, ssm) and security groups (sg-) may not
begin with."""


def name_prefix(value: str) -> str:
    """The value, where no cloud keeps it for itself. Raises ValueError."""
    if found := [word for word in RESERVED_WORDS if word in value]:
        raise ValueError(f"{value!r} contains {found[0]}, which bucket names may not")
    if found := [start for start in RESERVED_BEGINNINGS if f"{value}-".startswith(start)]:
        raise ValueError(f"{value!r} begins with {found[0]}, which a cloud keeps for itself")
    return value


NamePrefix = Annotated[
    str,
    short_name(20, "example-packyard"),
    Form(name_prefix, "a prefix that no cloud keeps for itself", "example-packyard"),
]
"""What leads every physical name."""

Port = Annotated[int, Field(ge=1, le=65535, examples=[443])]
"""A TCP port."""

DnsName = Annotated[
    str,
    pattern_type(
        r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "a DNS name in lower case without a dot at its end",
        "dev.staging.packyard.example.com",
    ),
]
"""A fully qualified DNS name without the final dot."""

HttpsUrl = Annotated[
    str,
    pattern_type(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s]*)?", "an https:// address", "https://gitlab.example.com"),
]

EmailAddress = Annotated[
    str,
    pattern_type(r"[^@\s]+@[a-z0-9.-]+\.[a-z]{2,}", "an e-mail address", "distribution@example.com"),
]

GcpProjectId = Annotated[
    str,
    pattern_type(
        r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "a GCP project id (6 to 30 lower-case letters, digits, hyphens)",
        "example-testground",
    ),
]

GcpRegion = Annotated[str, pattern_type(r"[a-z]+-[a-z]+[0-9]{1,2}", "a GCP region", "us-east1")]

GcpZone = Annotated[
    str, pattern_type(r"[a-z]+-[a-z]+[0-9]{1,2}-[a-f]", "a GCP zone (a region is not one)", "us-east1-b")
]

GcpMachineType = Annotated[str, Form(gcp_machine_type, "a GCE machine type", "n2d-standard-2")]
"""A machine type of a series that is known (settings/machine_families.py)."""

GcpImage = Annotated[
    str,
    pattern_type(
        r"projects/[a-z0-9-]+/global/images/[a-z]([a-z0-9-]*[a-z0-9])",
        "a pinned GCE image (an image family would move under the machines)",
        "projects/debian-cloud/global/images/debian-13-trixie-v20261110",
    ),
]

AwsAccountId = Annotated[str, pattern_type(r"[0-9]{12}", "an AWS account id (12 digits, in quotes)", "000000000000")]

AwsRegion = Annotated[str, pattern_type(r"[a-z]{2}(-[a-z]+)+-[0-9]", "an AWS region", "us-east-1")]

AwsZone = Annotated[str, pattern_type(r"[a-z]{2}(-[a-z]+)+-[0-9][a-f]", "an AWS availability zone", "us-east-1a")]

AwsInstanceType = Annotated[str, Form(ec2_instance_type, "an EC2 instance type", "m7i.large")]
"""An instance type of a family that is known (settings/machine_families.py)."""

AwsImage = Annotated[str, pattern_type(r"ami-([0-9a-f]{8}|[0-9a-f]{17})", "an AMI id", "ami-00000000000000000")]

AwsRoleArn = Annotated[
    str,
    pattern_type(
        r"arn:aws:iam::[0-9]{12}:role(/[A-Za-z0-9+=,.@_-]+)+",
        "the ARN of one IAM role (a wildcard would admit others)",
        "arn:aws:iam::000000000000:role/backup-operator",
    ),
]
"""One IAM role. Sessions of the role count as the role (AWS, `aws:PrincipalArn`)."""

GiB = Annotated[int, Field(ge=1, le=65536, examples=[100])]
"""A size in GiB."""

GceDataDiskGiB = Annotated[int, Field(ge=10, le=65536, examples=[100])]
"""A data disk on GCE in GiB; the least of pd-balanced is 10."""

BootDiskGiB = Annotated[int, Field(ge=10, le=2048, examples=[30])]
"""A boot disk in GiB; Debian's cloud images need 10."""

Days = Annotated[int, Field(ge=1, le=3650, examples=[30])]
"""A span in days."""

FEWEST_KEPT_DAYS = 7
"""In production: old versions of objects, snapshots and backups stay as long, since nobody may look over a weekend."""

FEWEST_LOCK_DAYS = 21
"""In production: two weekly full backups, the fewest that a repository may keep, and a week more."""

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days that CloudWatch keeps a log group; AWS accepts no others (CloudWatch Logs API reference, PutRetentionPolicy).
botocore does not have the list."""

CloudWatchRetentionDays = Annotated[int, choice_type(LOG_RETENTION_DAYS, 30)]
"""Days that CloudWatch keeps a log group."""

TimeOfDay = Annotated[str, pattern_type(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day in UTC", "07:20")]
"""Hours and minutes, UTC."""

Sha256 = Annotated[str, pattern_type(r"[0-9a-f]{64}", "a SHA-256 digest (64 hexadecimal digits)", "0" * 64)]

Version = Annotated[str, pattern_type(r"[0-9]+(\.[0-9]+){1,3}", "a version number", "3.3.3050.0")]
