"""Alarms in CloudWatch, in the one form that all systems use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alerts.alerts import AlertTargets
from components.alerts.metrics import AWS_NAMESPACE, MACHINE_LABEL
from components.alerts.pages import leading_to
from components.component import Component

PERIOD = 60
"""Seconds; status checks, group metrics and those that machines write come once a minute."""


@dataclass(frozen=True)
class AwsSeries:
    """One metric of one thing."""

    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]

    def query(self, name: str) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
        """The series under a name that an expression can use."""
        return aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=name,
            metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                namespace=self.namespace,
                metric_name=self.metric,
                dimensions=self.dimensions,
                period=PERIOD,
                stat="Maximum",
            ),
        )


Queries = Sequence[aws.cloudwatch.MetricAlarmMetricQueryArgs]
"""Series and an expression over them, of which one returns data."""


def own_aws_series(metric: str, machine: str) -> AwsSeries:
    """A metric that a machine writes about itself."""
    return AwsSeries(AWS_NAMESPACE, metric, {MACHINE_LABEL: machine})


def aws_alarm(
    component: Component,
    alerts: AlertTargets | None,
    name: str,
    *,
    advice: str,
    page: str,
    watched: AwsSeries | Queries,
    limit: float,
    seconds: int,
    below: bool = False,
    silence_rings: bool = True,
    title: str | None = None,
) -> aws.cloudwatch.MetricAlarm:
    """Above the limit for `seconds`, or `below` it; a series that stops rings too, unless `silence_rings` is off.

    `name` is the logical name, and the end of the physical one unless a `title` is given. Without `alerts` it tells
    nobody: a half of a composite alarm.
    """
    told = [] if alerts is None else [alerts.aws_topic_arn]
    series = watched if isinstance(watched, AwsSeries) else None
    return aws.cloudwatch.MetricAlarm(
        name,
        name=component.context.physical_name(title or name, kind="secret"),
        alarm_description=leading_to(page, advice),
        namespace=series and series.namespace,
        metric_name=series and series.metric,
        dimensions=series and series.dimensions,
        statistic=series and ("Minimum" if below else "Maximum"),
        period=series and PERIOD,
        metric_queries=None if isinstance(watched, AwsSeries) else watched,
        comparison_operator="LessThanThreshold" if below else "GreaterThanThreshold",
        threshold=limit,
        evaluation_periods=seconds // PERIOD,
        treat_missing_data="breaching" if silence_rings else "notBreaching",
        alarm_actions=told,
        ok_actions=told,
        tags=component.tags(),
        opts=component.child(),
    )
