"""An alarm that is spoilt is found by trying it, in the way in which it fails."""

from dataclasses import replace

import pytest

from lab.alarms.amazon_logs import FILTER
from lab.errors import LabError
from tests.lab.alarms.test_every_alarm import trial
from tests.lab.alarms.trial import trial_of
from tests.policies.alarm_mutations import GCP, THRESHOLD
from tests.policies.mutations import GONE, Mutation, Pick, change, drop

AMAZON = "aws:cloudwatch/metricAlarm:MetricAlarm"
GOOGLE = "gcp:monitoring/alertPolicy:AlertPolicy"
DISK, CERTIFICATE = Pick(AMAZON, "pg-b-disk"), Pick(AMAZON, "database-pair-certificate")
DOWN, FULL, STARVED = Pick(AMAZON, "pg-b-down"), Pick(AMAZON, "untrusted-blue-full"), Pick(AMAZON, "-starved")
ORPHANS = Pick("aws:cloudwatch/compositeAlarm:CompositeAlarm")
PROBE, KEYS = Pick(GOOGLE, "probe-unreachable"), Pick(GOOGLE, "key-30-days")
UNHEARD, GOOGLE_DOWN = Pick(GOOGLE, "database-pair-unheard"), Pick(GOOGLE, "pg-a-down")
GOOGLE_ORPHANS, POLLS = Pick(GOOGLE, "-orphans"), Pick(GOOGLE, "-long-polls")
SUBSCRIPTION = Pick("aws:sns/topicSubscription:TopicSubscription")
CHANNEL = Pick("gcp:monitoring/notificationChannel:NotificationChannel", "alerts-testground")
TOPIC_POLICY = Pick("aws:sns/topicPolicy:TopicPolicy")
LOG_FILTER = Pick("aws:cloudwatch/logMetricFilter:LogMetricFilter", "-long-polls")
COUNTED = Pick(AMAZON, "-long-polls")

SILENT_PART = "ALARM(example-pkg-staging-runner-manager-aws-blue-silent)"

WELL, WORSE, SILENT = "rings while all is well", "does not ring while what it watches", "does not ring while it"
NOBODY = "nobody is told"
USED = 'metric.type="custom.googleapis.com/packyard/{}" AND resource.type="{}" AND metric.labels.machine="{}"'
SIZE = 'metric.type="compute.googleapis.com/instance_group/size" AND resource.type="instance_group" AND {}'

