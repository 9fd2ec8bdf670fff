"""What is watched: from outside as a client would, and from inside what only the machine knows."""

from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_gcp as gcp

from components.alerts import (
    GCP_PREFIX,
    MACHINE_LABEL,
    AlertTargets,
    Page,
    certificate_expiring,
    outside,
    own_gcp_alarm,
    own_series,
    probe_failing,
    unheard_alarm,
)
from components.component import Component
from components.package_server.routes import KEYS_PREFIX
from settings.package_server.section import PackageServerSettings, RepositoryFormat

KEY_ALERT_DAYS = (90, 30, 7)
"""Days before a key expires on which someone is told; extending it takes a release of its own and weeks to spread."""

CERTIFICATE_ALERT_DAYS = 15
"""Google renews a month before the end, so at fifteen days renewal has failed for two weeks."""

SECONDS_OF_AN_HOUR = 3600


class ServerMetric(StrEnum):
    """Metrics that the machine writes about the package server, beside those of every machine."""

    METADATA_AGE_SECONDS = "package_metadata_age_seconds"
    """Seconds since the newest InRelease or repomd.xml was signed."""
    BACKUP_AGE_SECONDS = "package_backup_age_seconds"
    """Seconds since the last backup that reached its place."""
    UPLOAD_TEMP_FREE_RATIO = "package_upload_temp_free_ratio"
    """Free part of the space that uploads spool to, 0 to 1."""
    KEY_DAYS_LEFT = "package_key_days_left"
    """Days until the first of the signing keys expires, as their published halves say."""


@dataclass(frozen=True)
class Probe:
    """A plain URL, without anything to pass a cache: such a probe once stayed green while every client failed."""

    name: str
    host: str
    path: str
    content: str | None
    status: int = 200


def metric_type(metric: ServerMetric) -> str:
    """The full type of a metric in Cloud Monitoring."""
    return f"{GCP_PREFIX}/{metric}"


def monitoring(
    component: Component, settings: PackageServerSettings, project: pulumi.Input[str], alerts: AlertTargets
) -> None:
    """All probes and alarms."""
    for probe in probes(settings):
        _probe_alarm(component, probe, _uptime(component, probe, project), alerts)
    _certificate_alarm(component, settings, alerts)
    limits = settings.alerts
    _own_alarm(
        component,
        alerts,
        ServerMetric.METADATA_AGE_SECONDS,
        "Nothing was published for too long: read the runbook of publishing.",
        page=Page.PACKAGES_METADATA,
        limit=limits.metadata_age_hours * SECONDS_OF_AN_HOUR,
    )
    _own_alarm(
        component,
        alerts,
        ServerMetric.BACKUP_AGE_SECONDS,
        "Backups stopped: read `journalctl -u packyard-package-backup`.",
        page=Page.PACKAGES_BACKUP,
        limit=limits.backup_age_hours * SECONDS_OF_AN_HOUR,
    )
    _own_alarm(
        component,
        alerts,
        ServerMetric.UPLOAD_TEMP_FREE_RATIO,
        "Uploads will fail: find unfinished ones in the upload directory, or raise uploadTempGiB.",
        page=Page.PACKAGES_UPLOADS,
        limit=limits.upload_temp_free_percent / 100,
        below=True,
    )
    _key_alarms(component, alerts)
    unheard_alarm(
        component,
        alerts,
        f"{component.name}-packages-unheard",
        machine=component.name,
        metric_types=[metric_type(metric) for metric in ServerMetric],
        severity="ERROR",
    )


def probes(settings: PackageServerSettings) -> list[Probe]:
    """One repository of each format, both keys, and the upload host, which must refuse a stranger."""
    public = settings.hosts.public
    found = [
        Probe("metadata-key", public, f"{KEYS_PREFIX}{settings.keys.metadata.file}", "BEGIN PGP PUBLIC KEY BLOCK"),
        Probe("package-key", public, f"{KEYS_PREFIX}{settings.keys.package.file}", "BEGIN PGP PUBLIC KEY BLOCK"),
        Probe("upload-closed", settings.hosts.upload, "/pulp/api/v3/status/", None, status=403),
    ]
    for kind, file, content in (
        (RepositoryFormat.APT, "dists/{}/InRelease", "BEGIN PGP SIGNED MESSAGE"),
        (RepositoryFormat.RPM, "repodata/repomd.xml", "<repomd"),
    ):
        if first := next((entry for entry in settings.repositories if entry.format is kind), None):
            path = f"/{first.path}/{file.format(first.codename)}"
            found.append(Probe(f"{kind}-{first.name}", public, path, content))
    return found


