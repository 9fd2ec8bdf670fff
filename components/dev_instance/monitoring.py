"""What is watched: plain addresses from outside, certificates, and what only the machine knows about itself."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.alerts import (
    AlertTargets,
    MachineMetric,
    Page,
    certificate_expiring,
    outside,
    own_gcp_alarm,
    own_series,
    probe_failing,
    unheard_alarm,
)
from components.component import Component
from settings.dev_instance.section import DevInstanceSettings

SIGN_IN_PATH = "/users/sign_in"
"""A page that needs database and Redis; GitLab's health addresses answer 404 to the outside."""

PERIOD = "60s"
"""How often each probing region asks."""

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
        failing = probe_failing("the probe fails from several regions", _metric("check_passed", check))
        own_gcp_alarm(
            component,
            alerts,
            f"{probe.name}-unreachable",
            advice="The address does not answer.",
            page=Page.DEV_UNREACHABLE,
            conditions=[failing],
        )
        expiring = certificate_expiring(
            f"the certificate has fewer than {CERTIFICATE_DAYS} days left",
            _metric("time_until_ssl_cert_expires", check),
            CERTIFICATE_DAYS,
        )
        own_gcp_alarm(
            component,
            alerts,
            f"{probe.name}-certificate",
            advice="Its certificate runs out.",
            page=Page.DEV_CERTIFICATE,
            conditions=[expiring],
        )
    _own_alarm(
        component,
        alerts,
        MachineMetric.GITLAB_BACKUP_AGE_SECONDS,
        "Backups stopped: read the journal of the backup, then make one by hand.",
        OLDEST_BACKUP_SECONDS,
        page=Page.DEV_BACKUP,
    )
    _own_alarm(
        component,
        alerts,
        MachineMetric.GITLAB_UPGRADE_HELD,
        "A nightly upgrade failed and the package is held: read the upgrader's journal, mend, then let go.",
        0,
        page=Page.DEV_UPGRADE,
    )
    metrics = (MachineMetric.GITLAB_BACKUP_AGE_SECONDS, MachineMetric.GITLAB_UPGRADE_HELD)
    unheard_alarm(
        component,
        alerts,
        f"{component.name}-gitlab-unheard",
        machine=component.name,
        metric_types=[alerts.gcp_metrics[metric] for metric in metrics],
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


def _own_alarm(
    component: Component, alerts: AlertTargets, metric: MachineMetric, advice: str, limit: float, *, page: Page
) -> None:
    """An alarm on a metric that the machine writes. Silence counts as trouble."""
    series = own_series(alerts.gcp_metrics[metric], component.name)
    condition = outside(metric.value.replace("_", " "), series, limit)
    own_gcp_alarm(component, alerts, metric.value.replace("_", "-"), advice=advice, page=page, conditions=[condition])


def _metric(metric: str, check: gcp.monitoring.UptimeCheckConfig) -> pulumi.Output[str]:
    return pulumi.Output.format(
        'resource.type="uptime_url" AND metric.type="monitoring.googleapis.com/uptime_check/{}"'
        ' AND metric.labels.check_id="{}"',
        metric,
        check.uptime_check_id,
    )
