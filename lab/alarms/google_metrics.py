"""Metrics that Google makes, and of which registered resources: an alarm on anything else sees nothing."""

from collections.abc import Iterator

from capture import Capture, Registration
from lab.alarms.cloud_metric import CloudMetric, MadeSeries
from lab.alarms.google_alarms import project_of
from lab.alarms.reading import mapping, text
from lab.alarms.written import Series
from lab.placement import output

INSTANCE = "gcp:compute/instance:Instance"
GROUP = "gcp:compute/instanceGroupManager:InstanceGroupManager"
CHECK = "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig"

_METRICS = "Cloud Monitoring, Google Cloud metrics; 2026-11-28"
_OF_INSTANCE = ("metric.instance_name", "resource.type", "resource.project_id", "resource.zone", "resource.instance_id")
_OF_GROUP = (
    "resource.type",
    "resource.project_id",
    "resource.location",
    "resource.instance_group_id",
    "resource.instance_group_name",
)
_OF_CHECK = ("metric.check_id", "metric.checker_location", "resource.type", "resource.project_id", "resource.host")

UPTIME = CloudMetric("compute.googleapis.com/instance/uptime_total", _OF_INSTANCE, 60, _METRICS)
"""Seconds since the VM was started, measured by the hypervisor. A stopped one has none."""

SIZE = CloudMetric("compute.googleapis.com/instance_group/size", _OF_GROUP, 60, _METRICS)

PASSED = CloudMetric("monitoring.googleapis.com/uptime_check/check_passed", _OF_CHECK, 60, _METRICS)
"""A boolean from each place in the world."""

CERTIFICATE_DAYS = CloudMetric(
    "monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires", _OF_CHECK, 60, _METRICS
)
"""Days, from each place in the world."""

METRICS = (UPTIME, SIZE, PASSED, CERTIFICATE_DAYS)

PLACES = ("apac-singapore", "eur-belgium", "sa-brazil-sao_paulo", "usa-iowa", "usa-oregon", "usa-virginia")
"""From which a check asks that names none (Cloud Monitoring, "List uptime-check server IP addresses"; 2026-11-28)."""


def made_by_google(capture: Capture) -> Iterator[MadeSeries]:
    """All series that Google makes of what is registered; a group has one VM here."""
    for entry in capture.of_type(INSTANCE):
        identifier = output(capture, entry, "instanceId")
        yield _uptime(entry, capture, text(entry.inputs.get("name")), identifier)
    for entry in capture.of_type(GROUP):
        yield _uptime(entry, capture, f"{text(entry.inputs.get('baseInstanceName'))}-0lab", "9000000000000000000")
        yield MadeSeries(entry.urn, _size(entry, capture), SIZE.seconds)
    for entry in capture.of_type(CHECK):
        for made in (PASSED, CERTIFICATE_DAYS):
            for place in PLACES:
                yield MadeSeries(entry.urn, _probe(entry, capture, made, place), made.seconds)


def _uptime(entry: Registration, capture: Capture, name: str, identifier: str) -> MadeSeries:
    project = project_of(entry, capture)
    zone = text(entry.inputs.get("zone"))
    values = (name, "gce_instance", project, zone, identifier)
    labels = dict(zip(UPTIME.labels, values, strict=True))
    return MadeSeries(entry.urn, Series.of(project, UPTIME.metric, labels), UPTIME.seconds)


def _size(entry: Registration, capture: Capture) -> Series:
    project = project_of(entry, capture)
    values = ("instance_group", project, text(entry.inputs.get("zone")), "0", text(entry.inputs.get("name")))
    return Series.of(project, SIZE.metric, dict(zip(SIZE.labels, values, strict=True)))


def _probe(entry: Registration, capture: Capture, made: CloudMetric, place: str) -> Series:
    project = project_of(entry, capture)
    monitored = mapping(entry.inputs.get("monitoredResource"))
    host = text(mapping(monitored.get("labels")).get("host"))
    values = (output(capture, entry, "uptimeCheckId"), place, text(monitored.get("type")), project, host)
    return Series.of(project, made.metric, dict(zip(made.labels, values, strict=True)))
