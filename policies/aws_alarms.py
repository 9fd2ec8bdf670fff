"""Alarms of CloudWatch: somebody hears them, and they watch something that exists, the right way round."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from policies.metric_meanings import AWS_METRICS, COUNTED, MACHINE, OWN_NAMESPACE, OWN_PREFIX, Meaning, own_meaning
from policies.policy import Finding
from policies.values import at, items, mapping, records, related, text, texts

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
INSTANCE = "aws:ec2/instance:Instance"
GROUP = "aws:autoscaling/group:Group"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
TOPIC = "aws:sns/topic:Topic"


@dataclass(frozen=True)
class Series:
    """One series that an alarm looks at."""

    namespace: str
    metric: str
    dimensions: Mapping[str, Value]
    statistic: str
    alone: bool
    """False for a part of an expression, whose direction nobody can read from a part."""


def alarms_on_aws_are_heard(capture: Capture) -> Iterator[Finding]:
    """An alarm that tells nobody is found after the loss that it was for."""
    halves = {urn for alarm in capture.of_type(COMPOSITE) for urn in alarm.property_dependencies.get("alarmRule", ())}
    heard = {text(entry.inputs.get("topic")) for entry in capture.of_type(SUBSCRIPTION)}
    for alarm in (*capture.of_type(ALARM), *capture.of_type(COMPOSITE)):
        actions = items(alarm.inputs.get("alarmActions"))
        if alarm.inputs.get("actionsEnabled") is False:
            yield Finding(alarm, "its actions are off. HINT: leave actions_enabled out")
        elif not actions and alarm.urn not in halves:
            yield Finding(alarm, "tells nobody. HINT: alarm_actions with the topic of the people on call")
        elif not all(action in heard for action in actions if isinstance(action, str)):
            yield Finding(alarm, "goes where nobody listens. HINT: a topic with a TopicSubscription")
        elif not all(related(capture, topic, "topic", SUBSCRIPTION) for topic in _topics(capture, alarm)):
            yield Finding(alarm, "goes to a topic that nobody is subscribed to. HINT: a TopicSubscription")


def alarms_on_aws_watch_what_exists(capture: Capture) -> Iterator[Finding]:
    """CloudWatch takes an alarm on anything, and one on a name that nobody writes stays silent, or rings for ever."""
    for alarm in capture.of_type(ALARM):
        for series in _series(alarm):
            if wrong := _not_there(capture, alarm, series):
                yield Finding(alarm, f"{wrong}. HINT: metric and dimensions as they are written")


def alarms_on_aws_ring_when_it_gets_worse(capture: Capture) -> Iterator[Finding]:
    """Turned round, an alarm rings while all is well; the mean of a period hides the worst of it."""
    for alarm in capture.of_type(ALARM):
        for series in _series(alarm):
            meaning = _meaning(capture, series)
            if meaning is None or not series.alone:
                continue
            upward = text(alarm.inputs.get("comparisonOperator")).startswith("GreaterThan")
            if upward is not meaning.higher_is_worse:
                better = "GreaterThanThreshold" if meaning.higher_is_worse else "LessThanThreshold"
                yield Finding(alarm, f"rings when {series.metric} gets better. HINT: {better}")
            if series.statistic not in meaning.statistics:
                fitting = " or ".join(meaning.statistics)
                yield Finding(alarm, f"{series.statistic or 'no statistic'} hides the worst value. HINT: {fitting}")


def _topics(capture: Capture, alarm: Registration) -> tuple[Registration, ...]:
    urns = alarm.property_dependencies.get("alarmActions", ())
    return tuple(topic for topic in capture.of_type(TOPIC) if topic.urn in urns)


def _series(alarm: Registration) -> Iterator[Series]:
    inputs = alarm.inputs
    if "metricName" in inputs or "metricQueries" not in inputs:
        yield _one(inputs, text(inputs.get("statistic")), alone=True)
    for query in records(inputs.get("metricQueries")):
        if (metric := mapping(query.get("metric"))) or "expression" not in query:
            yield _one(metric, text(metric.get("stat")), alone=False)


def _one(values: Mapping[str, Value], statistic: str, *, alone: bool) -> Series:
    namespace, metric = text(values.get("namespace")), text(values.get("metricName"))
    return Series(namespace, metric, mapping(values.get("dimensions")), statistic, alone)


def _not_there(capture: Capture, alarm: Registration, series: Series) -> str:
    """What of a series nobody writes; empty where all of it is there."""
    key = AWS_METRICS.get((series.namespace, series.metric), ("", None))[0]
    if series.namespace == OWN_NAMESPACE:
        return _not_written(capture, series)
    if not key:
        return "" if _is_counted(capture, series) else f"nothing writes {series.namespace} {series.metric}"
    if set(series.dimensions) != {key}:
        return f"{series.metric} has the dimension {key} and no other"
    value = series.dimensions[key]
    if key == "InstanceId":
        named = alarm.property_dependencies.get("dimensions", ())
        known = [entry for entry in capture.of_type(INSTANCE) if entry.urn in named]
        there = any(not entry.id or entry.id == value or not isinstance(value, str) for entry in known)
        return "" if there else f"no instance is {value}"
    groups = [entry for entry in capture.of_type(GROUP) if entry.inputs.get("name") == value]
    if isinstance(value, str) and not groups:
        return f"no group is {value}"
    if not all(series.metric in texts(group.inputs.get("enabledMetrics")) for group in groups):
        return f"the group does not collect {series.metric}"
    return ""


def _not_written(capture: Capture, series: Series) -> str:
    """Machines of both clouds write the same metrics, and those of Google are declared."""
    declared = {
        text(entry.inputs.get("type")) for entry in capture.of_type("gcp:monitoring/metricDescriptor:MetricDescriptor")
    }
    if f"{OWN_PREFIX}{series.metric}" not in declared:
        return f"no machine writes {series.metric}"
    machine = series.dimensions.get(MACHINE)
    if set(series.dimensions) != {MACHINE}:
        return f"{series.metric} has the dimension {MACHINE} and no other"
    return "" if machine in {entry.name for entry in capture.of_type(INSTANCE)} else f"no machine is called {machine}"


def _is_counted(capture: Capture, series: Series) -> bool:
    """Whether a filter of a log counts it."""
    filters = capture.of_type("aws:cloudwatch/logMetricFilter:LogMetricFilter")
    made = [mapping(at(entry.inputs, "metricTransformation")) for entry in filters]
    return not series.dimensions and any(
        one.get("namespace") == series.namespace and one.get("name") == series.metric for one in made
    )


def _meaning(capture: Capture, series: Series) -> Meaning | None:
    if series.namespace == OWN_NAMESPACE:
        return own_meaning(series.metric)
    if _is_counted(capture, series):
        return COUNTED
    return AWS_METRICS.get((series.namespace, series.metric), ("", None))[1]
