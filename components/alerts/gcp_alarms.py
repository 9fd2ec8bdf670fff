"""Alarms in Cloud Monitoring, in the one form that all systems use."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.alerts.alerts import AlertTargets
from components.alerts.metrics import MACHINE_LABEL
from components.alerts.pages import leading_to
from components.component import Component

MISSING_IS_TROUBLE = "EVALUATION_MISSING_DATA_ACTIVE"
"""A job that stalls reports nothing either."""


def own_series(metric_type: pulumi.Input[str], machine: str) -> pulumi.Output[str]:
    """Filter of a metric that a machine writes about itself."""
    return pulumi.Output.format(
        'metric.type="{}" AND resource.type="gce_instance" AND metric.labels.{}="{}"',
        metric_type,
        MACHINE_LABEL,
        machine,
    )


def outside(
    title: str,
    series: pulumi.Input[str],
    limit: float,
    *,
    seconds: int = 300,
    period_seconds: int = 60,
    below: bool = False,
    silence_rings: bool = True,
) -> gcp.monitoring.AlertPolicyConditionArgs:
    """Above the limit for `seconds`, or `below` it. A series that stops rings too, unless `silence_rings` is off.

    One that never began does not; for that there is `unheard_alarm`.
    """
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=series,
            comparison="COMPARISON_LT" if below else "COMPARISON_GT",
            threshold_value=limit,
            duration=f"{seconds}s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period=f"{period_seconds}s", per_series_aligner="ALIGN_MIN" if below else "ALIGN_MAX"
                )
            ],
            evaluation_missing_data=MISSING_IS_TROUBLE if silence_rings else None,
        ),
    )


def silent(
    title: str, series: pulumi.Input[str], seconds: int, *, period_seconds: int = 60
) -> gcp.monitoring.AlertPolicyConditionArgs:
    """Nothing was written for `seconds`, by a series that there was."""
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_absent=gcp.monitoring.AlertPolicyConditionConditionAbsentArgs(
            filter=series,
            duration=f"{seconds}s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionAbsentAggregationArgs(
                    alignment_period=f"{period_seconds}s", per_series_aligner="ALIGN_MAX"
                )
            ],
        ),
    )


def probe_failing(title: str, series: pulumi.Input[str]) -> gcp.monitoring.AlertPolicyConditionArgs:
    """An uptime check fails from at least two places in the world, so one bad path in the network wakes nobody."""
    return _by_host(
        title,
        series,
        comparison="COMPARISON_GT",
        limit=1,
        duration="120s",
        period="300s",
        reducer="REDUCE_COUNT_FALSE",
    )


def certificate_expiring(title: str, series: pulumi.Input[str], days: int) -> gcp.monitoring.AlertPolicyConditionArgs:
    """An uptime check saw a certificate with fewer days left."""
    return _by_host(
        title, series, comparison="COMPARISON_LT", limit=days, duration="600s", period="1200s", reducer="REDUCE_MIN"
    )


def _by_host(
    title: str,
    series: pulumi.Input[str],
    *,
    comparison: str,
    limit: float,
    duration: str,
    period: str,
    reducer: str,
) -> gcp.monitoring.AlertPolicyConditionArgs:
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=series,
            comparison=comparison,
            threshold_value=limit,
            duration=duration,
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period=period,
                    per_series_aligner="ALIGN_NEXT_OLDER",
                    cross_series_reducer=reducer,
                    group_by_fields=["resource.label.host"],
                )
            ],
        ),
    )


def gcp_alarm(
    component: Component,
    alerts: AlertTargets,
    name: str,
    *,
    title: str | None = None,
    advice: str,
    page: str,
    conditions: Sequence[gcp.monitoring.AlertPolicyConditionArgs],
    severity: str | None = None,
    combiner: str = "OR",
    alert_strategy: gcp.monitoring.AlertPolicyAlertStrategyArgs | None = None,
) -> None:
    """An alarm whose notification says what to do.

    `name` is the logical name, and the title too unless there is another; the stack leads it.
    """
    gcp.monitoring.AlertPolicy(
        name,
        display_name=f"{component.context.stack} {title or name}",
        combiner=combiner,
        severity=severity,
        conditions=list(conditions),
        alert_strategy=alert_strategy,
        notification_channels=list(alerts.gcp_channels),
        documentation=gcp.monitoring.AlertPolicyDocumentationArgs(
            content=leading_to(page, advice), mime_type="text/markdown"
        ),
        user_labels=component.labels(),
        opts=component.child(),
    )


def own_gcp_alarm(
    component: Component,
    alerts: AlertTargets,
    what: str,
    *,
    advice: str,
    page: str,
    conditions: Sequence[gcp.monitoring.AlertPolicyConditionArgs],
    severity: str | None = None,
) -> None:
    """An alarm about the component itself; `what` is wrong."""
    gcp_alarm(
        component,
        alerts,
        f"{component.name}-{what}",
        title=f"{component.name}: {what}",
        advice=advice,
        page=page,
        conditions=conditions,
        severity=severity,
    )
