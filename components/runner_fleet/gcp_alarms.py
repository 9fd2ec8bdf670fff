"""Alarms of the fleet on GCP."""

import json
from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.alerts import AlertTargets, MachineMetric, Page, gcp_alarm, outside, own_series, silent, unheard_alarm
from components.component import Component
from components.machine import GceMachine
from components.runner_fleet import limits
from components.runner_fleet.gcp_shard import GcpShard, worker_prefix
from settings.runner_fleet.vocabulary import Colour

GROUP_SIZE = 'metric.type="compute.googleapis.com/instance_group/size" AND resource.type="instance_group"'
"""Number of VMs in a group, measured by Google."""

WORKER_UPTIME = 'metric.type="compute.googleapis.com/instance/uptime_total" AND resource.type="gce_instance"'
"""Seconds since a VM started, measured by the hypervisor."""


def manager_alarms(
    component: Component,
    alerts: AlertTargets,
    machine: GceMachine,
    shards: Sequence[GcpShard],
    *,
    log: str,
    colour: Colour,
    max_vm_age_hours: int,
) -> None:
    """Manager silent, workers without a manager, workers past their age, long polls that block jobs."""
    contact = own_series(alerts.gcp_metrics[MachineMetric.RUNNER_CONTACT_AGE_SECONDS], machine.name)
    gcp_alarm(
        component,
        alerts,
        f"{machine.name}-silent",
        advice="The manager does not reach GitLab: read `journalctl -u gitlab-runner`.",
        page=Page.MANAGER_SILENT,
        conditions=[
            _above("GitLab does not answer", contact, limits.CONTACT_AGE_SECONDS, limits.SILENT_SECONDS),
            silent("no sign of the manager", contact, limits.SILENT_SECONDS),
        ],
    )
    unheard_alarm(
        component,
        alerts,
        f"{machine.name}-contact-unheard",
        machine=machine.name,
        metric_types=[alerts.gcp_metrics[MachineMetric.RUNNER_CONTACT_AGE_SECONDS]],
    )
    gcp_alarm(
        component,
        alerts,
        f"{machine.name}-orphans",
        advice="Workers run and no manager looks after them. Each ends at its age limit; set the groups to 0 to be"
        " sooner.",
        page=Page.ORPHANS,
        # One condition for both, since all must be met at once: a runner that died goes on being reported by its host.
        conditions=[
            outside("no manager", contact, limits.CONTACT_AGE_SECONDS, seconds=limits.SILENT_SECONDS),
            _above("workers are there", _sizes(shards), 0, limits.SILENT_SECONDS),
        ],
        combiner="AND",
    )
    ages = f'{WORKER_UPTIME} AND metric.labels.instance_name=starts_with("{worker_prefix(colour)}")'
    gcp_alarm(
        component,
        alerts,
        f"{machine.name}-worker-age",
        advice="A worker is older than maxVmAgeHours allows: delete it, and see why it was not ended.",
        page=Page.WORKER_AGE,
        conditions=[_above("worker past its age", ages, max_vm_age_hours * 3600 + limits.AGE_GRACE_SECONDS, 300)],
    )
    _long_poll_policy(component, alerts, machine, log)


def group_at_max_alarm(component: Component, alerts: AlertTargets, shard: GcpShard) -> None:
    """The group is full for so long that jobs wait for no other reason."""
    gcp_alarm(
        component,
        alerts,
        f"{shard.name}-full",
        advice="The group stands at maxInstances and jobs wait: raise it, or find what fills it.",
        page=Page.GROUP_FULL,
        conditions=[_above("group full", _sizes([shard]), shard.settings.max_instances - 1, limits.FULL_SECONDS)],
    )


def _sizes(shards: Sequence[GcpShard]) -> pulumi.Output[str]:
    def series(names: Sequence[str]) -> str:
        return f"{GROUP_SIZE} AND resource.labels.instance_group_name=one_of({', '.join(map(json.dumps, names))})"

    return pulumi.Output.all(*(shard.group_name for shard in shards)).apply(series)


def _long_poll_policy(component: Component, alerts: AlertTargets, machine: GceMachine, log: str) -> None:
    condition = gcp.monitoring.AlertPolicyConditionArgs(
        display_name="long polls block jobs",
        condition_matched_log=gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(
            filter=f'log_id("{log}") AND "{limits.LONG_POLL_LINE}"'
        ),
    )
    # An alarm on log lines must say how often it may be sent.
    strategy = gcp.monitoring.AlertPolicyAlertStrategyArgs(
        notification_rate_limit=gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period="3600s"),
        auto_close="86400s",
    )
    name, title = f"{machine.name}-long-polls", f"{machine.name}: long polls"
    gcp_alarm(
        component,
        alerts,
        name,
        title=title,
        advice=limits.LONG_POLL_ADVICE,
        page=Page.LONG_POLLS,
        conditions=[condition],
        alert_strategy=strategy,
    )


def _above(
    title: str, series: pulumi.Input[str], limit: float, seconds: int
) -> gcp.monitoring.AlertPolicyConditionArgs:
    return outside(title, series, limit, seconds=seconds, silence_rings=False)
