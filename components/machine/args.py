"""Arguments that both makers of machines share."""

from dataclasses import dataclass

import pulumi

from components.alerts import AlertTargets
from components.machine_store import MachineStore
from settings.machine.document import RoleSettings


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """What a machine is, on either cloud."""

    role: str
    """Name of the playbook in machines/playbooks that converge runs."""
    document: pulumi.Output[RoleSettings]
    """The role's part of the settings document; the machine wraps it with its own facts and uploads it."""
    store: MachineStore
    """Where the document is put and the bundle is found."""
    alerts: AlertTargets
    """Who is told, in the machine's own project or account."""
    public_address: bool = False
    """A static public IPv4 address of its own, protected. Without it, the machine reaches out through NAT."""
    alert_on_down: bool = True
    """False for a machine that is meant to be stopped at times."""
