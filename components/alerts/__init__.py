"""Who is told when something is wrong, and the metrics that machines report about themselves."""

from components.alerts.alerts import Alerts, AlertsArgs, AlertTargets
from components.alerts.gcp_alarms import certificate_expiring, gcp_alarm, outside, own_series, probe_failing, silent
from components.alerts.metrics import AWS_NAMESPACE, GCP_PREFIX, MACHINE_LABEL, MachineMetric

__all__ = [
    "AWS_NAMESPACE",
    "GCP_PREFIX",
    "MACHINE_LABEL",
    "AlertTargets",
    "Alerts",
    "AlertsArgs",
    "MachineMetric",
    "certificate_expiring",
    "gcp_alarm",
    "outside",
    "own_series",
    "probe_failing",
    "silent",
]
