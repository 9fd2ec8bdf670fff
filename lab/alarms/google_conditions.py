"""Conditions of alert policies: a threshold, an absence, a line of a log.

Cloud Monitoring, "Behavior of metric-based alerting policies", and its API v3, AlertPolicy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from capture import Value
from lab.alarms.google_filters import ALIGNERS, REDUCERS, Filter, Group, filter_of, grouped
from lab.alarms.google_log_filters import LogFilter, log_filter
from lab.alarms.reading import listed, mapping, number, seconds, text
from lab.alarms.written import Series, Written
from lab.errors import LabError
from lab.followed import known_alone

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "COMPARISON_GT": lambda value, limit: value > limit,
    "COMPARISON_GE": lambda value, limit: value >= limit,
    "COMPARISON_LT": lambda value, limit: value < limit,
    "COMPARISON_LE": lambda value, limit: value <= limit,
}
ACTIVE, INACTIVE = "EVALUATION_MISSING_DATA_ACTIVE", "EVALUATION_MISSING_DATA_INACTIVE"
NO_OPINION = ("", "EVALUATION_MISSING_DATA_UNSPECIFIED", "EVALUATION_MISSING_DATA_NO_OP")


class Condition(Protocol):
    """What a policy looks at."""

    def watch(self) -> "ConditionWatch":
        """A new one that has seen nothing yet."""
        ...

    def watches(self, series: Series) -> bool:
        """Whether it looks at this series."""
        ...

    @property
    def is_about_a_value(self) -> bool:
        """Whether something that is written can meet it, and not only what is not."""
        ...


class ConditionWatch(Protocol):
    """A condition at work."""

    def met(self, written: Written, now: int) -> bool:
        """Whether it is met at `now`; called once a minute, in order."""
        ...


@dataclass(frozen=True)
class Aggregation:
    """What is made of the points of the series."""

    period: int
    aligner: str
    reducer: str
    """Empty where each series is judged by itself."""
    fields: tuple[str, ...]

    def values(self, written: Written, series: Filter, now: int) -> dict[Group, float | None]:
        """The value of each group that there ever was, None without data; the period ends at `now`."""
        found: dict[Group, list[float]] = {}
        for each in written.matching(series):
            if written.last_time(each, now) is not None:
                group = grouped(each, self.fields) if self.reducer else tuple(map(str, each.labels))
                points = written.between(each, now - self.period, now)
                found.setdefault(group, []).extend([ALIGNERS[self.aligner](points)] if points else [])
        reduce = REDUCERS[self.reducer] if self.reducer else max
        return {group: reduce(values) if values else None for group, values in found.items()}


@dataclass(frozen=True)
class Threshold:
    """A value beyond a limit for a while."""

    series: Filter
    aggregation: Aggregation
    comparison: str
    limit: float
    duration: int
    missing: str

    def watch(self) -> "ThresholdWatch":
        """A new one."""
        return ThresholdWatch(self)

    def watches(self, series: Series) -> bool:
        """Those that its filter means."""
        return self.series.matches(series)

    @property
    def is_about_a_value(self) -> bool:
        """It is."""
        return True


class ThresholdWatch:
    """For each group, since when it is beyond the limit."""

    def __init__(self, threshold: Threshold) -> None:
        self._threshold = threshold
        self._since: dict[Group, int] = {}

    def met(self, written: Written, now: int) -> bool:
        """A value within the limit begins the while anew."""
        rings = False
        for group, value in self._threshold.aggregation.values(written, self._threshold.series, now).items():
            if value is None and self._threshold.missing in NO_OPINION:
                continue
            beyond = self._threshold.missing == ACTIVE if value is None else self._is_beyond(value)
            if not beyond:
                self._since.pop(group, None)
            elif now - self._since.setdefault(group, now) >= self._threshold.duration:
                rings = True
        return rings

    def _is_beyond(self, value: float) -> bool:
        return COMPARISONS[self._threshold.comparison](value, self._threshold.limit)


@dataclass(frozen=True)
class Absence:
    """A series that there was says nothing for a while."""

    series: Filter
    duration: int

    def watch(self) -> "Absence":
        """It remembers nothing."""
        return self

    def watches(self, series: Series) -> bool:
        """Those that its filter means."""
        return self.series.matches(series)

    @property
    def is_about_a_value(self) -> bool:
        """It is not."""
        return False

    def met(self, written: Written, now: int) -> bool:
        """Never for a series that never began: the condition wants a point after it was made."""
        lasts = [written.last_time(each, now) for each in written.matching(self.series)]
        return any(last is not None and now - last >= self.duration for last in lasts)


@dataclass(frozen=True)
class LogLine:
    """A line of a log that a filter means."""

    scope: str
    filter: LogFilter

    def watch(self) -> "LogWatch":
        """A new one."""
        return LogWatch(self)

    def watches(self, series: Series) -> bool:
        """None: it reads a log."""
        del series
        return False

    @property
    def is_about_a_value(self) -> bool:
        """It is about a line."""
        return True


class LogWatch:
    """A condition on lines at work."""

    def __init__(self, wanted: LogLine) -> None:
        self._wanted = wanted
        self._seen = 0.0

    def met(self, written: Written, now: int) -> bool:
        """For lines that came since it last looked."""
        wanted, before, self._seen = self._wanted, self._seen, float(now)
        return any(
            (line.scope, line.log) == (wanted.scope, wanted.filter.log)
            and wanted.filter.matches(line.text)
            and before < line.time <= now
            for line in written.lines
        )


def threshold_of(values: Mapping[str, Value], scope: str, where: str) -> Threshold:
    """Reads conditionThreshold. Raises LabError for what it cannot evaluate."""
    known = ("filter", "aggregations", "comparison", "thresholdValue", "duration", "evaluationMissingData")
    known_alone(values, known, where)
    comparison, missing = text(values.get("comparison")), text(values.get("evaluationMissingData"))
    if comparison not in COMPARISONS:
        raise LabError(f"{where}: the lab cannot compare by {comparison!r}")
    if missing not in (ACTIVE, INACTIVE, *NO_OPINION):
        raise LabError(f"{where}: the lab knows no {missing}")
    return Threshold(
        series=filter_of(text(values.get("filter")), scope, where),
        aggregation=_aggregation(values, where),
        comparison=comparison,
        # Left out it is 0 (API v3, MetricThreshold).
        limit=number(values.get("thresholdValue", 0), f"{where}: thresholdValue"),
        duration=seconds(values.get("duration"), f"{where}: duration"),
        missing=missing,
    )


def absence_of(values: Mapping[str, Value], scope: str, where: str) -> Absence:
    """Reads conditionAbsent. Raises LabError for what it cannot evaluate."""
    known_alone(values, ("filter", "aggregations", "duration"), where)
    if _aggregation(values, where).reducer:
        raise LabError(f"{where}: the lab knows no absence of several series together")
    series = filter_of(text(values.get("filter")), scope, where)
    return Absence(series, seconds(values.get("duration"), f"{where}: duration"))


def log_line_of(values: Mapping[str, Value], scope: str, where: str) -> LogLine:
    """Reads conditionMatchedLog. Raises LabError for a filter of another form."""
    known_alone(values, ("filter",), where)
    return LogLine(scope, log_filter(text(values.get("filter")), where))


def _aggregation(values: Mapping[str, Value], where: str) -> Aggregation:
    aggregations = listed(values.get("aggregations"))
    if len(aggregations) != 1:
        raise LabError(f"{where} has {len(aggregations)} aggregations, the lab evaluates one")
    given = mapping(aggregations[0])
    known_alone(given, ("alignmentPeriod", "perSeriesAligner", "crossSeriesReducer", "groupByFields"), where)
    aligner, reducer = text(given.get("perSeriesAligner")), text(given.get("crossSeriesReducer"))
    if aligner not in ALIGNERS or (reducer and reducer not in REDUCERS):
        raise LabError(f"{where}: the lab cannot aggregate by {aligner} {reducer}")
    fields = tuple(map(text, listed(given.get("groupByFields"))))
    return Aggregation(seconds(given.get("alignmentPeriod"), f"{where}: alignmentPeriod"), aligner, reducer, fields)
