"""Limits that the docstrings of the SDKs do not say, by hand. Each names its source; all were read in November 2026.

"provider-google" is hashicorp/terraform-provider-google at e03b762 of 2026-08-21, whose checks run before any call;
"provider-aws" is hashicorp/terraform-provider-aws. Other sources are pages of the clouds' documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policies.limits.gcp_supplement import GCP_ANY, GCP_SUPPLEMENT
from policies.limits.limit import KEYS, VALUES, Limit

EC2_TEXT = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*"
"""What EC2 takes in names and descriptions of security groups."""

USER_DATA_BYTES = 16_384
"""Amazon EC2 User Guide, "Run commands when you launch an EC2 instance": 16 KB, in raw form, before encoding."""

BASE64 = r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"

USER_DATA_BASE64 = 4 * -(-USER_DATA_BYTES // 3)
"""As many characters of base64 as the limit gives."""


@dataclass(frozen=True)
class AnyType:
    """Limits of an input that many types have."""

    cloud: str
    limits: tuple[Limit, ...]
    but: frozenset[str] = frozenset()
    """Types whose input of that name is something else."""


_GROUP = "EC2 API reference, CreateSecurityGroup"
_RULE = "EC2 API reference, IpRange"
_S3 = "Amazon S3 User Guide, General purpose bucket naming rules"
_PARAMETER = "Systems Manager User Guide, Requirements and constraints for parameter names"
_ALARM_PERIOD = "provider-aws, internal/service/cloudwatch/metric_alarm.go"
_USER_DATA = "Amazon EC2 User Guide, user data: 16 KB before encoding"
_EBS = "Amazon EBS User Guide, Amazon EBS volume types"

_RULE_LIMITS = (
    Limit("description", _RULE, longest=255, pattern=EC2_TEXT),
    Limit("fromPort", _RULE, least=-1, most=65535),
    Limit("toPort", _RULE, least=-1, most=65535),
)


def _ebs(size: str, kind: str) -> tuple[Limit, ...]:
    """Sizes of volumes by their type."""
    spans = (("gp3", 1), ("gp2", 1), ("io1", 4), ("io2", 4), ("st1", 125), ("sc1", 125))
    return tuple(Limit(size, _EBS, least=least, most=65536, only_where=(kind, name)) for name, least in spans)


AWS_SUPPLEMENT: Mapping[str, tuple[Limit, ...]] = {
    "aws:autoscaling/group:Group": (
        Limit("name", "Auto Scaling API reference, CreateAutoScalingGroup", not_within=(":",)),
        Limit("minSize", "Auto Scaling API reference, CreateAutoScalingGroup", least=0),
        Limit("tags.key", "Auto Scaling API reference, Tag", shortest=1, longest=128),
        Limit("tags.value", "Auto Scaling API reference, Tag", longest=256),
    ),
    "aws:cloudtrail/trail:Trail": (
        Limit(
            "name",
            "CloudTrail documentation, Naming requirements for CloudTrail resources",
            shortest=3,
            longest=128,
            pattern="[A-Za-z0-9]([A-Za-z0-9]|[._-](?![._-]))*[A-Za-z0-9]",
        ),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        Limit("name", "CloudWatch Logs API reference, CreateLogGroup", not_first=("aws/",)),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        Limit("period", _ALARM_PERIOD, step=60, values=("10", "20", "30")),
        Limit("metricQueries.metric.period", _ALARM_PERIOD, step=60, values=("1", "5", "10", "20", "30")),
        Limit("evaluationPeriods", _ALARM_PERIOD, least=1),
        Limit("datapointsToAlarm", _ALARM_PERIOD, least=1),
    ),
    "aws:ebs/volume:Volume": _ebs("size", "type"),
    "aws:ec2/instance:Instance": (
        Limit("userData", _USER_DATA, longest_bytes=USER_DATA_BYTES),
        Limit("userDataBase64", _USER_DATA, longest=USER_DATA_BASE64, pattern=BASE64),
        *_ebs("rootBlockDevice.volumeSize", "volumeType"),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        Limit("userData", _USER_DATA, longest=USER_DATA_BASE64, pattern=BASE64),
        *_ebs("blockDeviceMappings.ebs.volumeSize", "volumeType"),
    ),
    "aws:ec2/managedPrefixList:ManagedPrefixList": (
        Limit("name", "EC2 API reference, CreateManagedPrefixList", longest=255, not_first=("com.amazonaws",)),
        Limit("maxEntries", "Amazon VPC User Guide, quotas", least=1, most=1000),
        Limit("entries.description", "provider-aws, vpc_managed_prefix_list.go", longest=255),
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        Limit("name", _GROUP, longest=255, pattern=EC2_TEXT, not_first=("sg-",)),
        Limit("description", _GROUP, longest=255, pattern=EC2_TEXT),
    ),
    "aws:eks/cluster:Cluster": (
        Limit("vpcConfig.publicAccessCidrs", "Amazon EKS User Guide, service quotas", most_items=40),
        Limit("vpcConfig.securityGroupIds", "EKS API reference, VpcConfigRequest", most_items=4),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        Limit("clientIdLists", "IAM User Guide, IAM and AWS STS quotas", most_items=100),
        Limit("url", "IAM API reference, CreateOpenIDConnectProvider", pattern=r"https://.*"),
    ),
    "aws:kms/alias:Alias": (Limit("name", "KMS API reference, CreateAlias", not_first=("alias/aws/",)),),
    "aws:s3/bucket:Bucket": (
        Limit(
            "bucket",
            _S3,
            shortest=3,
            longest=63,
            pattern=r"(?!.*\.\.)(?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9][a-z0-9.-]*[a-z0-9]",
            not_first=("xn--", "sthree-", "amzn-s3-demo-"),
        ),
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": (
        Limit("key", "Amazon S3 User Guide, Naming Amazon S3 objects", shortest=1, longest_bytes=1024),
        Limit("tags", "Amazon S3 User Guide, Categorizing your objects using tags", most_items=10),
    ),
    "aws:secretsmanager/secret:Secret": (
        Limit(
            "name",
            "Secrets Manager API reference, CreateSecret",
            shortest=1,
            longest=512,
            pattern=r"[A-Za-z0-9/_+=.@-]+",
        ),
        Limit(
            "recoveryWindowInDays",
            "Secrets Manager API reference, DeleteSecret",
            values=("0", *(str(days) for days in range(7, 31))),
        ),
    ),
    "aws:sns/topic:Topic": (Limit("name", "SNS API reference, CreateTopic", pattern=r"[A-Za-z0-9_-]+(\.fifo)?"),),
    "aws:ssm/parameter:Parameter": (
        # Of 1011 characters, those of the ARN before the name are part: 45 with a region of nine.
        Limit("name", _PARAMETER, longest=960, pattern=r"(?i)(?!/?(aws|ssm))[a-z0-9_.\-/]+"),
        Limit("insecureValue", "Systems Manager API reference, PutParameter, tier Standard", longest_bytes=4096),
        Limit("value", "Systems Manager API reference, PutParameter, tier Standard", longest_bytes=4096),
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE_LIMITS,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE_LIMITS,
}

SUPPLEMENT: Mapping[str, tuple[Limit, ...]] = {**AWS_SUPPLEMENT, **GCP_SUPPLEMENT}

_TAGS = "AWS General Reference, Tag naming limits and requirements"

ANY_TYPE = (
    AnyType(
        "aws",
        (
            Limit("tags", _TAGS, most_items=50),
            Limit(f"tags.{KEYS}", _TAGS, shortest=1, longest=128, pattern=r"[\w .:/=+@-]+", not_first=("aws:", "AWS:")),
            Limit(f"tags.{VALUES}", _TAGS, longest=256, pattern=r"[\w .:/=+@-]*"),
        ),
        but=frozenset({"aws:autoscaling/group:Group"}),
    ),
    AnyType(
        "gcp",
        GCP_ANY,
        # Labels of a channel are its address, those of a descriptor its dimensions.
        but=frozenset(
            {
                "gcp:monitoring/notificationChannel:NotificationChannel",
                "gcp:monitoring/metricDescriptor:MetricDescriptor",
            }
        ),
    ),
)
