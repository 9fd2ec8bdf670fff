"""What is watched: plain addresses from outside, certificates, and what only the machine knows about itself."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.alerts import MACHINE_LABEL, AlertTargets, MachineMetric
from components.component import Component
from settings.dev_instance import DevInstanceSettings

SIGN_IN_PATH = "/users/sign_in"
"""A page that needs database and Redis; GitLab's health addresses answer 404 to the outside."""

PERIOD = "60s"
"""How often each probing region asks."""

FAILING_REGIONS = 1
"""More regions than this have to fail, so that one bad path in the network wakes nobody."""

CERTIFICATE_DAYS = 20
"""Let's Encrypt's certificates live 90 days and are renewed with 30 left; at 20, renewal has failed for ten days."""

OLDEST_BACKUP_SECONDS = 108000
"""30 hours: a night was missed, and the next is still to come."""


@dataclass(frozen=True)
class Probe:
    """An address as a user types it."""

    name: str
    host: str
    path: str
    any_status: bool = False
    """Every answer is good and the certificate alone counts: for a name without a page of its own."""


def monitoring(component: Component, settings: DevInstanceSettings, project: str, alerts: AlertTargets) -> None:
    """All probes and alarms besides those of every machine."""
    for probe in _probes(settings):
        check = _check(component, probe, project)
        _alarm(component, alerts, f"{probe.name}-unreachable", "The address does not answer.", _failing(check))
        _alarm(component, alerts, f"{probe.name}-certificate", "Its certificate runs out.", _expiring(check))
    _own_alarm(
        component,
        alerts,
        MachineMetric.GITLAB_BACKUP_AGE_SECONDS,
        "Backups stopped: read the journal of the backup, then make one by hand.",
        OLDEST_BACKUP_SECONDS,
    )
    _own_alarm(
        component,
        alerts,
        MachineMetric.GITLAB_UPGRADE_HELD,
        "A nightly upgrade failed and the package is held: read the upgrader's journal, mend, then let go.",
        0,
    )


def _probes(settings: DevInstanceSettings) -> list[Probe]:
    probes = [Probe("probe", settings.host_name, SIGN_IN_PATH)]
    if settings.pages_domain is not None:
        # No page has this name; its certificate is the wildcard's, which nobody but an operator renews.
        probes.append(Probe("pages-probe", f"probe.{settings.pages_domain}", "/", any_status=True))
    return probes


def _check(component: Component, probe: Probe, project: str) -> gcp.monitoring.UptimeCheckConfig:
    status = gcp.monitoring.UptimeCheckConfigHttpCheckAcceptedResponseStatusCodeArgs(
        status_class="STATUS_CLASS_ANY" if probe.any_status else "STATUS_CLASS_2XX"
    )
    return gcp.monitoring.UptimeCheckConfig(
        f"{component.name}-{probe.name}",
        display_name=f"{component.context.stack} {component.name}: {probe.name}",
        period=PERIOD,
        timeout="10s",
        http_check=gcp.monitoring.UptimeCheckConfigHttpCheckArgs(
            path=probe.path, port=443, use_ssl=True, validate_ssl=True, accepted_response_status_codes=[status]
        ),
        monitored_resource=gcp.monitoring.UptimeCheckConfigMonitoredResourceArgs(
            type="uptime_url", labels={"host": probe.host, "project_id": project}
        ),
        log_check_failures=True,
        user_labels=component.labels(),
        opts=component.child(),
    )


def _own_alarm(component: Component, alerts: AlertTargets, metric: MachineMetric, advice: str, limit: float) -> None:
    """An alarm on a metric that the machine writes. Silence counts as trouble."""
    series = pulumi.Output.format(
        'metric.type="{}" AND resource.type="gce_instance" AND metric.labels.{}="{}"',
        alerts.gcp_metrics[metric],
        MACHINE_LABEL,
        component.name,
    )
    condition = gcp.monitoring.AlertPolicyConditionArgs(
        display_name=metric.value.replace("_", " "),
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
    _alarm(component, alerts, metric.value.replace("_", "-"), advice, condition)


def _alarm(
    component: Component,
    alerts: AlertTargets,
    what: str,
    advice: str,
    condition: gcp.monitoring.AlertPolicyConditionArgs,
) -> None:
    gcp.monitoring.AlertPolicy(
        f"{component.name}-{what}",
        display_name=f"{component.context.stack} {component.name}: {what}",
        combiner="OR",
        conditions=[condition],
        notification_channels=list(alerts.gcp_channels),
        documentation=gcp.monitoring.AlertPolicyDocumentationArgs(content=advice, mime_type="text/markdown"),
        user_labels=component.labels(),
        opts=component.child(),
    )


def _failing(check: gcp.monitoring.UptimeCheckConfig) -> gcp.monitoring.AlertPolicyConditionArgs:
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name="the probe fails from several regions",
        condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=_metric("check_passed", check),
            comparison="COMPARISON_GT",
            threshold_value=FAILING_REGIONS,
            duration="120s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period="300s",
                    per_series_aligner="ALIGN_NEXT_OLDER",
                    cross_series_reducer="REDUCE_COUNT_FALSE",
                    group_by_fields=["resource.label.host"],
                )
            ],
        ),
    )


def _expiring(check: gcp.monitoring.UptimeCheckConfig) -> gcp.monitoring.AlertPolicyConditionArgs:
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=f"the certificate has fewer than {CERTIFICATE_DAYS} days left",
        condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=_metric("time_until_ssl_cert_expires", check),
            comparison="COMPARISON_LT",
            threshold_value=CERTIFICATE_DAYS,
            duration="600s",
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period="1200s",
                    per_series_aligner="ALIGN_NEXT_OLDER",
                    cross_series_reducer="REDUCE_MEAN",
                    group_by_fields=["resource.label.host"],
                )
            ],
        ),
    )


def _metric(metric: str, check: gcp.monitoring.UptimeCheckConfig) -> pulumi.Output[str]:
    return pulumi.Output.format(
        'resource.type="uptime_url" AND metric.type="monitoring.googleapis.com/uptime_check/{}"'
        ' AND metric.labels.check_id="{}"',
        metric,
        check.uptime_check_id,
    )
