"""Alarms of a machine on GCE: host down, disk filling, converge failing. Silence counts as trouble."""

import pulumi
import pulumi_gcp as gcp

from components.alerts import MACHINE_LABEL, MachineMetric
from components.component import Component
from components.machine import limits
from components.machine.args import MachineArgs

UPTIME = 'metric.type="compute.googleapis.com/instance/uptime_total" AND resource.type="gce_instance"'
"""The hypervisor's own metric, which needs nothing inside the machine."""


def alarms(component: Component, args: MachineArgs, instance: gcp.compute.Instance) -> None:
    """All alarms of one machine."""
    if args.alert_on_down:
        uptime = pulumi.Output.format('{} AND resource.labels.instance_id="{}"', UPTIME, instance.instance_id)
        _alarm(
            component, args, "down", "The host is down or was stopped.", _silent("down", uptime, limits.DOWN_SECONDS)
        )
    used = _own_metric(component, args, MachineMetric.DISK_USED_RATIO)
    _alarm(
        component,
        args,
        "disk",
        "A file system fills up: find what grows (`du -x`), or raise dataDiskGiB and run `pulumi up`.",
        _above("disk filling", used, limits.DISK_USED_RATIO),
    )
    age = _own_metric(component, args, MachineMetric.CONVERGE_AGE_SECONDS)
    _alarm(
        component,
        args,
        "converge",
        "The machine does not take its settings: read `journalctl -u packyard-converge`.",
        _above("converge failing", age, limits.CONVERGE_AGE_SECONDS),
        _silent("converge silent", age, limits.SILENT_SECONDS),
    )


def _own_metric(component: Component, args: MachineArgs, metric: MachineMetric) -> pulumi.Output[str]:
    return pulumi.Output.format(
        'metric.type="{}" AND resource.type="gce_instance" AND metric.labels.{}="{}"',
        args.alerts.gcp_metrics[metric],
        MACHINE_LABEL,
        component.name,
    )


def _alarm(
    component: Component,
    args: MachineArgs,
    what: str,
    advice: str,
    *conditions: gcp.monitoring.AlertPolicyConditionArgs,
) -> None:
    gcp.monitoring.AlertPolicy(
        f"{component.name}-{what}",
        display_name=f"{component.context.stack} {component.name}: {what}",
        combiner="OR",
        conditions=list(conditions),
        notification_channels=list(args.alerts.gcp_channels),
        documentation=gcp.monitoring.AlertPolicyDocumentationArgs(content=advice, mime_type="text/markdown"),
        user_labels=component.labels(),
        opts=component.child(),
    )


def _above(title: str, series: pulumi.Output[str], limit: float) -> gcp.monitoring.AlertPolicyConditionArgs:
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=series,
            comparison="COMPARISON_GT",
            threshold_value=limit,
            duration="300s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period="60s", per_series_aligner="ALIGN_MAX"
                )
            ],
            evaluation_missing_data="EVALUATION_MISSING_DATA_ACTIVE",
        ),
    )


def _silent(title: str, series: pulumi.Output[str], seconds: int) -> gcp.monitoring.AlertPolicyConditionArgs:
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_absent=gcp.monitoring.AlertPolicyConditionConditionAbsentArgs(
            filter=series,
            duration=f"{seconds}s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionAbsentAggregationArgs(
                    alignment_period="60s", per_series_aligner="ALIGN_MAX"
                )
            ],
        ),
    )