def _uptime(component: Component, probe: Probe, project: pulumi.Input[str]) -> gcp.monitoring.UptimeCheckConfig:
    return gcp.monitoring.UptimeCheckConfig(
        f"{component.name}-{probe.name}",
        display_name=f"{component.context.stack} {component.name}: {probe.name}",
        period="60s",
        timeout="10s",
        http_check=gcp.monitoring.UptimeCheckConfigHttpCheckArgs(
            path=probe.path,
            port=443,
            request_method="GET",
            use_ssl=True,
            validate_ssl=True,
            accepted_response_status_codes=[
                gcp.monitoring.UptimeCheckConfigHttpCheckAcceptedResponseStatusCodeArgs(status_value=probe.status)
            ],
        ),
        content_matchers=None
        if probe.content is None
        else [gcp.monitoring.UptimeCheckConfigContentMatcherArgs(content=probe.content, matcher="CONTAINS_STRING")],
        monitored_resource=gcp.monitoring.UptimeCheckConfigMonitoredResourceArgs(
            type="uptime_url", labels={"host": probe.host, "project_id": project}
        ),
        log_check_failures=True,
        user_labels=component.labels(),
        opts=component.child(),
    )


def _probe_alarm(
    component: Component, probe: Probe, check: gcp.monitoring.UptimeCheckConfig, alerts: AlertTargets
) -> None:
    series = pulumi.Output.format(
        'metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND resource.type="uptime_url"'
        ' AND metric.labels.check_id="{}"',
        check.uptime_check_id,
    )
    condition = probe_failing(f"probe-{probe.name}", series)
    advice = f"https://{probe.host}{probe.path} does not answer {probe.status} as a client would need it."
    own_gcp_alarm(
        component,
        alerts,
        f"probe-{probe.name}",
        advice=advice,
        page=Page.PACKAGES_PROBE,
        conditions=[condition],
        severity="CRITICAL",
    )


def _certificate_alarm(component: Component, settings: PackageServerSettings, alerts: AlertTargets) -> None:
    hosts = f'one_of("{settings.hosts.public}", "{settings.hosts.upload}")'
    series = (
        'metric.type="monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires"'
        f' AND resource.type="uptime_url" AND resource.labels.host={hosts}'
    )
    condition = certificate_expiring("certificate", series, CERTIFICATE_ALERT_DAYS)
    advice = "Google does not renew the certificate: the CNAME of the challenge or the CAA record is wrong."
    own_gcp_alarm(
        component,
        alerts,
        "certificate",
        advice=advice,
        page=Page.PACKAGES_CERTIFICATE,
        conditions=[condition],
        severity="ERROR",
    )


def _own_alarm(
    component: Component,
    alerts: AlertTargets,
    metric: ServerMetric,
    advice: str,
    *,
    page: Page,
    limit: float,
    below: bool = False,
) -> None:
    series = _own_series(component, _descriptor(component, metric))
    what = metric.removeprefix("package_").rsplit("_", 1)[0].replace("_", "-")
    condition = _threshold(what, series, limit, below=below)
    own_gcp_alarm(component, alerts, what, advice=advice, page=page, conditions=[condition], severity="ERROR")


def _key_alarms(component: Component, alerts: AlertTargets) -> None:
    series = _own_series(component, _descriptor(component, ServerMetric.KEY_DAYS_LEFT))
    for days, severity in zip(KEY_ALERT_DAYS, ("WARNING", "ERROR", "CRITICAL"), strict=True):
        advice = f"A signing key expires within {days} days: extend it, publish it, tell users to fetch it again."
        what = f"key-{days}-days"
        condition = _threshold(what, series, days, below=True)
        own_gcp_alarm(
            component, alerts, what, advice=advice, page=Page.PACKAGES_KEYS, conditions=[condition], severity=severity
        )


def _descriptor(component: Component, metric: ServerMetric) -> gcp.monitoring.MetricDescriptor:
    """An alarm on a metric that nobody has written yet is refused, so the metric is declared first."""
    return gcp.monitoring.MetricDescriptor(
        f"{component.name}-{metric}",
        type=metric_type(metric),
        display_name=metric,
        description=f"Package server: {metric.replace('_', ' ')}",
        metric_kind="GAUGE",
        value_type="DOUBLE",
        labels=[gcp.monitoring.MetricDescriptorLabelArgs(key=MACHINE_LABEL, value_type="STRING")],
        opts=component.child(),
    )


def _own_series(component: Component, descriptor: gcp.monitoring.MetricDescriptor) -> pulumi.Output[str]:
    return own_series(descriptor.type, component.name)


def _threshold(
    what: str, series: pulumi.Output[str], limit: float, *, below: bool
) -> gcp.monitoring.AlertPolicyConditionArgs:
    return outside(what, series, limit, seconds=900, period_seconds=600, below=below)
