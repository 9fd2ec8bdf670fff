"""What the generator of the table of limits leaves out, and which shapes of botocore stand for which inputs."""

from collections.abc import Mapping

_ARCHITECTURE = "the provider takes X86_64, in capitals (google/services/compute, resource_compute_instance.go)"
_NEVER_SHOWN = "a message would show the key; settings/link checks it"

EXCLUDED: Mapping[str, str] = {
    "aws:ec2/vpnConnection:VpnConnection tunnel1PresharedKey": _NEVER_SHOWN,
    "aws:ec2/vpnConnection:VpnConnection tunnel2PresharedKey": _NEVER_SHOWN,
    "aws:secretsmanager/secret:Secret recoveryWindowInDays": "0 is right as well; see the supplement",
    "aws:sns/topicSubscription:TopicSubscription protocol": "the sentence leaves email and https out",
    "gcp:compute/instance:Instance bootDisk.initializeParams.architecture": _ARCHITECTURE,
    "gcp:compute/instanceTemplate:InstanceTemplate disks.architecture": _ARCHITECTURE,
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate disks.architecture": _ARCHITECTURE,
    "gcp:storage/bucketObject:BucketObject storageClass": "the sentence leaves STANDARD out",
}
"""Type and input whose docstring says something else than the cloud does, with the reason."""

_ALARM = {"alarmDescription": "cloudwatch AlarmDescription", "alarmActions": "cloudwatch ResourceList"}
_TAGS = {"tags.<key>": "iam tagKeyType", "tags.<value>": "iam tagValueType"}

SHAPES: Mapping[str, Mapping[str, str]] = {
    "aws:acm/certificate:Certificate": {"domainName": "acm DomainNameString"},
    "aws:autoscaling/group:Group": {"name": "autoscaling XmlStringMaxLen255"},
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
        **_ALARM,
        "alarmName": "cloudwatch AlarmName",
        "okActions": "cloudwatch ResourceList",
    },
    "aws:cloudwatch/logGroup:LogGroup": {"name": "logs LogGroupName"},
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": {
        "name": "logs FilterName",
        "logGroupName": "logs LogGroupName",
        "pattern": "logs FilterPattern",
        "metricTransformation.name": "logs MetricName",
        "metricTransformation.namespace": "logs MetricNamespace",
        "metricTransformation.value": "logs MetricValue",
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        **_ALARM,
        "name": "cloudwatch AlarmName",
        "okActions": "cloudwatch ResourceList",
        "metricName": "cloudwatch MetricName",
        "namespace": "cloudwatch Namespace",
        "comparisonOperator": "cloudwatch ComparisonOperator",
        "statistic": "cloudwatch Statistic",
        "dimensions": "cloudwatch Dimensions",
        "dimensions.<key>": "cloudwatch DimensionName",
        "dimensions.<value>": "cloudwatch DimensionValue",
        "metricQueries.id": "cloudwatch MetricId",
        "metricQueries.metric.metricName": "cloudwatch MetricName",
        "metricQueries.metric.namespace": "cloudwatch Namespace",
        "metricQueries.metric.dimensions.<value>": "cloudwatch DimensionValue",
    },
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": {
        "description": "dlm PolicyDescription",
        "policyDetails.schedules.name": "dlm ScheduleName",
        "policyDetails.schedules.retainRule.count": "dlm Count",
    },
    "aws:ebs/volume:Volume": {"type": "ec2 VolumeType"},
    "aws:ec2/launchTemplate:LaunchTemplate": {"name": "ec2 LaunchTemplateName"},
    "aws:iam/instanceProfile:InstanceProfile": {"name": "iam instanceProfileNameType"},
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
        "url": "iam OpenIDConnectProviderUrlType",
        "clientIdLists": "iam clientIDType",
    },
    "aws:iam/policy:Policy": {"name": "iam policyNameType", "description": "iam policyDescriptionType"},
    "aws:iam/role:Role": {
        **_TAGS,
        "name": "iam roleNameType",
        "description": "iam roleDescriptionType",
        "path": "iam pathType",
        "maxSessionDuration": "iam roleMaxSessionDurationType",
    },
    "aws:iam/rolePolicy:RolePolicy": {"name": "iam policyNameType", "role": "iam roleNameType"},
    "aws:kms/alias:Alias": {"name": "kms AliasNameType"},
    "aws:kms/key:Key": {"description": "kms DescriptionType"},
    "aws:secretsmanager/secret:Secret": {"description": "secretsmanager DescriptionType"},
    "aws:ssm/parameter:Parameter": {"description": "ssm ParameterDescription", "tier": "ssm ParameterTier"},
}
"""Inputs of AWS types, and the shape of the API's own model that they go to."""
