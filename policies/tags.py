"""Tags and labels: each resource says which component it belongs to; the owner comes from the provider."""

from collections.abc import Iterator, Mapping

from capture import Capture, Value
from policies.policy import Finding
from policies.values import mapping, records, text

TAG_INPUTS: Mapping[str, str] = {
    "aws:autoscaling/group:Group": "tags",
    "aws:cloudtrail/trail:Trail": "tags",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": "tags",
    "aws:cloudwatch/eventRule:EventRule": "tags",
    "aws:cloudwatch/logGroup:LogGroup": "tags",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "tags",
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": "tags",
    "aws:ebs/volume:Volume": "tags",
    "aws:ec2/customerGateway:CustomerGateway": "tags",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "tags",
    "aws:ec2/eip:Eip": "tags",
    "aws:ec2/flowLog:FlowLog": "tags",
    "aws:ec2/instance:Instance": "tags",
    "aws:ec2/internetGateway:InternetGateway": "tags",
    "aws:ec2/launchTemplate:LaunchTemplate": "tags",
    "aws:ec2/managedPrefixList:ManagedPrefixList": "tags",
    "aws:ec2/natGateway:NatGateway": "tags",
    "aws:ec2/networkInterface:NetworkInterface": "tags",
    "aws:ec2/routeTable:RouteTable": "tags",
    "aws:ec2/securityGroup:SecurityGroup": "tags",
    "aws:ec2/subnet:Subnet": "tags",
    "aws:ec2/vpc:Vpc": "tags",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "tags",
    "aws:ec2/vpnConnection:VpnConnection": "tags",
    "aws:ec2/vpnGateway:VpnGateway": "tags",
    "aws:eks/accessEntry:AccessEntry": "tags",
    "aws:eks/addon:Addon": "tags",
    "aws:eks/cluster:Cluster": "tags",
    "aws:eks/nodeGroup:NodeGroup": "tags",
    "aws:iam/instanceProfile:InstanceProfile": "tags",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "tags",
    "aws:iam/policy:Policy": "tags",
    "aws:iam/role:Role": "tags",
    "aws:kms/key:Key": "tags",
    "aws:lambda/function:Function": "tags",
    "aws:route53/zone:Zone": "tags",
    "aws:s3/bucket:Bucket": "tags",
    "aws:s3/bucketObjectv2:BucketObjectv2": "tags",
    "aws:secretsmanager/secret:Secret": "tags",
    "aws:sns/topic:Topic": "tags",
    "aws:sqs/queue:Queue": "tags",
    "aws:ssm/parameter:Parameter": "tags",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "tags",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "tags",
    "gcp:certificatemanager/certificate:Certificate": "labels",
    "gcp:certificatemanager/certificateMap:CertificateMap": "labels",
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": "labels",
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": "labels",
    "gcp:compute/address:Address": "labels",
    "gcp:compute/disk:Disk": "labels",
    "gcp:compute/externalVpnGateway:ExternalVpnGateway": "labels",
    "gcp:compute/forwardingRule:ForwardingRule": "labels",
    "gcp:compute/globalAddress:GlobalAddress": "labels",
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": "labels",
    "gcp:compute/haVpnGateway:HaVpnGateway": "labels",
    "gcp:compute/instance:Instance": "labels",
    "gcp:compute/instanceTemplate:InstanceTemplate": "labels",
    "gcp:compute/securityPolicy:SecurityPolicy": "labels",
    "gcp:compute/vPNTunnel:VPNTunnel": "labels",
    "gcp:dns/managedZone:ManagedZone": "labels",
    "gcp:kms/cryptoKey:CryptoKey": "labels",
    "gcp:monitoring/alertPolicy:AlertPolicy": "userLabels",
    "gcp:monitoring/notificationChannel:NotificationChannel": "userLabels",
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": "userLabels",
    "gcp:pubsub/subscription:Subscription": "labels",
    "gcp:pubsub/topic:Topic": "labels",
    "gcp:secretmanager/secret:Secret": "labels",
    "gcp:storage/bucket:Bucket": "labels",
}
"""Types that take tags or labels, and in which input; a test compares this with the SDKs for all types in use."""

COMPONENT_KEY = "component"


def everything_says_its_component(capture: Capture) -> Iterator[Finding]:
    """Whoever finds a resource in a console, or on the bill, must find the code behind it."""
    for registration in capture.resources:
        key = TAG_INPUTS.get(registration.type)
        if key is not None and not _tags(registration.inputs.get(key)).get(COMPONENT_KEY):
            yield Finding(registration, f"its {key} name no component. HINT: {key}=self.tags() or self.labels()")


def groups_hand_their_tags_on(capture: Capture) -> Iterator[Finding]:
    """Provider tags do not reach an Auto Scaling group or its machines (pulumi-aws, autoscaling.Group)."""
    for group in capture.of_type("aws:autoscaling/group:Group"):
        if any(tag.get("propagateAtLaunch") is not True for tag in records(group.inputs.get("tags"))):
            yield Finding(group, "a tag stops at the group. HINT: propagate_at_launch=True")


def _tags(value: Value) -> Mapping[str, Value]:
    """A mapping, or the list of keys and values that Auto Scaling groups take."""
    return mapping(value) or {text(tag.get("key")): tag.get("value") for tag in records(value)}
