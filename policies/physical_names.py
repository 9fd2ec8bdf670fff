"""Names that the program gives, and that a cloud allows once: by them a cloud tells the resources of a type apart.

A second resource with such a name is refused in the middle of an update, or the cloud takes it for the first one and
overwrites it in silence. So the policies refuse it before, and the simulated clouds of the rehearsal as the real ones
do. Types that are left out have no name, or get one from their provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from capture import Secret, Unknown
from capture.registration import Value


class Scope(StrEnum):
    """Where a name is taken."""

    REGION = "region"
    """In one region of an AWS account; in a GCP project, whose APIs put region or zone into the name itself."""
    ACCOUNT = "account"
    """In all regions of an AWS account."""
    WORLD = "world"
    """No other account or project may have it either."""


@dataclass(frozen=True)
class UniqueName:
    """How the resources of a type are told apart."""

    properties: tuple[str, ...]
    """Inputs that make up the name within its place; the first one is the name itself."""
    error: str = ""
    """What the API answers to a second one. Empty: the second overwrites the first, and nobody is told."""
    scope: Scope = Scope.REGION
    group: str = ""
    """What types are called that share their names; empty for a type that has its names for itself."""


@dataclass(frozen=True)
class Place:
    """The account or project of a provider, and its region."""

    account: str
    region: str

    @staticmethod
    def of(configuration: Mapping[str, Value]) -> "Place":
        """The place that a provider is pinned to, from its inputs."""
        account = configuration.get("project") or configuration.get("allowedAccountIds") or ""
        return Place(str(account), str(configuration.get("region") or ""))


_EXISTS = "googleapi: Error 409: already exists, alreadyExists"
"""The Google APIs' common error (Cloud APIs, error model)."""


def _gcp(*properties: str) -> UniqueName:
    return UniqueName(properties, _EXISTS)


def _iam(error: str, *properties: str) -> UniqueName:
    return UniqueName(properties, error, Scope.ACCOUNT)


def _silent(*properties: str, scope: Scope = Scope.REGION, group: str = "") -> UniqueName:
    """A second call with the same name succeeds (PutMetricAlarm, PutRolePolicy, CreateTopic, setIamPolicy)."""
    return UniqueName(properties, scope=scope, group=group)


