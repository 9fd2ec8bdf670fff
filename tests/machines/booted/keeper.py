"""What a run boots: the machines of both stacks, those that stand for others, those that boot from bare images."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from lab.lab import Lab
from lab.machines import bare_proof, kept_root
from lab.machines.cache import seconds_to_make
from lab.machines.container import Container
from lab.machines.image import image_folder
from lab.machines.machine import LoneMachine
from lab.placement import document_of, machines_of, place_of
from lab.project import registered
from lab.registered import uploaded
from settings.vocabulary import Cloud
from tests.machines.booted.alike import Named, left_out, standing_for
from tests.machines.booted.lives import Life, Lives, lived
from tests.machines.support.programs import MACHINES
from tests.support import REAL_STACKS

DISTINCT = "PACKYARD_DISTINCT"
"""Variable of the environment: where it is set, one machine stands for all that differ in names and sizes alone."""


@cache
def documents() -> Mapping[Named, Any]:
    """The document of every machine of the project's stacks, as registered: a machine is tested by being there."""
    found: dict[Named, Any] = {}
    for stack in REAL_STACKS:
        capture = registered(stack)
        objects = uploaded(capture)
        for name in machines_of(capture):
            found[Named(stack, name)] = document_of(place_of(name, capture), objects)
    return found


@cache
def standing() -> Mapping[Named, Named]:
    """For each machine the one that is booted for it: itself, unless machines that are alike shall count as one."""
    if not os.environ.get(DISTINCT):
        return {machine: machine for machine in documents()}
    return standing_for(documents(), json.loads((MACHINES / "document.schema.json").read_text()))


@cache
def representatives() -> Mapping[tuple[Cloud, str], Named]:
    """The first machine of each cloud and role."""
    found: dict[tuple[Cloud, str], Named] = {}
    for machine, document in documents().items():
        found.setdefault((Cloud(document["cloud"]), document["role"]), machine)
    return found


@dataclass(frozen=True)
class Proof:
    """That a machine of a role converges from the bare image of a cloud."""

    cloud: Cloud
    role: str
    life: Life | None
    """Nothing where it was proven before, with all files as they are."""


class Keeper:
    """What was booted in this run: the machines of each stack once, when the first test asks for one of them."""

    def __init__(self) -> None:
        self.stacks: dict[str, Lives] = {}
        self.bare: dict[Named, Life] | None = None
        self.lone: dict[Cloud, LoneMachine] = {}
        """One machine of each cloud with base alone."""
        self.lone_seconds: dict[Cloud, float] = {}
        self._lab: Lab | None = None
        """The one whose machines are up."""

    def life(self, machine: Named) -> Life:
        """Of a machine of a stack."""
        if machine.stack not in self.stacks:
            names = [each.name for each in dict.fromkeys(standing().values()) if each.stack == machine.stack]
            self.stacks[machine.stack] = self._lived(machine.stack, names, bare=False)
        return self.stacks[machine.stack].by_name[machine.name]

    def proof(self, cloud: Cloud, role: str) -> Proof:
        """By a boot together with all others that are not proven, or by one that is remembered."""
        if self.bare is None:
            unproven = [machine for kind, machine in representatives().items() if not bare_proof.is_proven(*kind)]
            self.bare = {}
            for stack in dict.fromkeys(machine.stack for machine in unproven):
                names = [machine.name for machine in unproven if machine.stack == stack]
                lives = self._lived(stack, names, bare=True)
                self.bare |= {Named(stack, name): life for name, life in lives.by_name.items()}
        return Proof(cloud, role, self.bare.get(representatives()[cloud, role]))

    def up(self) -> list[Container]:
        """Machines that may be entered now."""
        return [*(self._lab.machines.values() if self._lab else ()), *self.lone.values()]

    def close(self) -> None:
        """Takes all machines away."""
        if self._lab is not None:
            self._lab.close()
        self._lab = None
        for machine in self.lone.values():
            machine.close()
        self.lone.clear()

    def _lived(self, stack: str, names: Sequence[str], *, bare: bool) -> Lives:
        """In place of the lab before it, for two take more memory than a runner has."""
        if self._lab is not None:
            self._lab.close()
            self._lab = None
        lives = lived(registered(stack), names, bare=bare)
        self._lab = lives.lab
        return lives


def account(keeper: Keeper) -> Iterator[str]:
    """Lines for whoever waits for them."""
    for stack, lives in keeper.stacks.items():
        count = len(lives.by_name)
        yield (
            f"{stack}: {count} machines converged after {lives.converged:.0f} s; with a second run and a reboot "
            f"{lives.seconds:.0f} s, {lives.seconds / count:.0f} s for each"
        )
    for cloud, seconds in keeper.lone_seconds.items():
        yield f"one machine on {cloud} with base alone, from a kept root: {seconds:.0f} s"
    made = {folder for kind in representatives() for folder in kept_root.folders(*kind)}
    seconds = sum(seconds_to_make(folder) for folder in (image_folder(), *made))
    yield f"from nothing {seconds:.0f} s more, for images and kept roots"
    for machine, life in (keeper.bare or {}).items():
        yield f"{machine} from bare Debian: converged after {life.converged_after:.0f} s"
    remembered = sum(bare_proof.is_proven(*kind) for kind in representatives())
    yield f"from bare Debian, with all files as they are: {remembered} of {len(representatives())} roles on a cloud"
    yield from left_out(standing())
