"""Metric filters of CloudWatch Logs: lines of a log become points of a metric."""

from collections.abc import Callable

from capture import Capture
from lab.alarms.amazon_alarms import region_of
from lab.alarms.amazon_log_patterns import event_pattern
from lab.alarms.reading import mapping, number, text, where
from lab.alarms.written import Series, Written
from lab.errors import LabError
from lab.followed import known_alone

FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"


def count_lines(capture: Capture, written: Written) -> None:
    """Writes the points that registered filters make of the lines. Raises LabError for a pattern it cannot read."""
    for entry in capture.of_type(FILTER):
        known_alone(entry.inputs, ("name", "logGroupName", "pattern", "metricTransformation", "region"), where(entry))
        made = mapping(entry.inputs.get("metricTransformation"))
        known_alone(made, ("namespace", "name", "value"), where(entry))
        matches, scope = _pattern(text(entry.inputs.get("pattern")), where(entry)), region_of(entry, capture)
        value = text(made.get("value"))
        if not value.isdigit():
            raise LabError(f"{where(entry)} counts {value!r} for a line, and must count a number")
        series = Series.of(scope, f"{text(made.get('namespace'))}/{text(made.get('name'))}", {})
        for line in written.lines:
            if (line.scope, line.log) == (scope, entry.inputs.get("logGroupName")) and matches(line.text):
                written.write(series, line.time, number(int(value), where(entry)))


def _pattern(pattern: str, where_it_is: str) -> Callable[[str], bool]:
    """The two forms in use: a phrase in quotes, which a line must hold as it stands, and one over an event of JSON."""
    if pattern.startswith("{"):
        return event_pattern(pattern, where_it_is)
    if len(pattern) < 3 or pattern[0] != '"' or pattern[-1] != '"' or '"' in pattern[1:-1]:
        raise LabError(f"{where_it_is}: the lab reads a phrase in quotes or an event of JSON, not {pattern!r}")
    return lambda line: pattern[1:-1] in line
