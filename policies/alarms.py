"""Alarms: silence is trouble, whoever is silent and since whenever."""

import re
from collections.abc import Iterator, Mapping

from capture import Capture, Registration
from policies.gcp_alarms import METRIC_TYPE, filtered_conditions
from policies.policy import Finding
from policies.values import at, records, text

AWS_MAY_BE_SILENT: Mapping[str, str] = {
    "AWS/AutoScaling": "asks whether a group has too many workers or too few; one that says nothing has none",
    "Packyard/Audit": "counts events of the trail; no event is good",
    "Packyard/RunnerFleet": "counts lines of a log; no line is good",
}
"""Namespaces of CloudWatch whose alarms may take silence for good, with the reason."""

GCP_MAY_BE_SILENT: Mapping[str, str] = {
    "compute.googleapis.com/instance_group/size": "asks whether a group has too many workers",
    "compute.googleapis.com/instance/uptime_total": "the hypervisor's; a machine that never started writes none of its"
    " own metrics either, and a worker that does not run is not too old",
    "monitoring.googleapis.com/uptime_check/check_passed": "Google's probes write it from the start, answered or not",
    "monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires": "where it is away, the probe itself fails",
}
"""Metric types of Cloud Monitoring that may stay away without an alarm, with the reason."""

MACHINE = re.compile(r'metric\.labels\.machine="([^"]+)"')
ABSENT = re.compile(r'absent_over_time\(([\w:]+)\{[^}]*machine="([^"]+)"[^}]*\}\[')


def silence_rings(capture: Capture) -> Iterator[Finding]:
    """A machine that never came up reports nothing; only an alarm that takes silence for trouble tells of it."""
    for alarm in capture.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"):
        if alarm.inputs.get("treatMissingData") != "breaching" and _namespaces(alarm) - {*AWS_MAY_BE_SILENT}:
            yield Finding(
                alarm,
                'stays quiet while nothing is reported. HINT: treatMissingData "breaching", or a reason in'
                " policies/alarms.py",
            )
    heard = set(_heard(capture))
    for alarm in capture.of_type("gcp:monitoring/alertPolicy:AlertPolicy"):
        for metric_type, machine in sorted({*_watched(alarm)} - heard):
            yield Finding(
                alarm,
                f"stays quiet where {machine or 'nobody'} never began to write {metric_type}. HINT: name it in an"
                " alarm on absent_over_time (components/alerts/gcp_silence.py), or a reason in policies/alarms.py",
            )


def _namespaces(alarm: Registration) -> set[str]:
    queries = [text(at(query, "metric.namespace")) for query in records(alarm.inputs.get("metricQueries"))]
    return {name for name in (text(alarm.inputs.get("namespace")), *queries) if name}


def _watched(alarm: Registration) -> Iterator[tuple[str, str]]:
    """Metric types and machines that the conditions look at. A filter that is not known yet says nothing."""
    for condition in filtered_conditions(alarm):
        series = text(condition.get("filter"))
        found = METRIC_TYPE.search(series)
        if found and found[1] not in GCP_MAY_BE_SILENT:
            machine = MACHINE.search(series)
            yield _mapped(found[1]), machine[1] if machine else ""


def _heard(capture: Capture) -> Iterator[tuple[str, str]]:
    """Metrics and machines whose absence rings somewhere where somebody is told."""
    for alarm in capture.of_type("gcp:monitoring/alertPolicy:AlertPolicy"):
        if alarm.inputs.get("notificationChannels"):
            for condition in records(alarm.inputs.get("conditions")):
                query = text(at(condition, "conditionPrometheusQueryLanguage.query"))
                yield from ((found[1], found[2]) for found in ABSENT.finditer(query))


def _mapped(metric_type: str) -> str:
    """A metric's name in a query: a colon for the first slash, else underscores (Google, "PromQL for Monitoring")."""
    domain, _, path = metric_type.partition("/")
    return ":".join(re.sub(r"\W", "_", part) for part in (domain, path))
