"""Alarms of the fleet on AWS."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.alerts import AWS_NAMESPACE, MACHINE_LABEL, AlertTargets, MachineMetric
from components.component import Component
from components.machine import Ec2Machine
from components.runner_fleet import limits
from components.runner_fleet.aws_shard import AwsShard

PERIOD = 60
"""Seconds; group metrics and those of machines come once a minute."""

GROUP_NAMESPACE = "AWS/AutoScaling"

LOG_NAMESPACE = "Packyard/RunnerFleet"
"""Namespace of metrics that CloudWatch counts in the managers' logs."""


def manager_alarms(
    component: Component,
    targets: AlertTargets,
    machine: Ec2Machine,
    log_group: aws.cloudwatch.LogGroup,
    shards: Sequence[AwsShard],
) -> None:
    """Manager silent, workers without a manager, long polls that block jobs."""
    silent = _alarm(
        component,
        f"{machine.name}-silent",
        "The manager does not reach GitLab: read journalctl -u gitlab-runner.",
        namespace=AWS_NAMESPACE,
        metric=MachineMetric.RUNNER_CONTACT_AGE_SECONDS,
        dimensions={MACHINE_LABEL: machine.name},
        above=limits.CONTACT_AGE_SECONDS,
        seconds=limits.SILENT_SECONDS,
        missing="breaching",
        targets=targets,
    )
    occupied = [_occupied(component, shard) for shard in shards]
    aws.cloudwatch.CompositeAlarm(
        f"{machine.name}-orphans",
        alarm_name=component.context.physical_name(machine.name, "orphans", kind="secret"),
        alarm_description="Workers run and no manager looks after them: each ends itself at its age limit, but the "
        "group starts another in its place until its desired capacity is set to 0.",
        alarm_rule=pulumi.Output.all(silent.name, *(alarm.name for alarm in occupied)).apply(
            lambda names: f"ALARM({names[0]}) AND ({' OR '.join(f'ALARM({name})' for name in names[1:])})"
        ),
        alarm_actions=[targets.aws_topic_arn],
        ok_actions=[targets.aws_topic_arn],
        tags=component.tags(),
        opts=component.child(),
    )
    _long_poll_alarm(component, targets, machine, log_group)


def _occupied(component: Component, shard: AwsShard) -> aws.cloudwatch.MetricAlarm:
    """Tells nobody by itself."""
    return _alarm(
        component,
        f"{shard.name}-occupied",
        "The group has workers. Nothing is wrong: this is half of the alarm on workers without a manager.",
        namespace=GROUP_NAMESPACE,
        metric="GroupTotalInstances",
        dimensions={"AutoScalingGroupName": shard.group_name},
        above=0,
        seconds=PERIOD,
    )


def group_at_max_alarm(component: Component, targets: AlertTargets, shard: AwsShard) -> None:
    """The group is full for so long that jobs wait for no other reason."""
    _alarm(
        component,
        f"{shard.name}-full",
        "The group stands at maxInstances and jobs wait: raise it, or find what fills it.",
        namespace=GROUP_NAMESPACE,
        metric="GroupTotalInstances",
        dimensions={"AutoScalingGroupName": shard.group_name},
        above=shard.settings.max_instances - 1,
        seconds=limits.FULL_SECONDS,
        targets=targets,
    )


def starved_alarm(component: Component, targets: AlertTargets, shard: AwsShard) -> None:
    """The manager asks for VMs that AWS does not give: no spot capacity, a quota, or a broken image."""
    name = f"{shard.name}-starved"
    aws.cloudwatch.MetricAlarm(
        name,
        name=component.context.physical_name(name, kind="secret"),
        alarm_description="Workers are asked for and do not come: read why in the activity of the group.",
        metric_queries=[
            _group_query("wanted", "GroupDesiredCapacity", shard),
            _group_query("there", "GroupInServiceInstances", shard),
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id="missing", expression="wanted - there", label="workers that do not come", return_data=True
            ),
        ],
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        evaluation_periods=limits.STARVED_SECONDS // PERIOD,
        treat_missing_data="notBreaching",
        alarm_actions=[targets.aws_topic_arn],
        ok_actions=[targets.aws_topic_arn],
        tags=component.tags(),
        opts=component.child(),
    )


def _group_query(query: str, metric: str, shard: AwsShard) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=query,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=GROUP_NAMESPACE,
            metric_name=metric,
            dimensions={"AutoScalingGroupName": shard.group_name},
            period=PERIOD,
            stat="Maximum",
        ),
    )


def _long_poll_alarm(
    component: Component, targets: AlertTargets, machine: Ec2Machine, log_group: aws.cloudwatch.LogGroup
) -> None:
    name = f"{machine.name}-long-polls"
    metric = component.context.physical_name(name, kind="secret")
    aws.cloudwatch.LogMetricFilter(
        name,
        name=metric,
        log_group_name=log_group.name,
        pattern=f'"{limits.LONG_POLL_LINE}"',
        metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
            name=metric, namespace=LOG_NAMESPACE, value="1"
        ),
        opts=component.child(),
    )
    _alarm(
        component,
        name,
        limits.LONG_POLL_ADVICE,
        namespace=LOG_NAMESPACE,
        metric=metric,
        dimensions={},
        above=0,
        seconds=PERIOD,
        targets=targets,
    )


def _alarm(
    component: Component,
    name: str,
    advice: str,
    *,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, pulumi.Input[str]],
    above: float,
    seconds: int,
    missing: str = "notBreaching",
    targets: AlertTargets | None = None,
) -> aws.cloudwatch.MetricAlarm:
    actions = [] if targets is None else [targets.aws_topic_arn]
    return aws.cloudwatch.MetricAlarm(
        name,
        name=component.context.physical_name(name, kind="secret"),
        alarm_description=advice,
        namespace=namespace,
        metric_name=metric,
        dimensions=dimensions,
        statistic="Maximum",
        comparison_operator="GreaterThanThreshold",
        threshold=above,
        period=PERIOD,
        evaluation_periods=seconds // PERIOD,
        treat_missing_data=missing,
        alarm_actions=actions,
        ok_actions=actions,
        tags=component.tags(),
        opts=component.child(),
    )
