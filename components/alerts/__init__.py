"""Who is told when something is wrong, and the metrics that machines report about themselves."""

from components.alerts.alerts import Alerts, AlertsArgs, AlertTargets
from components.alerts.aws_alarms import PERIOD, AwsSeries, aws_alarm, own_aws_series
from components.alerts.aws_log_alarms import aws_log_alarm
from components.alerts.gcp_alarms import (
    certificate_expiring,
    gcp_alarm,
    outside,
    own_gcp_alarm,
    own_series,
    probe_failing,
    silent,
)
from components.alerts.gcp_silence import unheard_alarm
from components.alerts.metrics import AWS_NAMESPACE, GCP_PREFIX, MACHINE_LABEL, MachineMetric
from components.alerts.pages import Page, leading_to

__all__ = [
    "AWS_NAMESPACE",
    "GCP_PREFIX",
    "MACHINE_LABEL",
    "PERIOD",
    "AlertTargets",
    "Alerts",
    "AlertsArgs",
    "AwsSeries",
    "MachineMetric",
    "Page",
    "aws_alarm",
    "aws_log_alarm",
    "certificate_expiring",
    "gcp_alarm",
    "leading_to",
    "outside",
    "own_aws_series",
    "own_gcp_alarm",
    "own_series",
    "probe_failing",
    "silent",
    "unheard_alarm",
]
