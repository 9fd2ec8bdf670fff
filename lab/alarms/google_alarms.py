"""Alert policies of Cloud Monitoring."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from lab.alarms.google_conditions import Condition, ConditionWatch, absence_of, log_line_of, threshold_of
from lab.alarms.google_queries import query_of
from lab.alarms.reading import listed, mapping, text, where
from lab.alarms.written import Series, Written
from lab.errors import LabError
from lab.followed import known_alone

POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"

READERS: Mapping[str, Callable[[Mapping[str, Value], str, str], Condition]] = {
    "conditionThreshold": threshold_of,
    "conditionAbsent": absence_of,
    "conditionMatchedLog": log_line_of,
    "conditionPrometheusQueryLanguage": query_of,
}
COMBINERS: Mapping[str, Callable[[list[bool]], bool]] = {"OR": any, "AND": all}
KNOWN = ("displayName", "combiner", "conditions", "notificationChannels", "documentation", "severity", "enabled")
SILENT_KINDS = ("alertStrategy", "project", "userLabels")
"""What says nothing about when it rings: alertStrategy bounds how often it tells, and when it closes."""


@dataclass(frozen=True)
class GoogleAlarm:
    """An alert policy."""

    registration: Registration
    combiner: str
    conditions: tuple[Condition, ...]

    def watch(self) -> "GoogleWatch":
        """A new one."""
        return GoogleWatch(self)

    def watches(self, series: Series) -> bool:
        """Those of all its conditions."""
        return any(condition.watches(series) for condition in self.conditions)

    @property
    def is_about_a_value(self) -> bool:
        """Whether one of its conditions is."""
        return any(condition.is_about_a_value for condition in self.conditions)


class GoogleWatch:
    """A policy at work."""

    def __init__(self, alarm: GoogleAlarm) -> None:
        self._combine = COMBINERS[alarm.combiner]
        self._conditions: tuple[ConditionWatch, ...] = tuple(each.watch() for each in alarm.conditions)

    def look(self, written: Written, now: int) -> bool:
        """All conditions first, so that each sees every minute."""
        return self._combine([condition.met(written, now) for condition in self._conditions])


def google_alarm(entry: Registration, capture: Capture) -> GoogleAlarm:
    """Reads a registered policy. Raises LabError for what cannot be evaluated."""
    known_alone(entry.inputs, (*KNOWN, *SILENT_KINDS), where(entry))
    combiner = text(entry.inputs.get("combiner"))
    if combiner not in COMBINERS:
        raise LabError(f"{where(entry)}: the lab cannot combine by {combiner}")
    conditions = [_condition(mapping(each), project_of(entry, capture), entry) for each in _conditions(entry)]
    return GoogleAlarm(entry, combiner, tuple(conditions))


def project_of(entry: Registration, capture: Capture) -> str:
    """The project of an alarm, a machine or a channel: that of its provider unless it says another."""
    return text(entry.inputs.get("project")) or text(capture.by_urn[entry.provider].inputs.get("project"))


def _conditions(entry: Registration) -> tuple[Value, ...]:
    conditions = listed(entry.inputs.get("conditions"))
    if not conditions:
        raise LabError(f"{where(entry)} has no condition")
    return conditions


def _condition(values: Mapping[str, Value], project: str, entry: Registration) -> Condition:
    known_alone(values, ("displayName", "name", *READERS), where(entry))
    kinds = [kind for kind in READERS if values.get(kind)]
    if len(kinds) != 1:
        raise LabError(f"{where(entry)}: a condition is of one kind, not of {len(kinds)}")
    return READERS[kinds[0]](mapping(values[kinds[0]]), project, where(entry))
