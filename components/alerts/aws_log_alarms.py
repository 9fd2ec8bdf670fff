"""Alarms in CloudWatch on lines of a log group, which a filter counts."""

import pulumi
import pulumi_aws as aws

from components.alerts.alerts import AlertTargets
from components.alerts.aws_alarms import PERIOD, AwsSeries, aws_alarm
from components.component import Component


def aws_log_alarm(
    component: Component,
    alerts: AlertTargets,
    name: str,
    *,
    log_group: aws.cloudwatch.LogGroup,
    pattern: pulumi.Input[str],
    namespace: str,
    advice: str,
    page: str,
) -> None:
    """Rings for every line that the pattern takes; no line is no trouble. `namespace` is that of the counted metric."""
    metric = component.context.physical_name(name, kind="secret")
    aws.cloudwatch.LogMetricFilter(
        name,
        name=metric,
        log_group_name=log_group.name,
        pattern=pattern,
        metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
            name=metric, namespace=namespace, value="1"
        ),
        opts=component.child(),
    )
    aws_alarm(
        component,
        alerts,
        name,
        advice=advice,
        page=page,
        watched=AwsSeries(namespace, metric, {}),
        limit=0,
        seconds=PERIOD,
        silence_rings=False,
    )
