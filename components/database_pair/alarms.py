"""Alarms of the pair, on each cloud about its own host, so that the loss of a cloud cannot silence both.

Which they are is said in settings/database_pair/alerts.py. Every alarm also rings when its metric stays away: a standby
that vanished reports nothing.
"""

import pulumi_aws as aws

from components.alerts import (
    AWS_NAMESPACE,
    MACHINE_LABEL,
    AlertTargets,
    MachineMetric,
    gcp_alarm,
    outside,
    own_series,
    silent,
)
from components.component import Component
from settings.database_pair.alerts import LIMITS
from settings.database_pair.section import DatabaseHost

PERIOD = 60
"""Seconds; machines write their metrics once a minute."""

SECONDS = 60
"""Of a minute."""


def gcp_alarms(component: Component, alerts: AlertTargets) -> None:
    """Alarms about the host on GCP."""
    for limit in LIMITS:
        series = own_series(alerts.gcp_metrics[MachineMetric(limit.metric)], DatabaseHost.A.value)
        seconds = limit.minutes * SECONDS
        conditions = [
            outside(
                f"{limit.name} beyond its limit",
                series,
                limit.limit,
                seconds=seconds,
                period_seconds=PERIOD,
                below=limit.below,
            ),
            silent(f"{limit.name} silent", series, seconds, period_seconds=PERIOD),
        ]
        gcp_alarm(
            component,
            alerts,
            f"{component.name}-{limit.name}",
            f"{DatabaseHost.A}: {limit.name}",
            limit.text,
            conditions,
            severity=limit.severity.upper(),
        )


def aws_alarms(component: Component, alerts: AlertTargets) -> None:
    """Alarms about the host on AWS. CloudWatch knows no severity, so it leads the text."""
    for limit in LIMITS:
        aws.cloudwatch.MetricAlarm(
            f"{component.name}-{limit.name}",
            name=component.context.physical_name(DatabaseHost.B, limit.name, kind="secret"),
            alarm_description=f"{limit.severity.upper()}: {limit.text}",
            namespace=AWS_NAMESPACE,
            metric_name=limit.metric,
            dimensions={MACHINE_LABEL: DatabaseHost.B.value},
            statistic="Minimum" if limit.below else "Maximum",
            comparison_operator="LessThanThreshold" if limit.below else "GreaterThanThreshold",
            threshold=limit.limit,
            period=PERIOD,
            evaluation_periods=limit.minutes * SECONDS // PERIOD,
            treat_missing_data="breaching",
            alarm_actions=[alerts.aws_topic_arn],
            ok_actions=[alerts.aws_topic_arn],
            tags=component.tags(),
            opts=component.child(),
        )
