"""Alarms of Cloud Monitoring: somebody hears them, and they watch something that exists, the right way round."""

import re
from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value
from policies.metric_meanings import GCP_METRICS, MACHINE, OWN_PREFIX, Meaning, own_meaning
from policies.policy import Finding
from policies.values import items, mapping, records, text

ALARM = "gcp:monitoring/alertPolicy:AlertPolicy"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
CHECK = "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig"
DESCRIPTOR = "gcp:monitoring/metricDescriptor:MetricDescriptor"
GROUP = "gcp:compute/instanceGroupManager:InstanceGroupManager"
INSTANCE = "gcp:compute/instance:Instance"

METRIC_TYPE = re.compile(r'metric\.type="([^"]+)"')
TERM = re.compile(r'(metric|resource)\.labels\.(\w+)=(?:(starts_with|one_of)\()?("[^)]*?"(?:, "[^"]*")*)\)?(?= AND |$)')
"""One comparison of a label in a filter: its kind, name, function and values."""


def alarms_on_gcp_are_heard(capture: Capture) -> Iterator[Finding]:
    """An alarm that tells nobody is found after the loss that it was for."""
    channels = {entry.urn: entry for entry in capture.of_type(CHANNEL)}
    for channel in channels.values():
        if channel.inputs.get("enabled") is False or not any(mapping(channel.inputs.get("labels")).values()):
            yield Finding(channel, "reaches nobody. HINT: an address in labels, and enabled left out")
    for alarm in capture.of_type(ALARM):
        told = items(alarm.inputs.get("notificationChannels"))
        named = alarm.property_dependencies.get("notificationChannels", ())
        if alarm.inputs.get("enabled") is False:
            yield Finding(alarm, "is off. HINT: leave enabled out")
        elif not told or not channels.keys() & set(named):
            yield Finding(alarm, "tells nobody. HINT: notification_channels of its project")


def alarms_on_gcp_watch_what_exists(capture: Capture) -> Iterator[Finding]:
    """Google refuses an unknown type alone: one on a machine or label that nobody writes is taken, and stays silent."""
    for alarm in capture.of_type(ALARM):
        if not items(alarm.inputs.get("conditions")):
            yield Finding(alarm, "looks at nothing. HINT: a condition")
        for condition in filtered_conditions(alarm):
            series = text(condition.get("filter"))
            if series and (wrong := _not_there(capture, alarm, series)):
                yield Finding(alarm, f"{wrong}. HINT: metric and labels as they are written")


def alarms_on_gcp_ring_when_it_gets_worse(capture: Capture) -> Iterator[Finding]:
    """Turned round, an alarm rings while all is well; the mean of a period hides the worst of it."""
    for alarm in capture.of_type(ALARM):
        for condition in filtered_conditions(alarm):
            meaning, comparison = _meaning(text(condition.get("filter"))), condition.get("comparison")
            if meaning is None or comparison is None:
                continue
            wanted = "COMPARISON_GT" if meaning.higher_is_worse else "COMPARISON_LT"
            if comparison != wanted:
                yield Finding(alarm, f"rings when it gets better. HINT: {wanted}")
            aggregations = list(records(condition.get("aggregations")))
            used = {text(each.get(key)) for each in aggregations for key in ("perSeriesAligner", "crossSeriesReducer")}
            if not used & set(meaning.aligners):
                yield Finding(alarm, f"its aggregation hides the worst value. HINT: {' or '.join(meaning.aligners)}")


def filtered_conditions(alarm: Registration) -> Iterator[Mapping[str, Value]]:
    """The conditions of an alarm that look at series through a filter, whatever their kind."""
    for condition in records(alarm.inputs.get("conditions")):
        for kind in ("conditionThreshold", "conditionAbsent"):
            if kind in condition:
                yield mapping(condition[kind])


def _type(series: str) -> str:
    found = METRIC_TYPE.search(series)
    return found[1] if found else ""


def _meaning(series: str) -> Meaning | None:
    metric = _type(series)
    return own_meaning(metric.removeprefix(OWN_PREFIX)) if metric.startswith(OWN_PREFIX) else GCP_METRICS.get(metric)


def _not_there(capture: Capture, alarm: Registration, series: str) -> str:
    """What of a filter nobody writes; empty where all of it is there."""
    metric = _type(series)
    if not metric.startswith(OWN_PREFIX) and metric not in GCP_METRICS:
        return f"nothing writes {metric or 'what it looks at'}"
    labels = _labels(series)
    if metric.startswith(OWN_PREFIX):
        return _not_declared(capture, metric, labels)
    named = alarm.property_dependencies.get("conditions", ())
    match metric.rpartition("/")[2]:
        case "size":
            missing = labels.get("instance_group_name", ()) or ("no name",)
            groups = {text(entry.inputs.get("name")) for entry in capture.of_type(GROUP)}
            return ", ".join(f"no group is called {name}" for name in missing if name not in groups)
        case "uptime_total":
            prefixes = labels.get("instance_name", ())
            workers = [text(entry.inputs.get("baseInstanceName")) for entry in capture.of_type(GROUP)]
            of_machine = "instance_id" in labels and any(entry.urn in named for entry in capture.of_type(INSTANCE))
            known = prefixes and all(any(name.startswith(each) for name in workers) for each in prefixes)
            return "" if known or of_machine else "no machine is meant by its labels"
        case _:
            hosts = {text(mapping(_resource(entry).get("labels")).get("host")) for entry in capture.of_type(CHECK)}
            meant = labels.get("host", ())
            probed = any(entry.urn in named for entry in capture.of_type(CHECK)) and "check_id" in labels
            return "" if probed or (meant and set(meant) <= hosts) else "no probe is meant by its labels"


def _resource(check: Registration) -> Mapping[str, Value]:
    return mapping(check.inputs.get("monitoredResource"))


def _labels(series: str) -> dict[str, tuple[str, ...]]:
    return {found[2]: tuple(re.findall(r'"([^"]*)"', found[4])) for found in TERM.finditer(series)}


def _not_declared(capture: Capture, metric: str, labels: Mapping[str, tuple[str, ...]]) -> str:
    declared = [entry for entry in capture.of_type(DESCRIPTOR) if entry.inputs.get("type") == metric]
    if not declared:
        return f"no machine writes {metric.removeprefix(OWN_PREFIX)}"
    keys = {text(label.get("key")) for label in records(declared[0].inputs.get("labels"))}
    if not labels.keys() <= keys or MACHINE not in labels:
        return f"{metric.removeprefix(OWN_PREFIX)} has the label {MACHINE} and no other"
    machines = {entry.name for entry in capture.of_type(INSTANCE)}
    return ", ".join(f"no machine is called {name}" for name in labels[MACHINE] if name not in machines)
