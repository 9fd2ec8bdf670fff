"""The life of every machine of a stack: first boot, a second run of converge, a reboot. All machines live at once."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from capture import Capture
from lab.errors import LabError
from lab.lab import Lab
from lab.machines import kept_root
from lab.machines.lab_machine import LabMachine

CONVERGED_SECONDS = 900
SETTLED_SECONDS = 300
"""For what goes on after converge, such as the making of a standby."""

BY_OTHERS = ("/etc/pgbackrest/conf.d/", "/conf.d/20-alone.conf")
"""Below the folders of converge, what other programs write: tokens, and that a primary has no standby yet."""


@dataclass
class Life:
    """What a machine did, as far as it got."""

    name: str
    converged_after: float = 0
    """Seconds from the beginning of the lab."""
    cloud_init: str = ""
    failed_units: str = ""
    second_run: str = ""
    changed_by_second_run: str = ""
    changed_by_reboot: str = ""
    reported_after_reboot: bool = False
    refused: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list[str])
    """What ended it."""

    def be_sound(self) -> None:
        """Raises AssertionError where it ended before its time."""
        assert not self.faults, self.faults[0]


@dataclass(frozen=True)
class Lives:
    """All machines of one lab."""

    lab: Lab
    """Its machines stay as their lives left them, until it is closed."""
    by_name: dict[str, Life]
    converged: float
    """Seconds until all had converged for the first time, from before the lab was there."""
    seconds: float
    """With the second run and the reboot."""


def lived(capture: Capture, names: Sequence[str], *, bare: bool = False) -> Lives:
    """Lets machines of a capture live; a fault ends the life of its own machine alone.

    From `bare` images they live until they have converged, for the rest is the same as from kept ones.
    """
    begun = time.monotonic()
    lives = {name: Life(name) for name in names}

    def converge(machine: LabMachine, life: Life) -> None:
        machine.wait_for(machine.has_converged, CONVERGED_SECONDS, "it converges")
        life.converged_after = time.monotonic() - begun
        life.cloud_init = machine.run("cloud-init", "status", "--long", check=False)

    def live(names: Sequence[str]) -> None:
        _each(lab, lives, names, converge)
        if bare:
            return
        _each(lab, lives, names, _second_run)
        # As an operator would have it: of one role, one machine at a time goes down.
        for name in names:
            _each(lab, lives, [name], _reboot)

    lab = Lab(capture, names, layers=kept_root.bare_layers_of if bare else kept_root.layers_of)
    with ExitStack() as until_it_is_whole:
        until_it_is_whole.enter_context(lab)
        roles = _by_role(lab)
        with ThreadPoolExecutor(len(roles)) as pool:
            tuple(pool.map(live, roles))
        until_it_is_whole.pop_all()
    return Lives(lab, lives, max(life.converged_after for life in lives.values()), time.monotonic() - begun)


def _second_run(machine: LabMachine, life: Life) -> None:
    settle(machine)
    before = lasting(machine)
    assert machine.converge(), machine.words()
    life.second_run = machine.words()
    life.changed_by_second_run = difference(before, lasting(machine))
    life.failed_units = machine.run("systemctl", "--failed", "--plain", "--no-legend").strip()


def _reboot(machine: LabMachine, life: Life) -> None:
    settle(machine)
    before, last = lasting(machine), machine.metric("timestamp_seconds")
    machine.reboot(CONVERGED_SECONDS)
    machine.wait_for(lambda: machine.metric("timestamp_seconds") > last, CONVERGED_SECONDS, "it converges by itself")
    settle(machine)
    life.reported_after_reboot = machine.metric("last_run_success") == 1
    life.changed_by_reboot = difference(before, lasting(machine))
    life.refused = tuple(machine.cloud.bucket.refused)


def settle(machine: LabMachine) -> None:
    """Waits until nothing is about to start, or to start again."""
    states = ("list-units", "--state=activating,reloading,deactivating", "--plain", "--no-legend")

    def quiet() -> bool:
        return machine.run("systemctl", *states).strip() == ""

    machine.wait_for(quiet, SETTLED_SECONDS, f"it settles: {machine.run('systemctl', *states)}")


def lasting(machine: LabMachine) -> frozenset[str]:
    """Digest and name of each file that converge owns."""
    lines = machine.fingerprint().splitlines()
    return frozenset(line for line in lines if not any(place in line for place in BY_OTHERS))


def difference(before: frozenset[str], after: frozenset[str]) -> str:
    """The names of files that differ."""
    return " ".join(sorted({line.split()[-1] for line in before ^ after}))


def _each(lab: Lab, lives: dict[str, Life], names: Iterable[str], act: Callable[[LabMachine, Life], None]) -> None:
    """Does something with machines at once; those that have failed before are left alone."""

    def one(name: str) -> None:
        life = lives[name]
        if life.faults:
            return
        try:
            act(lab.machines[name], life)
        except (AssertionError, LabError, LookupError) as fault:
            life.faults.append(f"{act.__name__.strip('_')}: {fault}")

    with ThreadPoolExecutor(len(lives)) as pool:
        tuple(pool.map(one, names))


def _by_role(lab: Lab) -> list[list[str]]:
    """Machines of one role may wait for each other, those of different roles do not."""
    found: dict[str, list[str]] = {}
    for name, machine in lab.machines.items():
        found.setdefault(machine.role, []).append(name)
    return list(found.values())
