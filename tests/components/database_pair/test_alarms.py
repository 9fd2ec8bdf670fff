"""Each alert of the pair's list is an alarm on both clouds, each about its own host, and silence rings."""

from typing import Any

import pytest

from capture import Registration
from settings.database_pair.alerts import LIMITS, Limit
from tests.components.database_pair.registered import HOSTS, pair
from tests.registrations import role_settings
from tests.support import STACKS, estate


def alarm(stack: str, kind: str, limit: Limit) -> Registration:
    (entry,) = (
        entry for entry in pair(estate(stack)) if entry.kind == kind and entry.name == f"database-pair-{limit.name}"
    )
    return entry


@pytest.mark.parametrize("stack", STACKS)
def test_every_metric_that_the_hosts_are_told_to_write_rings_and_none_that_they_are_not(stack: str) -> None:
    for host in HOSTS:
        # The used part of a disk is written by every machine.
        assert {limit.metric for limit in LIMITS} == {*role_settings(estate(stack), host)["metrics"], "disk_used_ratio"}


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
