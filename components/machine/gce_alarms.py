"""Alarms of a machine on GCE: host down, disk filling, converge failing. Silence counts as trouble."""

import pulumi
import pulumi_gcp as gcp

from components.alerts import MachineMetric, Page, outside, own_gcp_alarm, own_series, silent, unheard_alarm
from components.component import Component
from components.machine import limits
from components.machine.args import MachineArgs

UPTIME = 'metric.type="compute.googleapis.com/instance/uptime_total" AND resource.type="gce_instance"'
"""The hypervisor's own metric, which needs nothing inside the machine."""


def alarms(component: Component, args: MachineArgs, instance: gcp.compute.Instance) -> None:
    """All alarms of one machine."""
    used = _own_metric(component, args, MachineMetric.DISK_USED_RATIO)
    age = _own_metric(component, args, MachineMetric.CONVERGE_AGE_SECONDS)
    if args.alert_on_down:
        uptime = pulumi.Output.format('{} AND resource.labels.instance_id="{}"', UPTIME, instance.instance_id)
        own_gcp_alarm(
            component,
            args.alerts,
            "down",
            advice="The host is down or was stopped.",
            page=Page.DOWN,
            conditions=[silent("down", uptime, limits.DOWN_SECONDS)],
        )
    own_gcp_alarm(
        component,
        args.alerts,
        "disk",
        advice="A file system fills up: find what grows (`du -x`), or raise dataDiskGiB and run `pulumi up`.",
        page=Page.DISK,
        conditions=[outside("disk filling", used, limits.DISK_USED_RATIO)],
    )
    own_gcp_alarm(
        component,
        args.alerts,
        "converge",
        advice="The machine does not take its settings: read `journalctl -u packyard-converge`.",
        page=Page.CONVERGE,
        conditions=[
            outside("converge failing", age, limits.CONVERGE_AGE_SECONDS),
            silent("converge silent", age, limits.SILENT_SECONDS),
        ],
    )
    metrics = (MachineMetric.DISK_USED_RATIO, MachineMetric.CONVERGE_AGE_SECONDS)
    unheard_alarm(
        component,
        args.alerts,
        f"{component.name}-unheard",
        machine=component.name,
        metric_types=[args.alerts.gcp_metrics[metric] for metric in metrics],
    )


def _own_metric(component: Component, args: MachineArgs, metric: MachineMetric) -> pulumi.Output[str]:
    return own_series(args.alerts.gcp_metrics[metric], component.name)
