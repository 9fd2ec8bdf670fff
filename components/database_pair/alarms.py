"""Alarms of the pair, on each cloud about its own host, so that the loss of a cloud cannot silence both.

Which they are is said in settings/database_pair/alerts.py. Every alarm also rings when its metric stays away: a standby
that vanished reports nothing. On GCP one more alarm rings for a metric that never began.
"""

from components.alerts import (
    PERIOD,
    AlertTargets,
    MachineMetric,
    aws_alarm,
    gcp_alarm,
    outside,
    own_aws_series,
    own_series,
    silent,
    unheard_alarm,
)
from components.component import Component
from settings.database_pair.alerts import LIMITS, Severity
from settings.database_pair.section import DatabaseHost

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
            title=f"{DatabaseHost.A}: {limit.title}",
            advice=limit.text,
            page=limit.runbook.path,
            conditions=conditions,
            severity=limit.severity.upper(),
        )
    unheard_alarm(
        component,
        alerts,
        f"{component.name}-unheard",
        machine=DatabaseHost.A.value,
        metric_types=[alerts.gcp_metrics[MachineMetric(name)] for name in sorted({limit.metric for limit in LIMITS})],
        severity=Severity.PAGE.upper(),
    )


def aws_alarms(component: Component, alerts: AlertTargets) -> None:
    """Alarms about the host on AWS. CloudWatch knows no severity, so it leads the text."""
    for limit in LIMITS:
        aws_alarm(
            component,
            alerts,
            f"{component.name}-{limit.name}",
            advice=f"{limit.severity.upper()}: {limit.text}",
            page=limit.runbook.path,
            watched=own_aws_series(limit.metric, DatabaseHost.B),
            limit=limit.limit,
            seconds=limit.minutes * SECONDS,
            below=limit.below,
            title=f"{DatabaseHost.B}-{limit.title}",
        )
