"""What a machine of a lab does now, in words."""

import re
from dataclasses import dataclass
from enum import StrEnum

from lab.machines.lab_machine import LabMachine

QUESTION = """
systemctl is-active packyard-converge.service
cat /var/lib/prometheus/node-exporter/packyard_converge.prom 2>/dev/null | grep '^packyard_converge_last_run_success'
journalctl --no-pager --boot -o cat --lines=300 --unit=packyard-converge.service | grep -E '^(TASK|RUNNING HANDLER) ' \\
  | tail -n 1
"""


class Phase(StrEnum):
    """How far a machine has come."""

    DOWN = "down"
    BOOTS = "boots"
    CONVERGES = "converges"
    CONVERGED = "converged"
    FAILED = "converge failed"


@dataclass(frozen=True)
class MachineState:
    """One line of the table."""

    name: str
    role: str
    cloud: str
    address: str
    public: str
    phase: Phase
    task: str
    """What converge is at; empty where it does not run."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way."""
        return self.phase in (Phase.CONVERGED, Phase.FAILED)


def state_of(machine: LabMachine) -> MachineState:
    """Asks the machine."""
    phase, task = _phase(machine)
    document = machine.document
    return MachineState(
        name=machine.name,
        role=str(document["role"]),
        cloud=str(document["cloud"]),
        address=machine.seat.private,
        public=machine.seat.public or "-",
        phase=phase,
        task=task,
    )


def _phase(machine: LabMachine) -> tuple[Phase, str]:
    try:
        answer = machine.run("timeout", "5", "sh", "-c", QUESTION, check=False)
    except LookupError:
        return Phase.DOWN, ""
    task = re.findall(r"^(?:TASK|RUNNING HANDLER) \[(.*)\]", answer, re.MULTILINE)
    if answer.startswith(("activating", "reloading")):
        return Phase.CONVERGES, task[-1] if task else "fetches document and bundle"
    success = re.search(r"_last_run_success (\d)", answer)
    if success is None:
        return Phase.BOOTS, ""
    return (Phase.CONVERGED if success[1] == "1" else Phase.FAILED), ""
