"""The side of a session that has the lab: it boots, answers other terminals, and keeps machines up."""

import base64
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from lab.errors import LabError
from lab.lab import Lab
from lab.machines.lab_machine import LabMachine
from lab.session.changes import registered_in
from lab.session.converge import converge
from lab.session.state import MachineState, Phase, state_of
from lab.session.talk import Message

TOLD_EVERY_SECONDS = 2
"""How often whoever waits for converge hears what it is at."""


class Session:
    """A lab that is worked with."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.booting = ThreadPoolExecutor(1)
        self._boots: Future[None] | None = None
        self._one_at_a_time = threading.Lock()
        """Two that apply at once would each tell half of it."""

    def boot(self) -> None:
        """Begins to; `states` tells how far it is."""
        self._boots = self.booting.submit(self.lab.boot)

    def states(self) -> list[MachineState]:
        """Of all machines. Raises what the boot raised."""
        if self._boots is not None and self._boots.done():
            self._boots.result()
        with ThreadPoolExecutor(len(self.lab.machines)) as pool:
            states = list(pool.map(state_of, self.lab.machines.values()))
        if self._boots is not None and not self._boots.done():
            # Google's machines go down once, to come again.
            return [_as_booting(state) for state in states]
        return states

    def tend(self) -> None:
        """Boots a machine again that went down, as its cloud would after a reboot."""
        if self._boots is not None and self._boots.done():
            for machine in self.lab.machines.values():
                if not machine.is_alive():
                    # One that does not come up is shown as down, and the next round tries again.
                    with suppress(LabError, OSError):
                        machine.boot()

    def close(self) -> None:
        """Waits for a boot that is under way to notice the end."""
        self.booting.shutdown(wait=False, cancel_futures=True)

    def answer(self, question: Message) -> Iterator[Message]:
        """What another terminal asks."""
        match question["command"]:
            case "status":
                yield {"states": [asdict(state) for state in self.states()]}
            case "entrance":
                yield {"entrance": self._machine(str(question["machine"])).entrance()}
            case "registered":
                before = registered_in(self.lab.capture)
                yield {
                    "registered": {urn: asdict(entry) for urn, entry in before.items()},
                    "documents": {name: place.document for name, place in self.lab.places.items()},
                }
            case "apply":
                yield from self._apply(question)
            case other:
                raise LabError(f"this lab knows no {other}. HINT: end it and start it again")

    def _machine(self, name: str) -> LabMachine:
        machine = self.lab.machines.get(name)
        if machine is None:
            raise LabError(f"{name!r} is not up in this lab. HINT: {', '.join(self.lab.machines)}")
        if not machine.is_alive():
            raise LabError(f"{name} is down at this moment. HINT: make lab-status")
        return machine

    def _apply(self, question: Message) -> Iterator[Message]:
        if self._boots is None or not self._boots.done():
            raise LabError("the machines still boot. HINT: wait until make lab shows its table")
        if not self._one_at_a_time.acquire(blocking=False):
            raise LabError("another make lab-apply is under way. HINT: wait for it")
        try:
            now = bool(question["now"])
            changed = self._changed(question["objects"])
            yield from self._converged(
                [each for each in self.lab.machines.values() if now or each in changed or has_failed(each)], now=now
            )
        finally:
            self._one_at_a_time.release()

    def _changed(self, encoded: Any) -> list[LabMachine]:
        """Puts all objects into the stores; the machines whose document is another one then."""
        objects = {address: base64.b64decode(text) for address, text in encoded.items()}
        changed: list[LabMachine] = []
        for name, machine in self.lab.machines.items():
            address = self.lab.places[name].document
            if address not in objects:
                continue
            document = self.lab.values.in_place(objects[address])
            if document != machine.cloud.bucket.objects[address]:
                changed.append(machine)
            machine.cloud.bucket.objects = {**objects, address: document}
        return changed

    def _converged(self, machines: list[LabMachine], *, now: bool) -> Iterator[Message]:
        begun = time.monotonic()
        yield {"begun": [machine.name for machine in machines]}
        if not machines:
            return
        with ThreadPoolExecutor(len(machines)) as pool:
            runs = {pool.submit(converge, machine, now=now): machine for machine in machines}
            while runs:
                ended, _ = wait(runs, TOLD_EVERY_SECONDS, FIRST_COMPLETED)
                seconds = time.monotonic() - begun
                if not ended:
                    states = [asdict(_as_converging(state_of(each))) for each in runs.values()]
                    yield {"under_way": states, "seconds": seconds}
                for run in ended:
                    machine = runs.pop(run)
                    try:
                        yield {"outcome": asdict(run.result()), "seconds": seconds}
                    except (LabError, LookupError) as error:
                        yield {"trouble": f"{machine.name}: {error}"}


def has_failed(machine: LabMachine) -> bool:
    """Whether its last run did, so that the next one is due although nothing has changed."""
    return state_of(machine).phase is Phase.FAILED


def _as_converging(state: MachineState) -> MachineState:
    """Between two runs, and in one that an operator starts, no unit tells."""
    return replace(state, phase=Phase.CONVERGES)


def _as_booting(state: MachineState) -> MachineState:
    if state.phase is not Phase.DOWN:
        return state
    return replace(state, phase=Phase.BOOTS, task="")
