"""A fleet under a workload, event by event.

A VM becomes ready, a job ends, a stage becomes ready: each only leaves a mark. All that a manager does, it does at the
next tick of its check interval, and ticks at which nothing can change are left out. So a job costs an event for its
end, a VM one for its start, and both share ticks.
"""

import math
import random
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import simpy

from simulator.clock import PolicyClock, Rule
from simulator.fleet import Fleet
from simulator.group import Group, Vm
from simulator.outcome import Outcome
from simulator.workload import Pipeline, Workload

GRACE_SECONDS = 86400.0
"""How long jobs may still end after the workload's time. A policy that starves jobs is told by those left then."""

EPSILON = 1e-6
"""Seconds that rounding may cost."""


@dataclass(slots=True, eq=False)
class _Run:
    """A pipeline on its way."""

    pipeline: Pipeline
    stage: int = -1
    left: int = 0
    """Jobs of the stage that have not ended."""


@dataclass(slots=True, eq=False)
class _Job:
    run: _Run
    seconds: float
    ready: float
    taken: float = math.inf
    """When the manager took it from GitLab."""


def simulate(fleet: Fleet, workload: Workload, seed: int = 0) -> Outcome:
    """One run. `seed` decides starts that vary and spot VMs that are taken back, and nothing else."""
    return _Simulation(fleet, workload, seed).run()