MUTATIONS: dict[str, tuple[str, Mutation]] = {
    "a swapped direction": (WELL, change(DISK, {"comparisonOperator": "LessThanThreshold"})),
    "a swapped direction the other way": (WELL, change(CERTIFICATE, {"comparisonOperator": "GreaterThanThreshold"})),
    "a misspelt metric": (WELL, change(DISK, {"metricName": "disk_used_ration"})),
    "another namespace": (WELL, change(DISK, {"namespace": "packyard"})),
    "a machine that is not there": (WELL, change(DISK, {"dimensions": {"machine": "pg-c"}})),
    "a dimension too many": (WELL, change(DISK, {"dimensions": {"machine": "pg-b", "path": "/"}})),
    "a dimension too few": (WELL, change(DISK, {"dimensions": {}})),
    "another instance": (WELL, change(DOWN, {"dimensions": {"InstanceId": "i-0"}})),
    "the least of a period": (WORSE, change(DISK, {"statistic": "Minimum"})),
    "the mean of a period": (WORSE, change(DISK, {"statistic": "Average"})),
    "the most of what must not get low": (WORSE, change(CERTIFICATE, {"statistic": "Maximum"})),
    "a count in place of the value": (WELL, change(DISK, {"statistic": "SampleCount"})),
    "a limit in percent": (WORSE, change(DISK, {"threshold": 85})),
    "a limit that is never passed": (WORSE, change(FULL, {"threshold": 4})),
    "a limit that is passed every day": (WELL, change(FULL, {"threshold": 2})),
    "a day of patience": (WORSE, change(DISK, {"evaluationPeriods": 1440})),
    "silence for good": ("its machine is silent", change(DISK, {"treatMissingData": "notBreaching"})),
    "silence for nothing": ("takes silence for 'missing'", change(DISK, {"treatMissingData": GONE})),
    "the other way round in an expression": (WORSE, change(STARVED, {"metricQueries.2.expression": "there - wanted"})),
    "a metric that the group does not enable": (
        WORSE,
        change(STARVED, {"metricQueries.0.metric.metricName": "GroupPendingInstances"}),
    ),
    "a composite that never holds": (WORSE, change(ORPHANS, {"alarmRule": f"{SILENT_PART} AND NOT {SILENT_PART}"})),
    "a phrase that nobody logs": (WORSE, change(LOG_FILTER, {"pattern": '"Long poll issues"'}, reported_on=COUNTED)),
    "another log": (WORSE, change(LOG_FILTER, {"logGroupName": "another"}, reported_on=COUNTED)),
    "actions that are off": (NOBODY, change(DISK, {"actionsEnabled": False})),
    "a topic of nobody": (NOBODY, change(DISK, {"alarmActions": ("arn:aws:sns:us-east-1:000000000000:nobody",)})),
    "a topic without a subscriber": (NOBODY, drop(SUBSCRIPTION, DISK)),
    "a topic that CloudWatch may not use": (NOBODY, drop(TOPIC_POLICY, DISK)),
    "a swapped direction on GCP": (WELL, change(GCP, {f"{THRESHOLD}.comparison": "COMPARISON_LT"})),
    "a misspelt metric on GCP": (
        WORSE,
        change(GCP, {f"{THRESHOLD}.filter": USED.format("disk_usage_ratio", "gce_instance", "pg-a")}),
    ),
    "a machine of the other cloud": (
        WORSE,
        change(GCP, {f"{THRESHOLD}.filter": USED.format("disk_used_ratio", "gce_instance", "pg-b")}),
    ),
    "another kind of resource": (
        WORSE,
        change(GCP, {f"{THRESHOLD}.filter": USED.format("disk_used_ratio", "global", "pg-a")}),
    ),
    "another project": (WORSE, change(GCP, {"project": "example-build-runners-stg"})),
    "the least of a period on GCP": (
        WORSE,
        change(GCP, {f"{THRESHOLD}.aggregations.0.perSeriesAligner": "ALIGN_MIN"}),
    ),
    "the most of what must not get low on GCP": (
        WORSE,
        change(KEYS, {f"{THRESHOLD}.aggregations.0.perSeriesAligner": "ALIGN_MAX"}),
    ),
    "probes that answer": (
        WELL,
        change(PROBE, {f"{THRESHOLD}.aggregations.0.crossSeriesReducer": "REDUCE_COUNT_TRUE"}),
    ),
    "more probes than there are": (WORSE, change(PROBE, {f"{THRESHOLD}.thresholdValue": 6})),
    "two hours of patience": (WORSE, change(GCP, {f"{THRESHOLD}.duration": "7200s"})),
    "forty minutes for what is critical": (
        "rings 41 minutes after",
        change(Pick(GOOGLE, "standby-missing"), {f"{THRESHOLD}.duration": "2400s"}),
    ),
    "silence for good on GCP": (
        "its machine is silent",
        change(GCP, {f"{THRESHOLD}.evaluationMissingData": GONE}),
    ),
    "an absence of what was never there": (
        SILENT,
        change(GOOGLE_DOWN, {"conditions.0.conditionAbsent.filter": USED.format("down", "gce_instance", "pg-a")}),
    ),
    "a query for another kind of resource": (
        WELL,
        change(
            UNHEARD,
            {
                "conditions.0.conditionPrometheusQueryLanguage.query": "absent_over_time(custom_googleapis_com:"
                'packyard_disk_used_ratio{machine="pg-a", monitored_resource="global"}[5m])'
            },
        ),
    ),
    "a query without one metric": (
        "nobody hears that",
        change(
            UNHEARD,
            {
                "conditions.0.conditionPrometheusQueryLanguage.query": "absent_over_time(custom_googleapis_com:"
                'packyard_disk_used_ratio{machine="pg-a"}[5m])'
            },
            reported_on=Pick(GOOGLE, "database-pair-slot"),
        ),
    ),
    "another group": (
        WORSE,
        change(
            Pick(GOOGLE, "untrusted-blue-full"),
            {f"{THRESHOLD}.filter": SIZE.format('resource.labels.instance_group_name=one_of("another")')},
        ),
    ),
    "workers whose manager is gone with its host": (
        "its machine is silent",
        change(GOOGLE_ORPHANS, {f"{THRESHOLD}.evaluationMissingData": GONE}),
    ),
    "a line that nobody logs": (
        WORSE,
        change(POLLS, {"conditions.0.conditionMatchedLog.filter": 'log_id("another") AND "Long polling"'}),
    ),
    "an alarm that is off": (NOBODY, change(GCP, {"enabled": False})),
    "channels of another project": (
        NOBODY,
        change(GCP, {"notificationChannels": ("projects/example-build-runners-stg/notificationChannels/1",)}),
    ),
    "a channel that is off": (NOBODY, change(CHANNEL, {"enabled": False}, reported_on=GCP)),
    "a channel without an address": (NOBODY, change(CHANNEL, {"labels": GONE}, reported_on=GCP)),
}


def faults_of(mutation: Mutation) -> list[str]:
    """What trying the spoilt alarm finds; a refusal to evaluate it is found too."""
    sound = trial("staging")
    broken = mutation(sound.capture)
    same_logs = broken.capture.of_type(FILTER) == sound.capture.of_type(FILTER)
    spoilt = replace(sound, capture=broken.capture) if same_logs else trial_of(broken.capture)
    try:
        return list(spoilt.faults(spoilt.named(broken.urn)))
    except LabError as error:
        return [str(error)]


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_spoilt_alarm_is_found(name: str) -> None:
    words, mutation = MUTATIONS[name]
    found = faults_of(mutation)

    assert any(words in fault for fault in found), found


def test_a_limit_that_is_a_little_higher_is_no_fault() -> None:
    assert faults_of(change(DISK, {"threshold": 0.9})) == []
