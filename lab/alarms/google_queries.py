"""Conditions by a query of Prometheus: the one function in use, which asks for what is not there.

`test_the_query_is_read_as_prometheus_reads_it` holds it against promtool.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from capture import Value
from lab.alarms.reading import seconds, text
from lab.alarms.written import Series, Written
from lab.errors import LabError
from lab.followed import known_alone

ABSENT = re.compile(r"absent_over_time\(([a-zA-Z_:][\w:]*)\{([^{}]*)\}\[(\d+)m\]\)")
MATCHER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Absent:
    """Nothing of a metric with these labels for some minutes."""

    scope: str
    metric: str
    labels: tuple[tuple[str, str], ...]
    seconds: int

    def holds(self, written: Written, now: int) -> bool:
        """Also where it never began."""
        return not any(written.between(series, now - self.seconds, now) for series in written.matching(self))

    def matches(self, series: Series) -> bool:
        """Whether it is one of those that it asks for."""
        labels = prometheus_labels(series)
        return (series.scope, mapped(series.metric)) == (self.scope, self.metric) and all(
            labels.get(name) == value for name, value in self.labels
        )


@dataclass(frozen=True)
class Query:
    """Any of several things is not there for a while."""

    parts: tuple[Absent, ...]
    duration: int

    def watch(self) -> "QueryWatch":
        """A new one."""
        return QueryWatch(self)

    def watches(self, series: Series) -> bool:
        """Those that it asks for."""
        return any(part.matches(series) for part in self.parts)

    @property
    def is_about_a_value(self) -> bool:
        """It is not."""
        return False


class QueryWatch:
    """Since when something is not there; each part has labels of its own, so each has a while of its own."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._since: dict[Absent, int] = {}

    def met(self, written: Written, now: int) -> bool:
        """Whether one part held for the whole duration."""
        rings = False
        for part in self._query.parts:
            if not part.holds(written, now):
                self._since.pop(part, None)
            elif now - self._since.setdefault(part, now) >= self._query.duration:
                rings = True
        return rings


def query_of(values: Mapping[str, Value], scope: str, where: str) -> Query:
    """Reads conditionPrometheusQueryLanguage. Raises LabError for another query."""
    known_alone(values, ("query", "duration", "evaluationInterval", "disableMetricValidation"), where)
    parts: list[Absent] = []
    for part in text(values.get("query")).split(" or "):
        found = ABSENT.fullmatch(part.strip())
        matchers = found[2].split(",") if found else []
        pairs = [MATCHER.fullmatch(matcher.strip()) for matcher in matchers]
        if found is None or not all(pairs):
            raise LabError(f"{where}: the lab cannot read {part!r} in a query")
        labels = tuple((pair[1], pair[2]) for pair in pairs if pair)
        parts.append(Absent(scope, found[1], labels, int(found[3]) * 60))
    return Query(tuple(parts), seconds(values.get("duration"), f"{where}: duration"))


def mapped(metric_type: str) -> str:
    """A metric's name in a query: a colon for the first slash, else underscores (Google, "PromQL for Monitoring")."""
    domain, _, path = metric_type.partition("/")
    return ":".join(re.sub(r"\W", "_", part) for part in (domain, path))


def prometheus_labels(series: Series) -> dict[str, str]:
    """Labels as a query knows them: without `metric.` or `resource.`, the resource's type as monitored_resource."""
    names = {"resource.type": "monitored_resource"}
    return {names.get(name, name.partition(".")[2]): value for name, value in series.labels}
