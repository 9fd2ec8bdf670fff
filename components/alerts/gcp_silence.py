"""The alarm in Cloud Monitoring that rings for metrics which never began.

An alarm on absence wants at least one point after it was made, and missing data counts as trouble only for a series
that there was (Cloud Monitoring, "Create metric-absence alerting policies"). So a machine that never reports rings
neither. A query of Prometheus asks for what is not there, whether it ever was or not; it is alone in its alarm.
"""

import re
from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.alerts.alerts import AlertTargets
from components.alerts.gcp_alarms import gcp_alarm
from components.alerts.metrics import MACHINE_LABEL
from components.alerts.pages import Page
from components.component import Component

WINDOW = "5m"
"""Metrics come once a minute; a few may be late."""

UNHEARD_SECONDS = 15 * 60
"""How long nothing comes before it rings: a new machine first installs what it needs."""


def unheard_alarm(
    component: Component,
    alerts: AlertTargets,
    name: str,
    *,
    machine: str,
    metric_types: Sequence[pulumi.Input[str]],
    severity: str | None = None,
) -> None:
    """Rings while the machine does not write one of these metrics, also where it never wrote any."""
    query = pulumi.Output.all(*metric_types).apply(lambda types: " or ".join(_absent(kind, machine) for kind in types))
    condition = gcp.monitoring.AlertPolicyConditionArgs(
        display_name="never began, or stopped",
        condition_prometheus_query_language=gcp.monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
            query=query,
            duration=f"{UNHEARD_SECONDS}s",
            evaluation_interval="60s",
            # It is refused otherwise while nobody has written the metric yet.
            disable_metric_validation=True,
        ),
    )
    gcp_alarm(
        component,
        alerts,
        name,
        advice="A metric of the machine never began or has stopped, so no other alarm on it can be trusted: see whether"
        " the machine runs, then read `journalctl -u packyard-converge`.",
        page=Page.UNHEARD,
        conditions=[condition],
        severity=severity,
    )


def _absent(metric_type: str, machine: str) -> str:
    """The metric's name as Cloud Monitoring maps it: a colon for the first slash, else underscores."""
    domain, _, path = metric_type.partition("/")
    name = ":".join(re.sub(r"\W", "_", part) for part in (domain, path))
    return f'absent_over_time({name}{{monitored_resource="gce_instance",{MACHINE_LABEL}="{machine}"}}[{WINDOW}])'
