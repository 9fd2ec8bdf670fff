"""Alarms of the pair, on each cloud about its own host, so that the loss of a cloud cannot silence both.

Every alarm also rings when its metric stays away: a standby that vanished reports nothing.
"""

from dataclasses import dataclass

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
from settings.database_pair import DatabaseHost

HOUR = 3600
PERIOD = 60
"""Seconds; machines write their metrics once a minute."""

SILENT_PERIODS = 10
"""Minutes above the limit, or without a value, before an alarm rings. A restart of the host takes less."""


@dataclass(frozen=True)
class Limit:
    """When a metric is an alarm."""

    what: str
    metric: MachineMetric
    seconds: int
    advice: str


LIMITS = (
    Limit(
        "replication",
        MachineMetric.DATABASE_REPLICATION_AGE_SECONDS,
        300,
        "The other host is away or behind: look at pg_stat_replication on the primary, and at the tunnel.",
    ),
    Limit(
        "archive",
        MachineMetric.DATABASE_ARCHIVE_AGE_SECONDS,
        900,
        "WAL waits for a repository, and point-in-time recovery breaks when the queue is full: run pgbackrest check.",
    ),
    Limit(
        "backup",
        MachineMetric.DATABASE_BACKUP_AGE_SECONDS,
        26 * HOUR,
        "The backup of the last day is missing: run pgbackrest info.",
    ),
    Limit(
        "proof",
        MachineMetric.DATABASE_PROOF_AGE_SECONDS,
        8 * 24 * HOUR,
        "Nobody knows whether the backups can be restored: read the journals of verify and of the restore drill.",
    ),
)
"""archive_timeout is a minute, a differential backup is made daily, a drill weekly; each may be a little late."""


def gcp_alarms(component: Component, alerts: AlertTargets) -> None:
    """Alarms about the host on GCP."""
    seconds = SILENT_PERIODS * PERIOD
    for limit in LIMITS:
        series = own_series(alerts.gcp_metrics[limit.metric], DatabaseHost.A.value)
        conditions = [
            outside(f"{limit.what} late", series, limit.seconds, seconds=seconds, period_seconds=PERIOD),
            silent(f"{limit.what} silent", series, seconds, period_seconds=PERIOD),
        ]
        name, title = f"{component.name}-{limit.what}", f"{DatabaseHost.A}: {limit.what}"
        gcp_alarm(component, alerts, name, title, limit.advice, conditions)


def aws_alarms(component: Component, alerts: AlertTargets) -> None:
    """Alarms about the host on AWS."""
    for limit in LIMITS:
        aws.cloudwatch.MetricAlarm(
            f"{component.name}-{limit.what}",
            name=component.context.physical_name(DatabaseHost.B, limit.what, kind="secret"),
            alarm_description=limit.advice,
            namespace=AWS_NAMESPACE,
            metric_name=limit.metric,
            dimensions={MACHINE_LABEL: DatabaseHost.B.value},
            statistic="Maximum",
            comparison_operator="GreaterThanThreshold",
            threshold=limit.seconds,
            period=PERIOD,
            evaluation_periods=SILENT_PERIODS,
            treat_missing_data="breaching",
            alarm_actions=[alerts.aws_topic_arn],
            ok_actions=[alerts.aws_topic_arn],
            tags=component.tags(),
            opts=component.child(),
        )
