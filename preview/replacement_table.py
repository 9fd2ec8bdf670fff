"""The reviewed table: properties that a cloud cannot change once a resource exists.

`documented` ones are said so by the docstrings of the installed SDK, which a test reads. `by_api` ones have no field in
the update call of the cloud's own API (EC2, S3, IAM, EKS, Compute Engine, Cloud Storage, Cloud KMS references), which
is why the providers replace the resource. Names, projects, regions and zones are in preview/replacements.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYTHING = "*"
"""The resource has no update call at all."""


@dataclass(frozen=True)
class Immutable:
    """What cannot change in a resource of one type."""

    documented: tuple[str, ...] = ()
    """Properties whose docstring says that a change makes the resource anew."""
    by_api: tuple[str, ...] = ()
    """Properties that the update call of the API does not have."""
    shrinking: tuple[str, ...] = ()
    """Sizes and address ranges that can grow in place, and never shrink."""
    if_asked: Mapping[str, str] = field(default_factory=dict[str, str])
    """Property, and the other property that makes its change a replacement."""


def _by_api(*names: str) -> Immutable:
    return Immutable(by_api=names)


_WHOLE = _by_api(EVERYTHING)

_NAME_ALONE = Immutable()
"""Reviewed: nothing but what places and names it."""

_BUCKET_PART = _by_api("bucket", "expectedBucketOwner")

NAME_CAN_CHANGE = frozenset(
    {
        "aws:ec2/managedPrefixList:ManagedPrefixList",
    }
)
"""Types whose name is a property like others."""

AWS: Mapping[str, Immutable] = {
    "aws:acm/certificate:Certificate": _by_api(
        "domainName", "keyAlgorithm", "subjectAlternativeNames", "validationMethod"
    ),
    "aws:autoscaling/group:Group": _NAME_ALONE,
    "aws:cloudtrail/trail:Trail": _NAME_ALONE,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _by_api("alarmName"),
    "aws:cloudwatch/logGroup:LogGroup": _by_api("logGroupClass"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _by_api("logGroupName"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _NAME_ALONE,
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": _NAME_ALONE,
    "aws:ebs/volume:Volume": _by_api("availabilityZone", "encrypted", "kmsKeyId", "multiAttachEnabled", "snapshotId"),
    "aws:ec2/customerGateway:CustomerGateway": _by_api("bgpAsn", "certificateArn", "deviceName", "ipAddress", "type"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _by_api("vpcId"),
    "aws:ec2/eip:Eip": _by_api("address", "domain", "networkBorderGroup", "publicIpv4Pool"),
    "aws:ec2/eipAssociation:EipAssociation": _WHOLE,
    "aws:ec2/flowLog:FlowLog": _by_api(
        "iamRoleArn",
        "logDestination",
        "logDestinationType",
        "logFormat",
        "maxAggregationInterval",
        "subnetId",
        "trafficType",
        "vpcId",
    ),
    "aws:ec2/instance:Instance": Immutable(
        documented=("enablePrimaryIpv6", "secondaryNetworkInterfaces.secondarySubnetId"),
        by_api=(
            "ami",
            "associatePublicIpAddress",
            "availabilityZone",
            "cpuOptions",
            "ebsBlockDevices",
            "enclaveOptions",
            "ephemeralBlockDevices",
            "hibernation",
            "keyName",
            "privateIp",
            "rootBlockDevice.encrypted",
            "rootBlockDevice.kmsKeyId",
            "subnetId",
            "tenancy",
        ),
        if_asked={"userData": "userDataReplaceOnChange", "userDataBase64": "userDataReplaceOnChange"},
    ),
    "aws:ec2/internetGateway:InternetGateway": _NAME_ALONE,
    "aws:ec2/launchTemplate:LaunchTemplate": _NAME_ALONE,
    "aws:ec2/managedPrefixList:ManagedPrefixList": _by_api("addressFamily"),
    "aws:ec2/natGateway:NatGateway": _by_api("allocationId", "connectivityType", "subnetId"),
    "aws:ec2/networkInterface:NetworkInterface": Immutable(
        documented=("enablePrimaryIpv6",), by_api=("interfaceType", "subnetId")
    ),
    "aws:ec2/route:Route": _by_api(
        "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId", "routeTableId"
    ),
    "aws:ec2/routeTable:RouteTable": _by_api("vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _by_api("gatewayId", "subnetId"),
    "aws:ec2/securityGroup:SecurityGroup": _by_api("description", "vpcId"),
    "aws:ec2/subnet:Subnet": Immutable(
        documented=("ipv6CidrBlock",),
        by_api=("availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native", "vpcId"),
    ),
    "aws:ec2/volumeAttachment:VolumeAttachment": _by_api("deviceName", "instanceId", "volumeId"),
    "aws:ec2/vpc:Vpc": _by_api("cidrBlock", "ipv4IpamPoolId"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Immutable(
        documented=("privateDnsEnabled",), by_api=("serviceName", "vpcEndpointType", "vpcId")
    ),
    "aws:ec2/vpnConnection:VpnConnection": _by_api("staticRoutesOnly", "type"),
    "aws:eks/accessEntry:AccessEntry": _by_api("clusterName", "principalArn", "type"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _WHOLE,
    "aws:eks/addon:Addon": _by_api("addonName", "clusterName"),
    "aws:eks/cluster:Cluster": Immutable(
        documented=(
            "bootstrapSelfManagedAddons",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
        ),
        by_api=("accessConfig.bootstrapClusterCreatorAdminPermissions", "roleArn"),
    ),
    "aws:eks/nodeGroup:NodeGroup": _by_api(
        "amiType",
        "capacityType",
        "clusterName",
        "diskSize",
        "instanceTypes",
        "launchTemplate.id",
        "launchTemplate.name",
        "nodeGroupName",
        "nodeGroupNamePrefix",
        "nodeRoleArn",
        "remoteAccess",
        "subnetIds",
    ),
    "aws:iam/instanceProfile:InstanceProfile": _by_api("path"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _by_api("url"),
    "aws:iam/policy:Policy": _by_api("description", "path"),
    "aws:iam/role:Role": _by_api("path"),
    "aws:iam/rolePolicy:RolePolicy": _by_api("role"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _WHOLE,
    "aws:kms/alias:Alias": _by_api("namePrefix"),
    "aws:kms/key:Key": _by_api("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion"),
    "aws:route53/zone:Zone": _by_api("delegationSetId"),
    "aws:s3/bucket:Bucket": _by_api("bucket", "bucketPrefix", "objectLockEnabled"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _BUCKET_PART,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _BUCKET_PART,
    "aws:s3/bucketObjectv2:BucketObjectv2": _by_api("bucket", "key"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _by_api("bucket"),
    "aws:s3/bucketPolicy:BucketPolicy": _by_api("bucket"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _by_api("bucket"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _BUCKET_PART,
    "aws:s3/bucketVersioning:BucketVersioning": _BUCKET_PART,
    "aws:secretsmanager/secret:Secret": Immutable(documented=("type",)),
    "aws:sns/topic:Topic": _by_api("fifoTopic"),
    "aws:sns/topicPolicy:TopicPolicy": _by_api("arn"),
    "aws:sns/topicSubscription:TopicSubscription": _by_api("endpoint", "protocol", "topic"),
    "aws:ssm/parameter:Parameter": _NAME_ALONE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _by_api("securityGroupId"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _by_api("securityGroupId"),
}

GCP: Mapping[str, Immutable] = {
    "gcp:certificatemanager/certificate:Certificate": _by_api("managed", "scope"),
    "gcp:certificatemanager/certificateMap:CertificateMap": _NAME_ALONE,
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": _by_api("hostname", "map", "matcher"),
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": _by_api("domain", "type"),
    "gcp:compute/address:Address": _by_api(
        "address", "addressType", "ipVersion", "network", "networkTier", "prefixLength", "purpose", "subnetwork"
    ),
    "gcp:compute/attachedDisk:AttachedDisk": _by_api("deviceName", "disk", "instance", "mode"),
    "gcp:compute/backendBucket:BackendBucket": _NAME_ALONE,
    "gcp:compute/backendService:BackendService": _NAME_ALONE,
    "gcp:compute/disk:Disk": Immutable(
        by_api=("diskEncryptionKey", "image", "physicalBlockSizeBytes", "snapshot", "sourceDisk", "type"),
        shrinking=("size",),
    ),
    "gcp:compute/diskIamMember:DiskIamMember": _WHOLE,
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": _WHOLE,
    "gcp:compute/firewall:Firewall": _by_api("direction", "network"),
    "gcp:compute/globalAddress:GlobalAddress": _by_api(
        "address", "addressType", "ipVersion", "network", "prefixLength", "purpose"
    ),
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": _by_api(
        "ipAddress", "ipProtocol", "ipVersion", "network", "portRange", "subnetwork"
    ),
    "gcp:compute/haVpnGateway:HaVpnGateway": _by_api("gatewayIpVersion", "network", "stackType"),
    "gcp:compute/healthCheck:HealthCheck": _NAME_ALONE,
    "gcp:compute/instance:Instance": Immutable(
        documented=("bootDisk.initializeParams.resourceManagerTags", "hostname", "metadataStartupScript"),
        by_api=(
            "bootDisk.deviceName",
            "bootDisk.initializeParams",
            "bootDisk.kmsKeySelfLink",
            "bootDisk.source",
            "confidentialInstanceConfig",
            "guestAccelerators",
            "networkPerformanceConfig",
            "scratchDisks",
        ),
    ),
    "gcp:compute/instanceGroup:InstanceGroup": _by_api("description", "network"),
    "gcp:compute/instanceGroupManager:InstanceGroupManager": _by_api("description"),
    "gcp:compute/instanceTemplate:InstanceTemplate": _WHOLE,
    "gcp:compute/managedSslCertificate:ManagedSslCertificate": _WHOLE,
    "gcp:compute/network:Network": Immutable(documented=("description",), by_api=("autoCreateSubnetworks",)),
    "gcp:compute/regionDisk:RegionDisk": Immutable(
        by_api=("diskEncryptionKey", "replicaZones", "snapshot", "sourceDisk", "type"), shrinking=("size",)
    ),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": _WHOLE,
    "gcp:compute/resourcePolicy:ResourcePolicy": _by_api("description"),
    "gcp:compute/router:Router": _by_api("encryptedInterconnectRouter", "network"),
    "gcp:compute/routerNat:RouterNat": _by_api("router", "type"),
    "gcp:compute/sSLPolicy:SSLPolicy": _NAME_ALONE,
    "gcp:compute/securityPolicy:SecurityPolicy": _by_api("type"),
    "gcp:compute/subnetwork:Subnetwork": Immutable(
        documented=("externalIpv6Prefix", "ipCollection", "ipv6AccessType"),
        by_api=("description", "network"),
        shrinking=("ipCidrRange",),
    ),
    "gcp:compute/targetHttpProxy:TargetHttpProxy": _NAME_ALONE,
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": _NAME_ALONE,
    "gcp:compute/uRLMap:URLMap": _NAME_ALONE,
    "gcp:compute/vPNTunnel:VPNTunnel": _by_api(
        "ikeVersion",
        "localTrafficSelectors",
        "peerExternalGateway",
        "peerExternalGatewayInterface",
        "peerIp",
        "remoteTrafficSelectors",
        "router",
        "sharedSecret",
        "vpnGateway",
        "vpnGatewayInterface",
    ),
    "gcp:dns/managedZone:ManagedZone": _by_api("dnsName", "visibility"),
    "gcp:dns/recordSet:RecordSet": _by_api("managedZone"),
    "gcp:kms/cryptoKey:CryptoKey": Immutable(
        documented=("purpose",), by_api=("cryptoKeyBackend", "destroyScheduledDuration", "importOnly", "keyRing")
    ),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": _by_api("workloadIdentityPoolId", "mode"),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": _by_api(
        "workloadIdentityPoolId", "workloadIdentityPoolProviderId"
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _WHOLE,
    "gcp:logging/projectSink:ProjectSink": _NAME_ALONE,
    "gcp:monitoring/alertPolicy:AlertPolicy": _NAME_ALONE,
    "gcp:monitoring/metricDescriptor:MetricDescriptor": _by_api("metricKind", "type", "valueType"),
    "gcp:monitoring/notificationChannel:NotificationChannel": _NAME_ALONE,
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": _by_api("checkerType", "monitoredResource", "resourceGroup"),
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": _by_api("project", "service"),
    "gcp:projects/iAMCustomRole:IAMCustomRole": _by_api("roleId"),
    "gcp:projects/iAMMember:IAMMember": _WHOLE,
    "gcp:secretmanager/secret:Secret": Immutable(documented=("replication",), by_api=("secretId",)),
    "gcp:secretmanager/secretIamMember:SecretIamMember": _WHOLE,
    "gcp:serviceaccount/account:Account": _by_api("accountId"),
    "gcp:serviceaccount/iAMMember:IAMMember": _WHOLE,
    "gcp:storage/bucket:Bucket": _by_api("customPlacementConfig", "enableObjectRetention", "hierarchicalNamespace"),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _WHOLE,
    "gcp:storage/bucketObject:BucketObject": _by_api("bucket"),
}

IMMUTABLE: Mapping[str, Immutable] = {**AWS, **GCP}
"""By type token."""
