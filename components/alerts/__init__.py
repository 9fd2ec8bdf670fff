"""Who is told when something is wrong, and the metrics that machines report about themselves."""

from components.alerts.alerts import Alerts, AlertsArgs, AlertTargets
from components.alerts.metrics import AWS_NAMESPACE, GCP_PREFIX, MACHINE_LABEL, MachineMetric

__all__ = ["AWS_NAMESPACE", "GCP_PREFIX", "MACHINE_LABEL", "AlertTargets", "Alerts", "AlertsArgs", "MachineMetric"]
