"""Arguments that both makers of machines share."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from settings.machine_document import RoleSettings


@dataclass(frozen=True)
class MachineArgs:
    """What a machine is, on either cloud."""

    role: str
    """Name of the playbook in machines/playbooks that converge runs."""
    document: pulumi.Output[RoleSettings]
    """The role's part of the settings document; the machine wraps it with its own facts and uploads it."""
    public_address: bool = False
    """A static public IPv4 address of its own, protected. Without it, the machine reaches out through NAT."""
    alert_on_down: bool = True


@dataclass(frozen=True)
class AlertTargets:
    """Where alarms go: a notification channel in each GCP project, a topic on AWS."""

    gcp_channels: Sequence[pulumi.Input[str]]
    """Names of monitoring notification channels in the machine's own project."""
    aws_topic_arn: pulumi.Input[str]