_NAMED = _gcp("name")
_IN_ZONE = _gcp("name", "zone")
_IN_REGION = _gcp("name", "region")
_PART_OF_BUCKET = _silent("bucket", scope=Scope.WORLD)
_RULE = UniqueName(
    (
        *("securityGroupId", "ipProtocol", "fromPort", "toPort"),
        *("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),
    ),
    "InvalidPermission.Duplicate",
)

AWS_NAMES: Mapping[str, UniqueName] = {
    # Error codes of each service's API reference.
    "aws:autoscaling/group:Group": UniqueName(("name",), "AlreadyExists"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _silent("alarmName", group="alarm"),
    "aws:cloudwatch/logGroup:LogGroup": UniqueName(("name",), "ResourceAlreadyExistsException"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _silent("name", "logGroupName"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _silent("name", group="alarm"),
    "aws:ec2/launchTemplate:LaunchTemplate": UniqueName(("name",), "InvalidLaunchTemplateName.AlreadyExistsException"),
    "aws:ec2/route:Route": UniqueName(
        ("routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),
        "RouteAlreadyExists",
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": UniqueName(
        ("subnetId", "gatewayId"), "Resource.AlreadyAssociated"
    ),
    "aws:ec2/securityGroup:SecurityGroup": UniqueName(("name", "vpcId"), "InvalidGroup.Duplicate"),
    "aws:ec2/subnet:Subnet": UniqueName(("cidrBlock", "vpcId"), "InvalidSubnet.Conflict"),
    "aws:ec2/volumeAttachment:VolumeAttachment": UniqueName(("deviceName", "instanceId"), "InvalidParameterValue"),
    "aws:eks/accessEntry:AccessEntry": UniqueName(("principalArn", "clusterName"), "ResourceInUseException"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _silent("policyArn", "principalArn", "clusterName"),
    "aws:eks/addon:Addon": UniqueName(("addonName", "clusterName"), "ResourceInUseException"),
    "aws:eks/cluster:Cluster": UniqueName(("name",), "ResourceInUseException"),
    "aws:eks/nodeGroup:NodeGroup": UniqueName(("nodeGroupName", "clusterName"), "ResourceInUseException"),
    "aws:iam/instanceProfile:InstanceProfile": _iam("EntityAlreadyExists", "name"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _iam("EntityAlreadyExists", "url"),
    "aws:iam/policy:Policy": _iam("EntityAlreadyExists", "name"),
    "aws:iam/role:Role": _iam("EntityAlreadyExists", "name"),
    "aws:iam/rolePolicy:RolePolicy": _silent("name", "role", scope=Scope.ACCOUNT),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _silent("policyArn", "role", scope=Scope.ACCOUNT),
    "aws:kms/alias:Alias": UniqueName(("name",), "AlreadyExistsException"),
    "aws:s3/bucket:Bucket": UniqueName(("bucket",), "BucketAlreadyOwnedByYou", Scope.WORLD),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _PART_OF_BUCKET,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _PART_OF_BUCKET,
    "aws:s3/bucketObjectv2:BucketObjectv2": _silent("key", "bucket", scope=Scope.WORLD),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _PART_OF_BUCKET,
    "aws:s3/bucketPolicy:BucketPolicy": _PART_OF_BUCKET,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _PART_OF_BUCKET,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _PART_OF_BUCKET,
    "aws:s3/bucketVersioning:BucketVersioning": _PART_OF_BUCKET,
    "aws:secretsmanager/secret:Secret": UniqueName(("name",), "ResourceExistsException"),
    "aws:sns/topic:Topic": _silent("name"),
    "aws:sns/topicPolicy:TopicPolicy": _silent("arn"),
    "aws:sns/topicSubscription:TopicSubscription": _silent("endpoint", "protocol", "topic"),
    "aws:ssm/parameter:Parameter": UniqueName(("name",), "ParameterAlreadyExists"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE,
}

GCP_NAMES: Mapping[str, UniqueName] = {
    "gcp:certificatemanager/certificate:Certificate": _gcp("name", "location"),
    "gcp:certificatemanager/certificateMap:CertificateMap": _NAMED,
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": _gcp("name", "map"),
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": _gcp("name", "location"),
    "gcp:compute/address:Address": _IN_REGION,
    "gcp:compute/backendBucket:BackendBucket": _NAMED,
    "gcp:compute/backendService:BackendService": _NAMED,
    "gcp:compute/disk:Disk": _IN_ZONE,
    "gcp:compute/diskIamMember:DiskIamMember": _silent("member", "role", "name", "zone"),
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": _silent("name", "disk", "zone"),
    "gcp:compute/externalVpnGateway:ExternalVpnGateway": _NAMED,
    "gcp:compute/firewall:Firewall": _NAMED,
    "gcp:compute/globalAddress:GlobalAddress": _NAMED,
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": _NAMED,
    "gcp:compute/haVpnGateway:HaVpnGateway": _IN_REGION,
    "gcp:compute/healthCheck:HealthCheck": _NAMED,
    "gcp:compute/instance:Instance": _IN_ZONE,
    "gcp:compute/instanceGroup:InstanceGroup": _IN_ZONE,
    "gcp:compute/instanceGroupManager:InstanceGroupManager": _IN_ZONE,
    "gcp:compute/instanceTemplate:InstanceTemplate": _NAMED,
    "gcp:compute/network:Network": _NAMED,
    "gcp:compute/regionDisk:RegionDisk": _IN_REGION,
    "gcp:compute/resourcePolicy:ResourcePolicy": _IN_REGION,
    "gcp:compute/router:Router": _IN_REGION,
    "gcp:compute/routerInterface:RouterInterface": _gcp("name", "router", "region"),
    "gcp:compute/routerNat:RouterNat": _gcp("name", "router", "region"),
    "gcp:compute/routerPeer:RouterPeer": _gcp("name", "router", "region"),
    "gcp:compute/sSLPolicy:SSLPolicy": _NAMED,
    "gcp:compute/securityPolicy:SecurityPolicy": _NAMED,
    "gcp:compute/subnetwork:Subnetwork": _IN_REGION,
    "gcp:compute/targetHttpProxy:TargetHttpProxy": _NAMED,
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": _NAMED,
    "gcp:compute/uRLMap:URLMap": _NAMED,
    "gcp:compute/vPNTunnel:VPNTunnel": _IN_REGION,
    "gcp:dns/managedZone:ManagedZone": _NAMED,
    "gcp:dns/recordSet:RecordSet": _gcp("name", "type", "managedZone"),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": _gcp("workloadIdentityPoolId"),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": _gcp(
        "workloadIdentityPoolProviderId", "workloadIdentityPoolId"
    ),
    "gcp:kms/cryptoKey:CryptoKey": _gcp("name", "keyRing"),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _silent("member", "role", "cryptoKeyId", "condition"),
    # The API gives alert policies and probes an id, but whoever is called reads the display name alone.
    "gcp:monitoring/alertPolicy:AlertPolicy": _silent("displayName"),
    "gcp:monitoring/metricDescriptor:MetricDescriptor": _silent("type"),
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": _silent("displayName"),
    "gcp:projects/iAMCustomRole:IAMCustomRole": _gcp("roleId"),
    "gcp:projects/iAMMember:IAMMember": _silent("member", "role", "condition"),
    "gcp:secretmanager/secret:Secret": _gcp("secretId"),
    "gcp:secretmanager/secretIamMember:SecretIamMember": _silent("member", "role", "secretId", "condition"),
    "gcp:serviceaccount/account:Account": _gcp("accountId"),
    "gcp:serviceaccount/iAMMember:IAMMember": _silent("member", "role", "serviceAccountId", "condition"),
    "gcp:storage/bucket:Bucket": UniqueName(("name",), _EXISTS, Scope.WORLD),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _silent("member", "role", "bucket", "condition", scope=Scope.WORLD),
    "gcp:storage/bucketObject:BucketObject": _silent("name", "bucket", scope=Scope.WORLD),
}

REFERENCES = frozenset(
    {
        *(
            "arn",
            "bucket",
            "clusterName",
            "cryptoKeyId",
            "disk",
            "instanceId",
            "keyRing",
            "logGroupName",
            "managedZone",
        ),
        *("map", "prefixListId", "referencedSecurityGroupId", "role", "routeTableId", "router", "secretId"),
        *("securityGroupId", "serviceAccountId", "subnetId", "topic", "vpcId"),
    }
)
"""Inputs that are the id or the name of one other resource, so that they are the same where they come from the same."""

KEPT_DAYS: Mapping[str, int] = {
    # Secrets Manager, DeleteSecret: its recovery window; with the window 0 the name is free at once.
    "aws:secretsmanager/secret:Secret": 30,
    # IAM, Manage workload identity pools: a deleted pool, and a deleted provider, can be undeleted for 30 days.
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": 30,
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": 30,
}
"""Days that a name stays taken after its resource was deleted. A custom role is undeleted by the provider itself."""

UNIQUE_NAMES: Mapping[str, UniqueName] = {**AWS_NAMES, **GCP_NAMES}


def unique_name(
    resource_type: str,
    inputs: Mapping[str, Value],
    place: Place,
    dependencies: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[str, ...]:
    """What no two living resources may share; empty where there is no such name.

    A reference that is not known yet is told by the URN that it depends on; without one there is no name then.
    """
    rule = UNIQUE_NAMES.get(resource_type)
    if rule is None or not inputs.get(rule.properties[0]):
        return ()
    known = {key: (dependencies or {}).get(key, ()) for key in REFERENCES.intersection(rule.properties)}
    parts = [_text(inputs.get(key), known.get(key, ())) for key in rule.properties]
    if None in parts:
        return ()
    where = {Scope.WORLD: "", Scope.ACCOUNT: place.account, Scope.REGION: _here(resource_type, inputs, place)}
    return (rule.group or resource_type, where[rule.scope], *(part or "" for part in parts))


def _here(resource_type: str, inputs: Mapping[str, Value], place: Place) -> str:
    if resource_type.startswith("gcp:"):
        return str(inputs.get("project") or place.account)
    return f"{place.account}/{inputs.get('region') or place.region}"


def _text(value: Value, urns: tuple[str, ...]) -> str | None:
    match value:
        case None:
            return ""
        case Unknown():
            return urns[0] if len(urns) == 1 else None
        case Secret():
            return value.digest
        case Mapping():
            return ", ".join(f"{key}={_text(inner, ())}" for key, inner in sorted(value.items()))
        case _:
            return str(value)