class _Simulation:
    def __init__(self, fleet: Fleet, workload: Workload, seed: int) -> None:
        self._fleet = fleet
        self._workload = workload
        self._random = random.Random(seed)  # noqa: S311 -- a simulation has to be repeatable
        self._environment = simpy.Environment()
        self._clock = PolicyClock(fleet.policies, workload.begins)
        self._group: Group[_Job] = Group(fleet.capacity, fleet.max_use_count)
        self._deleting = 0
        self._waiting: deque[_Job] = deque()
        self._taken: deque[_Job] = deque()
        self._ticks: set[int] = set()
        """Those that are planned, by their number."""
        self._burst = fleet.max_instances if fleet.throttle.burst is None else fleet.throttle.burst
        self._tokens, self._tokens_at = float(self._burst), 0.0
        self._left = len(workload.pipelines)
        self._over = self._environment.event()
        self._waits: list[float] = []
        self._job_seconds = 0.0
        self._timed_out = self._lost = self._peak = 0
        self._maximum_reached = False

    def run(self) -> Outcome:
        """To the end of the workload, and on until its last job has ended."""
        environment = self._environment
        environment.process(self._arrivals())
        environment.process(self._policy_changes())
        self._wake(0.0)
        environment.run(until=self._workload.seconds)
        if self._left:
            environment.run(until=environment.any_of([self._over, environment.timeout(GRACE_SECONDS)]))
        now = environment.now
        self._group.close(now)
        starved = [now - job.ready for job in (*self._taken, *self._waiting)]
        return Outcome(
            waits=tuple(sorted(self._waits + starved)),
            job_seconds=self._job_seconds,
            vm_seconds=self._group.vm_seconds,
            never_started=len(starved),
            timed_out=self._timed_out,
            lost=self._lost,
            peak=self._peak,
            maximum_reached=self._maximum_reached,
        )

    # What comes from outside

    def _arrivals(self) -> Generator[simpy.Event, Any, None]:
        for pipeline in sorted(self._workload.pipelines, key=lambda pipeline: pipeline.start):
            if pipeline.start > self._environment.now:
                yield self._environment.timeout(pipeline.start - self._environment.now)
            self._next_stage(_Run(pipeline))

    def _policy_changes(self) -> Generator[simpy.Event, Any, None]:
        for time in self._clock.changes(self._workload.seconds + GRACE_SECONDS):
            yield self._environment.timeout(time - self._environment.now)
            self._wake(time)

    def _next_stage(self, run: _Run) -> None:
        run.stage += 1
        if run.stage == len(run.pipeline.stages):
            self._left -= 1
            if not self._left:
                self._over.succeed()
            return
        stage = run.pipeline.stages[run.stage]
        run.left = len(stage)
        now = self._environment.now
        self._waiting.extend(_Job(run, seconds, now) for seconds in stage)
        self._wake(now)

    # What the manager does at a tick

    def _tick(self, tick: int) -> None:
        self._ticks.discard(tick)
        rule = self._clock.at(self._environment.now)
        self._take_jobs(rule)
        self._start_jobs()
        wanted = self._wanted(rule)
        missing = wanted - self._group.supply
        if missing > 0:
            self._grow(math.ceil(missing / self._fleet.capacity))
        else:
            self._shrink(rule, wanted)

    def _take_jobs(self, rule: Rule) -> None:
        """A preemptive manager takes only what can start at once, another one takes what its VMs could ever run."""
        group = self._group
        most = self._fleet.max_instances * self._fleet.capacity - group.running - len(self._taken)
        room = min(most, group.free - len(self._taken)) if rule.preemptive else most
        if room < len(self._waiting) and room == most:
            self._maximum_reached = True
        now = self._environment.now
        for _ in range(min(room, len(self._waiting))):
            job = self._waiting.popleft()
            job.taken = now
            self._taken.append(job)

    def _start_jobs(self) -> None:
        now = self._environment.now
        while self._taken and self._taken[0].taken + self._fleet.acquire_timeout <= now - EPSILON:
            job = self._taken.popleft()
            self._timed_out += 1
            self._waits.append(now - job.ready)
            self._ended(job)
        while self._taken and self._group.free:
            job = self._taken.popleft()
            self._waits.append(now - job.ready)
            vm = self._group.take(job)
            self._after(job.seconds, self._job_done, vm, job)

    def _wanted(self, rule: Rule) -> int:
        """Jobs' worth of VMs: those that run, those that were taken, and idle ones."""
        in_use = self._group.running
        wanted = in_use + len(self._taken) + rule.idle(in_use)
        most = self._fleet.max_instances * self._fleet.capacity
        if wanted > most:
            self._maximum_reached = True
        return min(most, wanted)

    def _grow(self, instances: int) -> None:
        room = self._fleet.max_instances - self._group.size - self._deleting
        if instances > room:
            self._maximum_reached = True
        asked = min(instances, room)
        granted = self._granted(asked)
        now = self._environment.now
        for _ in range(granted):
            vm = self._group.create(now)
            self._after(self._start_seconds(), self._vm_ready, vm)
            if self._fleet.spot_losses_per_hour:
                lifetime = self._random.expovariate(self._fleet.spot_losses_per_hour / 3600)
                self._after(lifetime, self._vm_lost, vm)
        self._peak = max(self._peak, self._group.size)
        if granted < asked:
            self._wake(now + EPSILON * 2)

    def _granted(self, asked: int) -> int:
        """How many VMs the throttle lets through now."""
        now = self._environment.now
        rate = self._fleet.throttle.per_second
        self._tokens = min(self._burst, self._tokens + (now - self._tokens_at) * rate)
        self._tokens_at = now
        granted = min(asked, int(self._tokens + EPSILON))
        self._tokens -= granted
        return granted

    def _shrink(self, rule: Rule, wanted: int) -> None:
        now = self._environment.now
        if self._group.supply - self._fleet.capacity < wanted:
            return
        for vm in self._group.idle():
            if self._group.supply - self._fleet.capacity < wanted:
                return
            end = vm.idle_since + rule.idle_seconds
            if end > now + EPSILON:
                self._wake(end)
                return
            self._remove(vm)

    # What happens to VMs and jobs

    def _vm_ready(self, vm: Vm[_Job]) -> None:
        if not vm.gone:
            self._group.boot(vm, self._environment.now)
            self._wake(self._environment.now)

    def _job_done(self, vm: Vm[_Job], job: _Job) -> None:
        if vm.gone:
            return
        self._job_seconds += job.seconds
        if not self._group.release(vm, job, self._environment.now):
            self._remove(vm)
        self._wake(self._environment.now)
        self._ended(job)

    def _vm_lost(self, vm: Vm[_Job]) -> None:
        """A job that its VM takes with it is retried: it waits again, and runs from its beginning."""
        if vm.gone:
            return
        now = self._environment.now
        for job in self._group.remove(vm, now):
            self._lost += 1
            self._waiting.append(_Job(job.run, job.seconds, now))
        self._wake(now)

    def _ended(self, job: _Job) -> None:
        job.run.left -= 1
        if not job.run.left:
            self._next_stage(job.run)

    def _remove(self, vm: Vm[_Job]) -> None:
        self._group.remove(vm, self._environment.now)
        if self._fleet.deletion_seconds:
            self._deleting += 1
            self._after(self._fleet.deletion_seconds, self._deleted)

    def _deleted(self) -> None:
        self._deleting -= 1
        self._wake(self._environment.now)

    # Time

    def _start_seconds(self) -> float:
        start = self._fleet.start
        if not start.deviation:
            return start.seconds
        variance = math.log1p((start.deviation / start.seconds) ** 2)
        return self._random.lognormvariate(math.log(start.seconds) - variance / 2, math.sqrt(variance))

    def _after(self, seconds: float, happens: Callable[..., None], *values: object) -> None:
        def happened(_: simpy.Event) -> None:
            happens(*values)

        self._environment.timeout(seconds).callbacks.append(happened)

    def _wake(self, time: float) -> None:
        """The manager looks at the first tick that is not before a time."""
        interval = self._fleet.check_interval
        tick = math.ceil((time - EPSILON) / interval)
        if tick not in self._ticks:
            self._ticks.add(tick)
            self._after(max(0.0, tick * interval - self._environment.now), self._tick, tick)
