"""Metrics that AWS makes, and of which registered resources: an alarm on anything else sees nothing."""

from collections.abc import Iterator

from capture import Capture
from lab.alarms.amazon_alarms import region_of
from lab.alarms.cloud_metric import CloudMetric, MadeSeries
from lab.alarms.reading import listed, text
from lab.alarms.written import Series

INSTANCE = "aws:ec2/instance:Instance"
GROUP = "aws:autoscaling/group:Group"

_EC2 = "Amazon EC2 User Guide, CloudWatch metrics that are available for your instances; 2026-11-28"
_GROUPS = "Amazon EC2 Auto Scaling User Guide, Amazon CloudWatch metrics for Amazon EC2 Auto Scaling; 2026-11-28"

STATUS = CloudMetric("AWS/EC2/StatusCheckFailed", ("InstanceId",), 60, _EC2)
"""0 or 1. A stopped instance has none."""

GROUP_METRICS = tuple(
    CloudMetric(f"AWS/AutoScaling/{name}", ("AutoScalingGroupName",), 60, _GROUPS)
    for name in (
        *("GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances"),
        *("GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"),
    )
)
"""Those of a group come where it enables them."""

METRICS = (STATUS, *GROUP_METRICS)


def made_by_amazon(capture: Capture) -> Iterator[MadeSeries]:
    """All series that AWS makes of what is registered."""
    for entry in capture.of_type(INSTANCE):
        series = Series.of(region_of(entry, capture), STATUS.metric, {"InstanceId": entry.id})
        yield MadeSeries(entry.urn, series, STATUS.seconds)
    for entry in capture.of_type(GROUP):
        enabled = listed(entry.inputs.get("enabledMetrics"))
        for made in GROUP_METRICS:
            if made.metric.rpartition("/")[2] in enabled:
                labels = {"AutoScalingGroupName": text(entry.inputs.get("name"))}
                yield MadeSeries(entry.urn, Series.of(region_of(entry, capture), made.metric, labels), made.seconds)
