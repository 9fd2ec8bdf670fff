"""Alarms of a machine on EC2: host down, disk filling, converge failing. Silence counts as trouble."""

import pulumi
import pulumi_aws as aws

from components.alerts import AWS_NAMESPACE, MACHINE_LABEL, MachineMetric
from components.component import Component
from components.machine import limits
from components.machine.args import MachineArgs

PERIOD = 60
"""Seconds; status checks and the machine's own metrics come once a minute."""


def alarms(component: Component, args: MachineArgs, instance: aws.ec2.Instance) -> None:
    """All alarms of one machine."""
    if args.alert_on_down:
        _alarm(
            component,
            args,
            "down",
            "The host is down or was stopped.",
            namespace="AWS/EC2",
            metric="StatusCheckFailed",
            dimensions={"InstanceId": instance.id},
            above=0,
            seconds=limits.DOWN_SECONDS,
        )
    own: dict[str, pulumi.Input[str]] = {MACHINE_LABEL: component.name}
    _alarm(
        component,
        args,
        "disk",
        "A file system fills up: find what grows (du -x), or raise dataDiskGiB and run pulumi up.",
        namespace=AWS_NAMESPACE,
        metric=MachineMetric.DISK_USED_RATIO,
        dimensions=own,
        above=limits.DISK_USED_RATIO,
        seconds=limits.SILENT_SECONDS,
    )
    _alarm(
        component,
        args,
        "converge",
        "The machine does not take its settings: read journalctl -u packyard-converge.",
        namespace=AWS_NAMESPACE,
        metric=MachineMetric.CONVERGE_AGE_SECONDS,
        dimensions=own,
        above=limits.CONVERGE_AGE_SECONDS,
        seconds=limits.SILENT_SECONDS,
    )


def _alarm(
    component: Component,
    args: MachineArgs,
    what: str,
    advice: str,
    *,
    namespace: str,
    metric: str,
    dimensions: dict[str, pulumi.Input[str]],
    above: float,
    seconds: int,
) -> None:
    aws.cloudwatch.MetricAlarm(
        f"{component.name}-{what}",
        name=component.context.physical_name(component.name, what, kind="secret"),
        alarm_description=advice,
        namespace=namespace,
        metric_name=metric,
        dimensions=dimensions,
        statistic="Maximum",
        comparison_operator="GreaterThanThreshold",
        threshold=above,
        period=PERIOD,
        evaluation_periods=seconds // PERIOD,
        treat_missing_data="breaching",
        alarm_actions=[args.alerts.aws_topic_arn],
        ok_actions=[args.alerts.aws_topic_arn],
        tags=component.tags(),
        opts=component.child(),
    )
