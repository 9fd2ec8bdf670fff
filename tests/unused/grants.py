"""What machines are granted, what of it was used, and who is never exercised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from capture import Capture
from lab.clouds.used import Use
from reach.answers import Reach
from reach.globs import matches
from reach.machines import EC2, GCE, Machine
from reach.model import Holding, Kind, Principal
from tests.registrations import machine_document
from tests.support import ROOT

COMMON = ("base", "data_disk")
"""Roles of every machine: a playbook with no more of them has no role of its own yet."""

IDENTITIES = (Kind.ROLE, Kind.USER, Kind.SERVICE_ACCOUNT, Kind.FEDERATED)


@dataclass(frozen=True)
class Unused:
    """One grant that let nothing through."""

    principal: Principal
    holding: Holding


@dataclass(frozen=True)
class Idle:
    """Somebody whose grants nothing in the lab can use."""

    principal: Principal
    why: str


def unused(capture: Capture, uses: Iterable[Use]) -> Iterator[Unused]:
    """Grants of the identities of machines whose role runs, those abroad included, that are in no use."""
    known = tuple(uses)
    reach = Reach(capture)
    for principal in _exercised(capture, reach):
        for holding in reach.holdings(principal):
            if not any(_is_of(use, holding) for use in known):
                yield Unused(principal, holding)


def idle(capture: Capture) -> Iterator[Idle]:
    """Everybody else with a grant, and why he is not exercised."""
    reach = Reach(capture)
    exercised = set(_exercised(capture, reach))
    of_machines = {
        identity for machine in reach.machines if _stands_alone(machine) for identity in _identities(reach, machine)
    }
    for principal in reach.principals:
        if principal.kind in IDENTITIES and principal not in exercised and any(reach.holdings(principal)):
            is_early = principal in of_machines
            yield Idle(principal, "its machine has no role yet" if is_early else "no machine of the lab takes it")


def _exercised(capture: Capture, reach: Reach) -> tuple[Principal, ...]:
    found = (
        identity
        for machine in reach.machines
        if _stands_alone(machine) and _has_role(capture, machine)
        for identity in _identities(reach, machine)
    )
    return tuple(dict.fromkeys(found))


def _identities(reach: Reach, machine: Machine) -> Iterator[Principal]:
    """What the machine turns into by itself: its identity, and what that is taken for in the other cloud."""
    for principal in reach.becomes(machine.principal):
        if principal.kind in IDENTITIES:
            yield principal


def _stands_alone(machine: Machine) -> bool:
    """Whether the lab boots it: machines of groups come and go."""
    return machine.registration.type in (EC2, GCE)


def _has_role(capture: Capture, machine: Machine) -> bool:
    """Whether its playbook does more than every machine's does."""
    role = machine_document(capture, machine.registration.name)["role"]
    (play,) = yaml.safe_load((ROOT / "machines" / "playbooks" / f"{role}.yml").read_text(encoding="utf-8"))
    return bool(set(play["roles"]) - set(COMMON))


def _is_of(use: Use, holding: Holding) -> bool:
    """Whether a grant is what let something through. One of GCP is a role as a whole."""
    if use.by != holding.by:
        return False
    if ":" not in holding.action:
        return True
    return matches(holding.action, use.action) and any(matches(pattern, use.on) for pattern in holding.on)
