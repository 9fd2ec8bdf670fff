"""Alarms of a machine on EC2: host down, disk filling, converge failing. Silence counts as trouble."""

import pulumi_aws as aws

from components.alerts import AwsSeries, MachineMetric, Page, aws_alarm, own_aws_series
from components.component import Component
from components.machine import limits
from components.machine.args import MachineArgs


def alarms(component: Component, args: MachineArgs, instance: aws.ec2.Instance) -> None:
    """All alarms of one machine."""
    name = component.name
    if args.alert_on_down:
        aws_alarm(
            component,
            args.alerts,
            f"{name}-down",
            advice="The host is down or was stopped.",
            page=Page.DOWN,
            watched=AwsSeries("AWS/EC2", "StatusCheckFailed", {"InstanceId": instance.id}),
            limit=0,
            seconds=limits.DOWN_SECONDS,
        )
    aws_alarm(
        component,
        args.alerts,
        f"{name}-disk",
        advice="A file system fills up: find what grows (du -x), or raise dataDiskGiB and run pulumi up.",
        page=Page.DISK,
        watched=own_aws_series(MachineMetric.DISK_USED_RATIO, name),
        limit=limits.DISK_USED_RATIO,
        seconds=limits.SILENT_SECONDS,
    )
    aws_alarm(
        component,
        args.alerts,
        f"{name}-converge",
        advice="The machine does not take its settings: read journalctl -u packyard-converge.",
        page=Page.CONVERGE,
        watched=own_aws_series(MachineMetric.CONVERGE_AGE_SECONDS, name),
        limit=limits.CONVERGE_AGE_SECONDS,
        seconds=limits.SILENT_SECONDS,
    )
