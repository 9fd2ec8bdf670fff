"""The VMs of one group: their slots for jobs, their order, and the time that they are paid for.

Nothing happens here by itself; the simulation says when.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job")


@dataclass(slots=True, eq=False)
class Vm(Generic[Job]):
    """One VM."""

    created: float
    ready: bool = False
    gone: bool = False
    uses: int = 0
    """Jobs that it was given in its life."""
    idle_since: float = 0.0
    jobs: list[Job] = field(default_factory=list[Job])
    """Jobs that run on it."""


class Group(Generic[Job]):
    """VMs between their request and their end.

    A VM that became free last gets the next job, and the one that has been idle for longest goes first, so that VMs
    which are not needed stay idle.
    """

    def __init__(self, capacity: int, max_use_count: int) -> None:
        self._capacity = capacity
        self._uses = max_use_count or math.inf
        self._open: dict[Vm[Job], None] = {}
        self._vms: set[Vm[Job]] = set()
        self.booting = 0
        self.running = 0
        """Jobs that run."""
        self.free = 0
        """Jobs that could start at once."""
        self.vm_seconds = 0.0
        """Paid seconds of VMs that have gone."""

    @property
    def size(self) -> int:
        """VMs that are requested or there."""
        return len(self._vms)

    @property
    def supply(self) -> int:
        """Jobs that run, could start at once, or could start when everything has booted."""
        return self.running + self.free + self.booting * self._capacity

    def create(self, now: float) -> Vm[Job]:
        """Asks for a VM."""
        vm: Vm[Job] = Vm(created=now)
        self._vms.add(vm)
        self.booting += 1
        return vm

    def boot(self, vm: Vm[Job], now: float) -> None:
        """A VM takes jobs from now on."""
        vm.ready, vm.idle_since = True, now
        self.booting -= 1
        self._opened(vm, 0)

    def take(self, job: Job) -> Vm[Job]:
        """The VM on which a job starts. There must be a free slot."""
        vm = next(reversed(self._open))
        before = self._slots(vm)
        vm.uses += 1
        vm.jobs.append(job)
        self.running += 1
        after = self._slots(vm)
        self.free -= before - after
        if not after:
            del self._open[vm]
        return vm

    def release(self, vm: Vm[Job], job: Job, now: float) -> bool:
        """Ends a job on its VM. False where the VM is used up: whoever asks removes it."""
        before = self._slots(vm)
        vm.jobs.remove(job)
        self.running -= 1
        vm.idle_since = now
        if not vm.jobs and vm.uses >= self._uses:
            return False
        self._opened(vm, before)
        return True

    def remove(self, vm: Vm[Job], now: float) -> list[Job]:
        """Ends a VM. Returns the jobs that it took with it."""
        if not vm.ready:
            self.booting -= 1
        if vm in self._open:
            self.free -= self._slots(vm)
            del self._open[vm]
        lost, vm.jobs = vm.jobs, []
        self.running -= len(lost)
        vm.gone = True
        self._vms.discard(vm)
        self.vm_seconds += now - vm.created
        return lost

    def idle(self) -> Iterator[Vm[Job]]:
        """VMs without a job, the one that has been idle for longest first."""
        yield from [vm for vm in self._open if not vm.jobs]

    def close(self, now: float) -> None:
        """Ends all VMs."""
        for vm in list(self._vms):
            self.remove(vm, now)

    def _slots(self, vm: Vm[Job]) -> int:
        return int(min(self._capacity - len(vm.jobs), self._uses - vm.uses))

    def _opened(self, vm: Vm[Job], before: int) -> None:
        self.free += self._slots(vm) - before
        if self._slots(vm):
            self._open.pop(vm, None)
            self._open[vm] = None
