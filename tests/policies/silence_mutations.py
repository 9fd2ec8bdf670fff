"""Alarms that take silence for good, on either cloud."""

from policies import Policy, alarms
from tests.policies.mutations import GONE, Mutation, Pick, change

AWS_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
GCP_ALARM = Pick("gcp:monitoring/alertPolicy:AlertPolicy", "dev-instance-disk")

OTHER_MACHINE = (
    'metric.type="custom.googleapis.com/packyard/disk_used_ratio" AND resource.type="gce_instance"'
    ' AND metric.labels.machine="other"'
)
NO_MACHINE = 'metric.type="custom.googleapis.com/packyard/disk_used_ratio" AND resource.type="gce_instance"'

SILENCE_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (alarms.silence_rings, change(Pick(AWS_ALARM, "pg-b-disk"), {"treatMissingData": "notBreaching"})),
    (alarms.silence_rings, change(Pick(AWS_ALARM, "-converge"), {"treatMissingData": GONE})),
    (alarms.silence_rings, change(GCP_ALARM, {"conditions.0.conditionThreshold.filter": OTHER_MACHINE})),
    (alarms.silence_rings, change(GCP_ALARM, {"conditions.0.conditionThreshold.filter": NO_MACHINE})),
)
