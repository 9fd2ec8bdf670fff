"""Mutations of alarms: nobody hears them, they watch what is not there, or they ring the wrong way round."""

from policies import Policy, alarm_pages, aws_alarms, gcp_alarms
from tests.policies.mutations import GONE, Mutation, Pick, change

AWS = Pick(aws_alarms.ALARM, "pg-b-disk")
DOWN = Pick(aws_alarms.ALARM, "pg-b-down")
FULL = Pick(aws_alarms.ALARM, "-full")
COUNTED = Pick(aws_alarms.ALARM, "-long-polls")
STARVED = Pick(aws_alarms.ALARM, "-starved")
CERTIFICATE = Pick(aws_alarms.ALARM, "database-pair-certificate")
HALF = Pick(aws_alarms.ALARM, "-occupied")
COMPOSITE = Pick(aws_alarms.COMPOSITE)
GCP = Pick(gcp_alarms.ALARM, "pg-a-disk")
PROBE = Pick(gcp_alarms.ALARM, "probe-unreachable")
SIZE = Pick(gcp_alarms.ALARM, "-full")
KEYS = Pick(gcp_alarms.ALARM, "key-30-days")
CHANNEL = Pick(gcp_alarms.CHANNEL)

_HEARD = aws_alarms.alarms_on_aws_are_heard
_THERE = aws_alarms.alarms_on_aws_watch_what_exists
_WORSE = aws_alarms.alarms_on_aws_ring_when_it_gets_worse
_GCP_HEARD = gcp_alarms.alarms_on_gcp_are_heard
_GCP_THERE = gcp_alarms.alarms_on_gcp_watch_what_exists
_GCP_WORSE = gcp_alarms.alarms_on_gcp_ring_when_it_gets_worse

_PAGE = alarm_pages.alarms_lead_to_a_page

THRESHOLD = "conditions.0.conditionThreshold"
USED = 'metric.type="custom.googleapis.com/packyard/{}" AND resource.type="gce_instance" AND metric.labels.{}="{}"'


def looks_at(metric: str, label: str, machine: str) -> Mutation:
    return change(GCP, {f"{THRESHOLD}.filter": USED.format(metric, label, machine)})


ALARM_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (_PAGE, change(AWS, {"alarmDescription": "The disk fills up."})),
    (_PAGE, change(COMPOSITE, {"alarmDescription": GONE})),
    (_PAGE, change(GCP, {"documentation.content": "Runbook: the wiki"})),
    (_HEARD, change(AWS, {"alarmActions": ()})),
    (_HEARD, change(AWS, {"actionsEnabled": False})),
    (_HEARD, change(AWS, {"alarmActions": ("arn:aws:sns:us-east-1:000000000000:nobody",)})),
    (_HEARD, change(COMPOSITE, {"alarmActions": ()})),
    (_THERE, change(AWS, {"metricName": "disk_used_ration"})),
    (_THERE, change(AWS, {"namespace": "Packyards"})),
    (_THERE, change(AWS, {"dimensions": {"machine": "pg-c"}})),
    (_THERE, change(AWS, {"dimensions": {"host": "pg-b"}})),
    (_THERE, change(AWS, {"dimensions": {"machine": "pg-b", "path": "/"}})),
    (_THERE, change(DOWN, {"dimensions": {"InstanceId": "i-00000000000000000"}})),
    (_THERE, change(DOWN, {"dimensions": {"AutoScalingGroupName": "g"}})),
    (_THERE, change(FULL, {"dimensions": {"AutoScalingGroupName": "another"}})),
    (_THERE, change(COUNTED, {"metricName": "long-polls"})),
    (_THERE, change(STARVED, {"metricQueries.0.metric.metricName": "GroupWishes"})),
    (_WORSE, change(AWS, {"comparisonOperator": "LessThanThreshold"})),
    (_WORSE, change(AWS, {"statistic": "Average"})),
    (_WORSE, change(CERTIFICATE, {"comparisonOperator": "GreaterThanThreshold"})),
    (_WORSE, change(CERTIFICATE, {"statistic": "Maximum"})),
    (_WORSE, change(DOWN, {"statistic": "Minimum"})),
    (_GCP_HEARD, change(GCP, {"notificationChannels": ()})),
    (
        _GCP_HEARD,
        change(GCP, {"notificationChannels": ("projects/p/notificationChannels/1",)}, property_dependencies={}),
    ),
    (_GCP_HEARD, change(GCP, {"enabled": False})),
    (_GCP_HEARD, change(CHANNEL, {"enabled": False})),
    (_GCP_HEARD, change(CHANNEL, {"labels": GONE})),
    (_GCP_THERE, change(GCP, {"conditions": ()})),
    (_GCP_THERE, looks_at("disk_used_ration", "machine", "pg-a")),
    (_GCP_THERE, looks_at("disk_used_ratio", "host", "pg-a")),
    (_GCP_THERE, looks_at("disk_used_ratio", "machine", "pg-b")),
    (_GCP_WORSE, change(GCP, {f"{THRESHOLD}.comparison": "COMPARISON_LT"})),
    (_GCP_WORSE, change(GCP, {f"{THRESHOLD}.aggregations.0.perSeriesAligner": "ALIGN_MEAN"})),
    (_GCP_WORSE, change(KEYS, {f"{THRESHOLD}.comparison": "COMPARISON_GT"})),
    (_GCP_WORSE, change(KEYS, {f"{THRESHOLD}.aggregations.0.perSeriesAligner": "ALIGN_MAX"})),
    (_GCP_WORSE, change(PROBE, {f"{THRESHOLD}.aggregations.0.crossSeriesReducer": "REDUCE_COUNT_TRUE"})),
    (
        _GCP_THERE,
        change(
            SIZE,
            {
                f"{THRESHOLD}.filter": 'metric.type="compute.googleapis.com/instance_group/size" AND'
                ' resource.type="instance_group" AND resource.labels.instance_group_name=one_of("another")'
            },
        ),
    ),
    (
        _GCP_THERE,
        change(PROBE, {f"{THRESHOLD}.filter": 'metric.type="monitoring.googleapis.com/uptime_check/check_passed"'}),
    ),
)
