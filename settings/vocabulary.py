"""Types of the values in a stack file, each with an example of what would be right.

A value that does not fit raises ValueError with what is wrong; the example in `examples` becomes the hint of the fault.
"""

import ipaddress
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field


class Cloud(StrEnum):
    """The two clouds that the estate lives in."""

    GCP = "gcp"
    AWS = "aws"


class GcpProject(StrEnum):
    """The three GCP projects of the team (handbook, work resources)."""

    TESTGROUND = "testground"
    BUILD_RUNNERS = "omnibusBuildRunners"
    CLOUD_NATIVE = "cloudNative"


class Architecture(StrEnum):
    """Processor architectures that packages are built for."""

    AMD64 = "amd64"
    ARM64 = "arm64"


def matching(pattern: str, what: str) -> AfterValidator:
    """A validator that accepts only text that matches the whole pattern; `what` names the kind of value."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return AfterValidator(check)


def short_name(longest: int) -> AfterValidator:
    """A validator of short names that are legal in every physical name, tag and label."""
    return matching(
        rf"[a-z]([a-z0-9-]{{0,{longest - 2}}}[a-z0-9])?",
        f"a short lower-case name (letters, digits, hyphens; {longest} at most)",
    )


def network_of(prefixes: range, what: str) -> Callable[[str], str]:
    """A check for a private IPv4 network in CIDR form whose prefix length lies in `prefixes`."""

    def check(value: str) -> str:
        try:
            network = ipaddress.IPv4Network(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is not an IPv4 network: {error}") from None
        if not network.is_private:
            raise ValueError(f"{value} is not a private network")
        if network.prefixlen not in prefixes:
            raise ValueError(f"{value} is not {what} (/{prefixes.start} to /{prefixes.stop - 1})")
        return value

    return check


def _address(value: str) -> str:
    try:
        ipaddress.IPv4Address(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 address: {error}") from None
    return value


def _any_network(value: str) -> str:
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 network: {error}") from None
    return value


NetworkCidr = Annotated[
    str, AfterValidator(network_of(range(16, 21), "wide enough for a network")), Field(examples=["10.16.0.0/16"])
]
"""A whole VPC, /16 to /20."""

SubnetCidr = Annotated[
    str, AfterValidator(network_of(range(16, 29), "a subnet that AWS and GCP accept")), Field(examples=["10.16.0.0/20"])
]
"""One subnet, /16 to /28 (AWS refuses anything else)."""

AnyCidr = Annotated[str, AfterValidator(_any_network), Field(examples=["203.0.113.0/24"])]
"""Any IPv4 network, public ones included; for allow-lists."""

Ipv4Address = Annotated[str, AfterValidator(_address), Field(examples=["10.200.0.1"])]
"""One IPv4 address."""

Slug = Annotated[str, short_name(40), Field(examples=["omnibus-amd64"])]
"""A short name that is legal in every physical name, tag and label."""

Port = Annotated[int, Field(ge=1, le=65535, examples=[443])]
"""A TCP port."""

DnsName = Annotated[
    str,
    matching(
        r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "a DNS name in lower case without a dot at its end",
    ),
    Field(examples=["dev.staging.packyard.example.com"]),
]
"""A fully qualified DNS name without the final dot."""

HttpsUrl = Annotated[
    str,
    matching(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s]*)?", "an https:// address"),
    Field(examples=["https://gitlab.example.com"]),
]

EmailAddress = Annotated[
    str,
    matching(r"[^@\s]+@[a-z0-9.-]+\.[a-z]{2,}", "an e-mail address"),
    Field(examples=["distribution@example.com"]),
]

GcpProjectId = Annotated[
    str,
    matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a GCP project id (6 to 30 lower-case letters, digits, hyphens)"),
    Field(examples=["example-testground"]),
]

GcpRegion = Annotated[str, matching(r"[a-z]+-[a-z]+[0-9]{1,2}", "a GCP region"), Field(examples=["us-east1"])]

GcpZone = Annotated[
    str, matching(r"[a-z]+-[a-z]+[0-9]{1,2}-[a-f]", "a GCP zone (a region is not one)"), Field(examples=["us-east1-b"])
]

GcpMachineType = Annotated[
    str,
    matching(r"[a-z][a-z0-9]*-[a-z]+(-[0-9]+)?(-[a-z0-9]+)?", "a GCE machine type"),
    Field(examples=["n2d-standard-2"]),
]

GcpImage = Annotated[
    str,
    matching(
        r"projects/[a-z0-9-]+/global/images/[a-z]([a-z0-9-]*[a-z0-9])",
        "a pinned GCE image (an image family would move under the machines)",
    ),
    Field(examples=["projects/debian-cloud/global/images/debian-13-trixie-v20261110"]),
]

AwsAccountId = Annotated[
    str, matching(r"[0-9]{12}", "an AWS account id (12 digits, in quotes)"), Field(examples=["000000000000"])
]

AwsRegion = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-[0-9]", "an AWS region"), Field(examples=["us-east-1"])]

AwsZone = Annotated[
    str, matching(r"[a-z]{2}(-[a-z]+)+-[0-9][a-f]", "an AWS availability zone"), Field(examples=["us-east-1a"])
]

AwsInstanceType = Annotated[
    str,
    matching(r"[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|metal|[0-9]*xlarge)", "an EC2 instance type"),
    Field(examples=["m7i.large"]),
]

AwsImage = Annotated[
    str, matching(r"ami-([0-9a-f]{8}|[0-9a-f]{17})", "an AMI id"), Field(examples=["ami-00000000000000000"])
]

AwsRoleArn = Annotated[
    str,
    matching(
        r"arn:aws:iam::[0-9]{12}:role(/[A-Za-z0-9+=,.@_-]+)+", "the ARN of one IAM role (a wildcard would admit others)"
    ),
    Field(examples=["arn:aws:iam::000000000000:role/backup-operator"]),
]
"""One IAM role. Sessions of the role count as the role (AWS, `aws:PrincipalArn`)."""

GiB = Annotated[int, Field(ge=1, le=65536, examples=[100])]
"""A size in GiB."""

BootDiskGiB = Annotated[int, Field(ge=10, le=2048, examples=[30])]
"""A boot disk in GiB; Debian's cloud images need 10."""

Days = Annotated[int, Field(ge=1, le=3650, examples=[30])]
"""A span in days."""

CLOUDWATCH_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days that CloudWatch can keep a log group (CloudWatch Logs API reference, PutRetentionPolicy)."""

CloudWatchRetentionDays = Annotated[
    int, Field(examples=[30]), AfterValidator(lambda value: _one_of(value, CLOUDWATCH_RETENTION_DAYS))
]
"""Days that CloudWatch keeps a log group."""

TimeOfDay = Annotated[
    str, matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day in UTC"), Field(examples=["07:20"])
]
"""Hours and minutes, UTC."""

Sha256 = Annotated[
    str, matching(r"[0-9a-f]{64}", "a SHA-256 digest (64 hexadecimal digits)"), Field(examples=["0" * 64])
]

Version = Annotated[str, matching(r"[0-9]+(\.[0-9]+){1,3}", "a version number"), Field(examples=["3.3.3050.0"])]


def _one_of(value: int, allowed: tuple[int, ...]) -> int:
    if value not in allowed:
        raise ValueError(f"{value} is not one of {', '.join(map(str, allowed))}")
    return value
