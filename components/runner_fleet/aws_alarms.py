"""Alarms of the fleet on AWS."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.alerts import (
    PERIOD,
    AlertTargets,
    AwsSeries,
    MachineMetric,
    Page,
    aws_alarm,
    aws_log_alarm,
    leading_to,
    own_aws_series,
)
from components.component import Component
from components.machine import Ec2Machine
from components.runner_fleet import limits
from components.runner_fleet.aws_shard import AwsShard

LOG_NAMESPACE = "Packyard/RunnerFleet"
"""Namespace of metrics that CloudWatch counts in the managers' logs."""


def manager_alarms(
    component: Component,
    alerts: AlertTargets,
    machine: Ec2Machine,
    log_group: aws.cloudwatch.LogGroup,
    shards: Sequence[AwsShard],
) -> None:
    """Manager silent, workers without a manager, long polls that block jobs."""
    silent = aws_alarm(
        component,
        alerts,
        f"{machine.name}-silent",
        advice="The manager does not reach GitLab: read journalctl -u gitlab-runner.",
        page=Page.MANAGER_SILENT,
        watched=own_aws_series(MachineMetric.RUNNER_CONTACT_AGE_SECONDS, machine.name),
        limit=limits.CONTACT_AGE_SECONDS,
        seconds=limits.SILENT_SECONDS,
    )
    occupied = [_occupied(component, shard) for shard in shards]
    aws.cloudwatch.CompositeAlarm(
        f"{machine.name}-orphans",
        alarm_name=component.context.physical_name(machine.name, "orphans", kind="secret"),
        alarm_description=leading_to(
            Page.ORPHANS,
            "Workers run and no manager looks after them: each ends itself at its age limit, but the group starts"
            " another in its place until its desired capacity is set to 0.",
        ),
        alarm_rule=pulumi.Output.all(silent.name, *(alarm.name for alarm in occupied)).apply(
            lambda names: f"ALARM({names[0]}) AND ({' OR '.join(f'ALARM({name})' for name in names[1:])})"
        ),
        alarm_actions=[alerts.aws_topic_arn],
        ok_actions=[alerts.aws_topic_arn],
        tags=component.tags(),
        opts=component.child(),
    )
    _long_poll_alarm(component, alerts, machine, log_group)


def _occupied(component: Component, shard: AwsShard) -> aws.cloudwatch.MetricAlarm:
    return aws_alarm(
        component,
        None,
        f"{shard.name}-occupied",
        advice="The group has workers. Nothing is wrong: this is half of the alarm on workers without a manager.",
        page=Page.ORPHANS,
        watched=_of_group(shard, "GroupTotalInstances"),
        limit=0,
        seconds=PERIOD,
        silence_rings=False,
    )


def group_at_max_alarm(component: Component, alerts: AlertTargets, shard: AwsShard) -> None:
    """The group is full for so long that jobs wait for no other reason."""
    aws_alarm(
        component,
        alerts,
        f"{shard.name}-full",
        advice="The group stands at maxInstances and jobs wait: raise it, or find what fills it.",
        page=Page.GROUP_FULL,
        watched=_of_group(shard, "GroupTotalInstances"),
        limit=shard.settings.max_instances - 1,
        seconds=limits.FULL_SECONDS,
        silence_rings=False,
    )


def starved_alarm(component: Component, alerts: AlertTargets, shard: AwsShard) -> None:
    """The manager asks for VMs that AWS does not give: no spot capacity, a quota, or a broken image."""
    missing = aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id="missing", expression="wanted - there", label="workers that do not come", return_data=True
    )
    aws_alarm(
        component,
        alerts,
        f"{shard.name}-starved",
        advice="Workers are asked for and do not come: read why in the activity of the group.",
        page=Page.GROUP_STARVED,
        watched=[
            _of_group(shard, "GroupDesiredCapacity").query("wanted"),
            _of_group(shard, "GroupInServiceInstances").query("there"),
            missing,
        ],
        limit=0,
        seconds=limits.STARVED_SECONDS,
        silence_rings=False,
    )


def _of_group(shard: AwsShard, metric: str) -> AwsSeries:
    return AwsSeries("AWS/AutoScaling", metric, {"AutoScalingGroupName": shard.group_name})


def _long_poll_alarm(
    component: Component, alerts: AlertTargets, machine: Ec2Machine, log_group: aws.cloudwatch.LogGroup
) -> None:
    aws_log_alarm(
        component,
        alerts,
        f"{machine.name}-long-polls",
        log_group=log_group,
        pattern=f'"{limits.LONG_POLL_LINE}"',
        namespace=LOG_NAMESPACE,
        advice=limits.LONG_POLL_ADVICE,
        page=Page.LONG_POLLS,
    )
