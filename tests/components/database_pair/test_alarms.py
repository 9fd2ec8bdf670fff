"""Each alert of the pair's list is an alarm on both clouds, each about its own host, and silence rings."""

from typing import Any

import pytest

from capture import Registration
from settings.database_pair.alerts import DISK_USED_RATIO, LIMITS, Limit
from settings.database_pair.document import PairMetric
from tests.components.database_pair.registered import pair
from tests.support import estate


def alarm(stack: str, kind: str, limit: Limit) -> Registration:
    (entry,) = (
        entry for entry in pair(estate(stack)) if entry.kind == kind and entry.name == f"database-pair-{limit.name}"
    )
    return entry


def test_every_metric_of_the_pair_rings_and_none_that_no_host_writes() -> None:
    # The used part of a disk is written by every machine.
    assert {limit.metric for limit in LIMITS} == {*PairMetric, DISK_USED_RATIO}


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_on_aws_an_alert_watches_the_host_there(limit: Limit) -> None:
    inputs: Any = alarm("production", "MetricAlarm", limit).inputs

    assert inputs["metricName"] == limit.metric
    assert inputs["dimensions"] == {"machine": "pg-b"}
    assert inputs["threshold"] == limit.limit
    assert (inputs["comparisonOperator"], inputs["statistic"]) == (
        ("LessThanThreshold", "Minimum") if limit.below else ("GreaterThanThreshold", "Maximum")
    )
    assert inputs["period"] * inputs["evaluationPeriods"] == limit.minutes * 60
    assert inputs["treatMissingData"] == "breaching"
    assert inputs["alarmActions"]
    assert limit.runbook.path in inputs["alarmDescription"]
    assert len(inputs["alarmDescription"]) <= 1024, "CloudWatch takes no longer description"


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_on_gcp_an_alert_watches_the_host_there(limit: Limit) -> None:
    inputs: Any = alarm("production", "AlertPolicy", limit).inputs
    beyond, silent = (
        condition.get("conditionThreshold") or condition["conditionAbsent"] for condition in inputs["conditions"]
    )

    for condition in (beyond, silent):
        assert f'/{limit.metric}"' in condition["filter"]
        assert 'machine="pg-a"' in condition["filter"]
        assert condition["duration"] == f"{limit.minutes * 60}s"
    assert beyond["thresholdValue"] == limit.limit
    assert beyond["comparison"] == ("COMPARISON_LT" if limit.below else "COMPARISON_GT")
    assert beyond["evaluationMissingData"] == "EVALUATION_MISSING_DATA_ACTIVE"
    assert (inputs["combiner"], inputs["severity"]) == ("OR", limit.severity.upper())
    assert inputs["notificationChannels"]
    assert limit.runbook.path in inputs["documentation"]["content"]
