"""What a machine of a lab does now, in words."""

import re
from dataclasses import dataclass
from enum import StrEnum

from lab.machines.lab_machine import LabMachine
from lab.session.talk import Message

QUESTION = """
systemctl is-active packyard-converge.service
cat /var/lib/packyard/metrics/packyard_converge.prom 2>/dev/null | grep '^packyard_converge_last_run_success'
journalctl --no-pager --boot -o cat --lines=300 --unit=packyard-converge.service | grep -E '^(TASK|RUNNING HANDLER) ' \\
  | tail -n 1
journalctl --no-pager --boot -o cat --lines=300 --unit=packyard-converge.service | grep '^{"event": "finished"' \\
  | tail -n 1
"""


AGAIN = " (again; failed: "
"""Between the task that converge is at and those that its run before failed at."""


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
    """What converge is at, or what it failed at; empty elsewhere."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way."""
        return self.phase in (Phase.CONVERGED, Phase.FAILED)


def state_from(answer: Message) -> MachineState:
    """As a lab says it to another terminal."""
    return MachineState(**{**answer, "phase": Phase(answer["phase"])})


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
    return read(answer)


def read(answer: str) -> tuple[Phase, str]:
    """How far a machine is that answers so, and at which task."""
    task = re.findall(r"^(?:TASK|RUNNING HANDLER) \[(.*)\]", answer, re.MULTILINE)
    success = re.search(r"_last_run_success (\d)", answer)
    if answer.startswith(("activating", "reloading")):
        at = task[-1] if task else "fetches document and bundle"
        # The unit starts again by itself after a failure, so only this tells that there was one.
        return Phase.CONVERGES, f"{at}{AGAIN}{_failed_at(answer)})" if _has_failed(success) else at
    if success is None:
        return Phase.BOOTS, ""
    return (Phase.FAILED, _failed_at(answer)) if _has_failed(success) else (Phase.CONVERGED, "")


def _has_failed(success: re.Match[str] | None) -> bool:
    return success is not None and success[1] == "0"


def _failed_at(answer: str) -> str:
    """The tasks, or where to look when there was none."""
    tasks = re.findall(r'^\{"event": "finished".* "failed_tasks": \[(.*)\]', answer, re.MULTILINE)
    return tasks[-1].replace('"', "") if tasks and tasks[-1] else "before or beside its tasks"
