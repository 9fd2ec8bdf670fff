"""What metrics mean, so that alarms can be held against it: which way is worse, and what keeps the worst."""

from collections.abc import Mapping
from dataclasses import dataclass

OWN_NAMESPACE = "Packyard"
"""Of the metrics that machines write about themselves in CloudWatch."""

OWN_PREFIX = "custom.googleapis.com/packyard/"
"""Of the same in Cloud Monitoring."""

MACHINE = "machine"
"""Dimension and label of these that names the machine."""


@dataclass(frozen=True)
class Meaning:
    """Which way a metric gets worse, and what keeps the worst of a period."""

    higher_is_worse: bool
    statistics: tuple[str, ...]
    """Of CloudWatch."""
    aligners: tuple[str, ...]
    """Of Cloud Monitoring: aligners, or reducers where the series are first counted."""


HIGHER = Meaning(higher_is_worse=True, statistics=("Maximum",), aligners=("ALIGN_MAX",))
LOWER = Meaning(higher_is_worse=False, statistics=("Minimum",), aligners=("ALIGN_MIN",))
COUNTED = Meaning(higher_is_worse=True, statistics=("Maximum", "Sum"), aligners=("ALIGN_SUM", "ALIGN_DELTA"))
PROBE = Meaning(higher_is_worse=True, statistics=(), aligners=("REDUCE_COUNT_FALSE",))
DAYS_LEFT = Meaning(higher_is_worse=False, statistics=(), aligners=("REDUCE_MIN",))

OWN_METRICS: Mapping[str, Meaning] = {
    "_age_seconds": HIGHER,
    "_days_left": LOWER,
    "_failed": HIGHER,
    "_faults": HIGHER,
    "_free_ratio": LOWER,
    "_held": HIGHER,
    "_outranked": HIGHER,
    "_queue_ratio": HIGHER,
    "_remaining_seconds": LOWER,
    "_retained_ratio": HIGHER,
    "_used_ratio": HIGHER,
}
"""Ends of the names of metrics that machines write; a name says what it counts, in which unit."""

AWS_METRICS: Mapping[tuple[str, str], tuple[str, Meaning]] = {
    ("AWS/AutoScaling", "GroupDesiredCapacity"): ("AutoScalingGroupName", HIGHER),
    ("AWS/AutoScaling", "GroupInServiceInstances"): ("AutoScalingGroupName", HIGHER),
    ("AWS/AutoScaling", "GroupTotalInstances"): ("AutoScalingGroupName", HIGHER),
    ("AWS/EC2", "StatusCheckFailed"): ("InstanceId", HIGHER),
}
"""Metrics of AWS in use by namespace and name: their one dimension and their meaning (docs of each service)."""

GCP_METRICS: Mapping[str, Meaning] = {
    "compute.googleapis.com/instance/uptime_total": HIGHER,
    "compute.googleapis.com/instance_group/size": HIGHER,
    "monitoring.googleapis.com/uptime_check/check_passed": PROBE,
    "monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires": DAYS_LEFT,
}
"""Metrics of Google in use by type (Cloud Monitoring, metrics list). A machine that is too old is worse than a young
one; one that is down writes no uptime, which is a condition of its own kind."""


def own_meaning(metric: str) -> Meaning | None:
    """The meaning of a metric that machines write; None where its name does not tell."""
    return next((meaning for end, meaning in OWN_METRICS.items() if metric.endswith(end)), None)
