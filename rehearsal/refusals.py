"""What the real clouds refuse although the SDK accepts it. Each rule names its source."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture.registration import Value
from settings.vocabulary import LOG_RETENTION_DAYS


@dataclass(frozen=True)
class Refusal:
    """One input that the API would refuse."""

    property: str
    reason: str


def refused_inputs(resource_type: str, name: str, inputs: Mapping[str, Value]) -> Iterator[Refusal]:
    """Every input of a resource that its cloud would refuse."""
    match resource_type:
        case "aws:s3/bucket:Bucket" | "gcp:storage/bucket:Bucket":
            yield from _bucket_name(inputs)
        case "aws:ec2/securityGroup:SecurityGroup":
            # EC2 API reference, CreateSecurityGroup: a group name cannot start with sg-.
            if str(inputs.get("name") or name).startswith("sg-"):
                yield Refusal("name", "invalid value for parameter groupName: may not begin with sg-")
        case "aws:ec2/launchTemplate:LaunchTemplate":
            yield from _base64(inputs)
        case "aws:cloudwatch/logGroup:LogGroup":
            if (days := inputs.get("retentionInDays")) is not None and days not in LOG_RETENTION_DAYS:
                yield Refusal("retentionInDays", f"{days} is not one of the allowed values")
        case "aws:kms/key:Key":
            days = inputs.get("deletionWindowInDays")
            # KMS API reference, ScheduleKeyDeletion: 7 to 30 days.
            if isinstance(days, int) and not 7 <= days <= 30:
                yield Refusal("deletionWindowInDays", "must be between 7 and 30")
        case "aws:autoscaling/group:Group":
            yield from _group_sizes(inputs)
        case _:
            return


def refused_deletion(resource_type: str, properties: Mapping[str, Value]) -> str:
    """Why the cloud refuses to delete a resource; empty where it does not."""
    switches = ("deletionProtection", "disableApiTermination", "deletionProtectionEnabled")
    if any(properties.get(switch) is True for switch in switches):
        return f"{resource_type} has deletion protection on; switch it off first"
    # pulumi-gcp refuses by itself where deletionPolicy says PREVENT.
    if properties.get("deletionPolicy") == "PREVENT":
        return f"{resource_type} has the deletion policy PREVENT; change it first"
    return ""


def _bucket_name(inputs: Mapping[str, Value]) -> Iterator[Refusal]:
    name = inputs.get("bucket") or inputs.get("name")
    # S3 and Cloud Storage naming rules: 3 to 63 characters, lower case.
    if isinstance(name, str) and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", name):
        yield Refusal("name", f"{name!r} is not a valid bucket name")


def _base64(inputs: Mapping[str, Value]) -> Iterator[Refusal]:
    user_data = inputs.get("userData")
    if not isinstance(user_data, str):
        return
    try:
        base64.b64decode(user_data, validate=True)
    except binascii.Error:
        yield Refusal("userData", "invalid BASE64 encoding of user data")


def _group_sizes(inputs: Mapping[str, Value]) -> Iterator[Refusal]:
    minimum, maximum = inputs.get("minSize"), inputs.get("maxSize")
    if isinstance(minimum, int) and isinstance(maximum, int) and minimum > maximum:
        yield Refusal("minSize", "may not be greater than maxSize")
    if inputs.get("launchTemplate") and inputs.get("mixedInstancesPolicy"):
        yield Refusal("launchTemplate", "may not be given together with mixedInstancesPolicy")
