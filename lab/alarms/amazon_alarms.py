"""Metric alarms of CloudWatch: on one series, or on an expression over several."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from lab.alarms.amazon_state import COMPARISONS, Judgement, Missing
from lab.alarms.reading import listed, mapping, number, text, where
from lab.alarms.written import Series, Written
from lab.errors import LabError
from lab.followed import known_alone

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"

STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
    "SampleCount": len,
    "Average": lambda values: sum(values) / len(values),
}
ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda first, second: first + second,
    ast.Sub: lambda first, second: first - second,
    ast.Mult: lambda first, second: first * second,
}
WATCHED = ("namespace", "metricName", "dimensions", "statistic", "period", "metricQueries")
JUDGED = ("comparisonOperator", "threshold", "evaluationPeriods", "datapointsToAlarm", "treatMissingData")
TOLD = ("name", "alarmDescription", "actionsEnabled", "alarmActions", "okActions", "insufficientDataActions", "region")


@dataclass(frozen=True)
class Statistic:
    """What is made of one series in each period."""

    series: Series
    statistic: str
    period: int

    def at(self, written: Written, end: int) -> float | None:
        """The value of the period that ends at `end`; None without data."""
        values = written.between(self.series, end - self.period, end)
        return STATISTICS[self.statistic](values) if values else None


@dataclass(frozen=True)
class AmazonAlarm:
    """A metric alarm."""

    registration: Registration
    statistics: Mapping[str, Statistic]
    """By the names that the expression uses."""
    expression: ast.expr
    judgement: Judgement
    period: int

    @property
    def name(self) -> str:
        """The physical one, by which composite alarms know it."""
        return text(self.registration.inputs.get("name"))

    def watch(self) -> "AmazonWatch":
        """A new one."""
        return AmazonWatch(self)

    def watches(self, series: Series) -> bool:
        """Those of its expression: all dimensions alike, none more."""
        return any(each.series == series for each in self.statistics.values())

    @property
    def is_about_a_value(self) -> bool:
        """It is."""
        return True

    def value_at(self, written: Written, end: int) -> float | None:
        """What is compared with the threshold; None where a part of it is missing."""
        parts = {name: each.at(written, end) for name, each in self.statistics.items()}
        return _computed(self.expression, parts, where(self.registration))


class AmazonWatch:
    """A metric alarm at work."""

    def __init__(self, alarm: AmazonAlarm) -> None:
        self._alarm = alarm

    def look(self, written: Written, now: int) -> bool:
        """Judges the periods that have ended."""
        last, period = now - now % self._alarm.period, self._alarm.period
        ends = range(last - (self._alarm.judgement.fetched - 1) * period, last + 1, period)
        return self._alarm.judgement.is_alarm([self._alarm.value_at(written, end) for end in ends])


def amazon_alarm(entry: Registration, capture: Capture) -> AmazonAlarm:
    """Reads a registered alarm. Raises LabError for what cannot be evaluated."""
    known_alone(entry.inputs, (*WATCHED, *JUDGED, *TOLD, "tags", "tagsAll"), where(entry))
    scope = region_of(entry, capture)
    if "metricQueries" in entry.inputs:
        statistics, expression = _queries(entry, scope)
    else:
        statistics = {"value": _statistic(entry.inputs, entry.inputs.get("statistic"), scope, where(entry))}
        expression = ast.parse("value", mode="eval").body
    periods = {each.period for each in statistics.values()}
    if len(periods) != 1:
        raise LabError(f"{where(entry)} has series of different periods: {sorted(periods)}")
    return AmazonAlarm(entry, statistics, expression, _judgement(entry), periods.pop())


def region_of(entry: Registration, capture: Capture) -> str:
    """The region of an alarm or a machine, which is that of its provider unless it says another."""
    return text(entry.inputs.get("region")) or text(capture.by_urn[entry.provider].inputs.get("region"))


def _judgement(entry: Registration) -> Judgement:
    inputs = entry.inputs
    comparison = text(inputs.get("comparisonOperator"))
    if comparison not in COMPARISONS:
        raise LabError(f"{where(entry)}: the lab cannot compare by {comparison!r}")
    missing = text(inputs.get("treatMissingData")) or "missing"
    if missing not in list(Missing):
        raise LabError(f"{where(entry)} takes silence for {missing!r}. HINT: {' or '.join(Missing)}")
    periods = int(number(inputs.get("evaluationPeriods"), f"evaluationPeriods of {where(entry)}"))
    to_alarm = inputs.get("datapointsToAlarm") or periods
    return Judgement(
        comparison,
        number(inputs.get("threshold"), f"threshold of {where(entry)}"),
        periods,
        int(number(to_alarm, f"datapointsToAlarm of {where(entry)}")),
        Missing(missing),
    )


def _queries(entry: Registration, scope: str) -> tuple[dict[str, Statistic], ast.expr]:
    """The series by name, and the one expression that returns data."""
    statistics: dict[str, Statistic] = {}
    returned: list[str] = []
    for query in map(mapping, listed(entry.inputs.get("metricQueries"))):
        known_alone(query, ("id", "metric", "expression", "label", "returnData"), where(entry))
        metric = mapping(query.get("metric"))
        if metric:
            known_alone(metric, (*WATCHED, "stat"), where(entry))
            statistics[text(query.get("id"))] = _statistic(metric, metric.get("stat"), scope, where(entry))
        if query.get("returnData") is True:
            returned.append(text(query.get("expression")) or text(query.get("id")))
    if len(returned) != 1:
        raise LabError(f"{where(entry)}: {len(returned)} queries return data, CloudWatch wants one")
    return statistics, ast.parse(returned[0], mode="eval").body


def _statistic(values: Mapping[str, Value], statistic: Value, scope: str, alarm: str) -> Statistic:
    name = text(statistic)
    if name not in STATISTICS:
        raise LabError(f"{alarm}: the lab has no statistic {name!r}")
    dimensions = {key: text(value) for key, value in mapping(values.get("dimensions")).items()}
    metric = f"{text(values.get('namespace'))}/{text(values.get('metricName'))}"
    return Statistic(
        Series.of(scope, metric, dimensions), name, int(number(values.get("period"), f"period of {alarm}"))
    )


def _computed(node: ast.expr, parts: Mapping[str, float | None], alarm: str) -> float | None:
    match node:
        case ast.Name(id=name) if name in parts:
            return parts[name]
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in ARITHMETIC:
            first, second = _computed(left, parts, alarm), _computed(right, parts, alarm)
            return None if first is None or second is None else ARITHMETIC[type(sign)](first, second)
        case _:
            raise LabError(f"{alarm}: the lab cannot compute {ast.unparse(node)}")
