"""The evaluators judge as the clouds' documents say, and refuse what they do not know."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from capture import Value
from lab.alarms import Series, Written, alarms_of
from lab.alarms.amazon_state import Judgement, Missing
from lab.alarms.google_conditions import ACTIVE, INACTIVE, absence_of, log_line_of, threshold_of
from lab.alarms.google_filters import filter_of
from lab.alarms.google_queries import mapped, prometheus_labels, query_of
from lab.alarms.reading import listed, mapping
from lab.errors import LabError
from tests.alerts.promtool import NoPromtoolError, promtool, run
from tests.policies.mutations import Mutation, Pick, change
from tests.support import estate

FILTER = 'metric.type="custom.googleapis.com/packyard/x" AND resource.type="gce_instance"'
X = Series.of("p", "custom.googleapis.com/packyard/x", {"resource.type": "gce_instance", "metric.machine": "m"})
AGGREGATIONS = ({"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_MAX"},)
LIMIT = {
    "filter": FILTER,
    "comparison": "COMPARISON_GT",
    "thresholdValue": 1,
    "duration": "180s",
    "aggregations": AGGREGATIONS,
}


@pytest.mark.parametrize(
    ("points", "breaching", "not_breaching"),
    [
        ("0-X-X", False, False),
        ("0----", False, False),
        ("-----", True, False),
        ("0XX-X", True, True),
        ("--X--", True, False),
    ],
)
def test_missing_points_count_as_in_the_examples_of_cloudwatch(
    points: str, *, breaching: bool, not_breaching: bool
) -> None:
    """Three of three points; User Guide, "Configuring how CloudWatch alarms treat missing data"."""
    values = [{"0": 0.0, "X": 2.0}.get(point) for point in points]

    def judged(missing: Missing) -> bool:
        return Judgement("GreaterThanThreshold", 1, 3, 3, missing).is_alarm(values)

    assert (judged(Missing.BREACHING), judged(Missing.NOT_BREACHING)) == (breaching, not_breaching)


def rings(changes: Mapping[str, object], values: Sequence[float | None]) -> list[int]:
    """Minutes in which a threshold is met by one value a minute."""
    watch, written, found = threshold_of({**LIMIT, **changes}, "p", "here").watch(), Written(), list[int]()  # pyright: ignore[reportArgumentType] -- values of a capture
    for minute, value in enumerate(values, start=1):
        if value is not None:
            written.write(X, minute * 60 - 10, value)
        if watch.met(written, minute * 60):
            found.append(minute)
    return found


def test_a_value_within_the_limit_begins_the_while_anew() -> None:
    assert rings({}, [2, 2, 2, 0, 2, 2, 2, 2, 2]) == [8, 9]


@pytest.mark.parametrize(("missing", "minutes"), [(ACTIVE, [5, 6]), (INACTIVE, []), ("", [])])
def test_data_that_stops_arriving_counts_for_what_the_condition_says(missing: str, minutes: list[int]) -> None:
    assert rings({"evaluationMissingData": missing}, [0, None, None, None, None, None]) == minutes


def test_data_that_never_arrived_meets_no_condition() -> None:
    silent = absence_of({"filter": FILTER, "duration": "60s", "aggregations": AGGREGATIONS}, "p", "here")

    assert rings({"evaluationMissingData": ACTIVE}, [None] * 9) == []
    assert not silent.met(Written(), 3600)


def test_a_series_of_another_project_is_another_series() -> None:
    assert filter_of(FILTER, "p", "here").matches(X)
    assert not filter_of(FILTER, "q", "here").matches(X)


ALARM = Pick("aws:cloudwatch/metricAlarm:MetricAlarm", "pg-b-disk")
POLICY = Pick("gcp:monitoring/alertPolicy:AlertPolicy", "pg-a-disk")
MINUTES = 61
THRESHOLD = "conditions.0.conditionThreshold"


@pytest.mark.parametrize(
    "unknown",
    [
        change(ALARM, {"extendedStatistic": "p99"}),
        change(ALARM, {"unit": "Percent"}),
        change(ALARM, {"treatMissingData": "ignore"}),
        change(ALARM, {"comparisonOperator": "GreaterThanUpperThreshold"}),
        change(POLICY, {f"{THRESHOLD}.trigger": {"count": 2}}),
        change(POLICY, {f"{THRESHOLD}.filter": 'metric.type=monitoring.regex.full_match("a.*")'}),
        change(POLICY, {f"{THRESHOLD}.aggregations.0.perSeriesAligner": "ALIGN_PERCENTILE_99"}),
        change(POLICY, {"combiner": "AND_WITH_MATCHING_RESOURCE"}),
        change(POLICY, {"conditions": ()}),
    ],
)
def test_what_cannot_be_evaluated_is_refused_and_not_passed_over(unknown: Mutation) -> None:
    with pytest.raises(LabError, match=r"pg-[ab]-disk"):
        list(alarms_of(unknown(estate("staging")).capture))


def test_other_queries_and_filters_of_logs_are_refused() -> None:
    with pytest.raises(LabError, match="cannot read 'rate"):
        query_of({"query": "rate(x[5m]) > 1", "duration": "0s"}, "p", "here")
    with pytest.raises(LabError, match="filter"):
        log_line_of({"filter": "severity>=ERROR"}, "p", "here")


@pytest.mark.machine
@pytest.mark.parametrize("last", [-1, 20, 60])
def test_the_query_is_read_as_prometheus_reads_it(last: int, tmp_path: Path) -> None:
    """One series never begins, or ends, or goes on; the other goes on."""
    try:
        promtool()
    except NoPromtoolError as error:
        pytest.skip(str(error))
    values = _query_of_a_policy()
    labels = {"resource.type": "gce_instance", "metric.machine": "pg-a"}
    names = ("disk_used_ratio", "converge_age_seconds")
    first, other = (Series.of("p", f"custom.googleapis.com/packyard/{name}", labels) for name in names)
    written, watch, rang = Written(), query_of(values, "p", "here").watch(), list[int]()
    for minute in range(MINUTES):
        for series in (first, other) if minute <= last else (other,):
            written.write(series, minute * 60, 1)
        if watch.met(written, minute * 60):
            rang.append(minute)

    points = {_named(other): MINUTES, **({_named(first): last} if last >= 0 else {})}
    # Prometheus 2 counts a point at the very beginning of a range, Prometheus 3 does not: a minute lies between.
    assert all(_fires(values, points, minute, tmp_path) is (minute in rang) for minute in (0, *_around(rang), 60))


def _around(rang: Sequence[int]) -> tuple[int, ...]:
    return (rang[0] - 1, rang[0] + 1) if rang else ()


def _fires(values: Mapping[str, Value], points: Mapping[str, int], minute: int, folder: Path) -> bool:
    """Whether promtool sees the query fire at this minute, with series that end after some."""
    group = {"name": "g", "rules": [{"alert": "A", "expr": values["query"], "for": values["duration"]}]}
    (folder / "rules.yml").write_text(json.dumps({"groups": [group]}))
    series = [{"series": name, "values": f"1x{count}"} for name, count in points.items()]
    quiet = [{"eval_time": f"{minute}m", "alertname": "A", "exp_alerts": list[str]()}]
    case = {"interval": "1m", "input_series": series, "alert_rule_test": quiet}
    whole = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [case]}
    (folder / "case.yml").write_text(json.dumps(whole))
    done = run("test", "rules", folder / "case.yml")
    assert "got:" in done.stdout + done.stderr or not done.returncode, done.stderr
    return bool(done.returncode)


def _query_of_a_policy() -> Mapping[str, Value]:
    (policy,) = (entry for entry in estate("staging").of_type(POLICY.type) if entry.name == "pg-a-unheard")
    (condition,) = listed(policy.inputs["conditions"])
    return mapping(mapping(condition)["conditionPrometheusQueryLanguage"])


def _named(series: Series) -> str:
    pairs = ",".join(f'{name}="{value}"' for name, value in prometheus_labels(series).items())
    return f"{mapped(series.metric)}{{{pairs}}}"
