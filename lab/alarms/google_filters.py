"""Filters of Cloud Monitoring: terms joined by AND, of the few forms that alarms use."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.alarms.written import Series
from lab.errors import LabError

TERM = re.compile(
    r"""(?P<left>metric\.type|resource\.type|(?:metric|resource)\.labels?\.\w+)\s*=\s*"""
    r"""(?:(?P<function>one_of|starts_with)\((?P<listed>[^()]*)\)|(?P<value>"[^"]*"))"""
)
QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class Term:
    """One comparison."""

    label: str
    """As in Series.labels; `metric.type` for the type."""
    function: str
    """Empty for equality."""
    values: tuple[str, ...]

    def holds(self, value: str | None) -> bool:
        """A label that is not there equals nothing."""
        if value is None:
            return False
        return value.startswith(self.values[0]) if self.function == "starts_with" else value in self.values


@dataclass(frozen=True)
class Filter:
    """Which series of a project are meant."""

    scope: str
    terms: tuple[Term, ...]

    def matches(self, series: Series) -> bool:
        """Whether all terms hold."""
        values = {**dict(series.labels), "metric.type": series.metric}
        return series.scope == self.scope and all(term.holds(values.get(term.label)) for term in self.terms)


def filter_of(written: str, scope: str, where: str) -> Filter:
    """Reads a filter. Raises LabError for what is not of the forms above."""
    terms: list[Term] = []
    for part in re.split(r"\s+AND\s+", written.strip()):
        found = TERM.fullmatch(part)
        if found is None:
            raise LabError(f"{where}: the lab cannot read {part!r} in a filter")
        label = re.sub(r"\.labels?\.", ".", found["left"])
        values = tuple(QUOTED.findall(found["listed"] or found["value"] or ""))
        terms.append(Term(label, found["function"] or "", values))
    return Filter(scope, tuple(terms))


Group = tuple[str | None, ...]
"""Values of the labels that series are grouped by."""


def grouped(series: Series, fields: tuple[str, ...]) -> Group:
    """The group of a series."""
    labels: Mapping[str, str] = dict(series.labels)
    return tuple(labels.get(re.sub(r"\.labels?\.", ".", field)) for field in fields)


Reduce = Callable[[list[float]], float]

ALIGNERS: Mapping[str, Reduce] = {
    "ALIGN_MAX": max,
    "ALIGN_MIN": min,
    "ALIGN_MEAN": lambda values: sum(values) / len(values),
    "ALIGN_SUM": sum,
    "ALIGN_COUNT": len,
    # The youngest point of the period, for a period that reaches back from now.
    "ALIGN_NEXT_OLDER": lambda values: values[-1],
}
REDUCERS: Mapping[str, Reduce] = {
    "REDUCE_MAX": max,
    "REDUCE_MIN": min,
    "REDUCE_MEAN": lambda values: sum(values) / len(values),
    "REDUCE_SUM": sum,
    "REDUCE_COUNT": len,
    "REDUCE_COUNT_FALSE": lambda values: sum(value == 0 for value in values),
    "REDUCE_COUNT_TRUE": lambda values: sum(value != 0 for value in values),
}
"""Booleans are written as 0 and 1 (Cloud Monitoring API v3, Aggregation)."""
