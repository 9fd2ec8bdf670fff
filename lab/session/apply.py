"""`make lab-apply`: the stack file as it is now, on the machines of a running lab."""

import base64
from collections.abc import Iterable
from itertools import groupby

from capture import Capture
from lab.registered import uploaded
from lab.session.changes import OBJECTS, NotApplied, Registered, not_applied, registered_in
from lab.session.converge import Outcome
from lab.session.run_folder import socket_of
from lab.session.state import state_from
from lab.session.table import Progress
from lab.session.talk import ask, ask_once, ended
from lab.session.words import counted

EXIT_FINE, EXIT_FAILED = 0, 1


def apply(capture: Capture, *, now: bool) -> int:
    """Shows what converge did on each machine, and what the lab does not take over. Raises LabError."""
    door = socket_of(capture.stack)
    known = ask_once(door, {"command": "registered"})
    before = {urn: Registered(**entry) for urn, entry in known["registered"].items()}
    objects = uploaded(capture)
    encoded = {address: base64.b64encode(content).decode() for address, content in objects.items()}
    outcomes: list[Outcome] = []
    troubles: list[str] = []
    begun: list[str] = []
    progress = Progress()
    for message in ask(door, {"command": "apply", "objects": encoded, "now": now}):
        if "under_way" in message:
            progress.show([state_from(state) for state in message["under_way"]], message["seconds"])
            continue
        progress.clear()
        if "begun" in message:
            begun = message["begun"]
            print(_begins(begun, list(known["documents"])), flush=True)
        elif "trouble" in message:
            troubles.append(message["trouble"])
            print(f"\n{message['trouble']}", flush=True)
        else:
            outcomes.append(Outcome(**message["outcome"]))
            print("\n" + "\n".join(_told(outcomes[-1], message["seconds"])), flush=True)
    if len(outcomes) + len(troubles) < len(begun):
        raise ended(door)
    failed = len(troubles) + sum(not outcome.succeeded for outcome in outcomes)
    if begun:
        print(f"\n{_summary(outcomes, failed)}")
    differences = not_applied(before, registered_in(capture), taken_over(objects, known["documents"].values()))
    print("".join(_rest(differences)), end="")
    return EXIT_FAILED if failed else EXIT_FINE


def enter(stack: str, machine: str) -> list[str]:
    """The beginning of a command line that runs on a machine. Raises LabError."""
    return list(ask_once(socket_of(stack), {"command": "entrance", "machine": machine})["entrance"])


def _begins(begun: list[str], machines: list[str]) -> str:
    if not begun:
        return f"No document and no bundle of {', '.join(machines)} has changed. HINT: NOW=1 converges all the same"
    same = [name for name in machines if name not in begun]
    return f"Converges {', '.join(begun)}" + (f"; unchanged: {', '.join(same)}" if same else "")


def _told(outcome: Outcome, seconds: float) -> Iterable[str]:
    yield f"{outcome.machine}  {'converged' if outcome.succeeded else 'failed'}, {seconds:.0f} s"
    for word, names in (
        ("changed", outcome.changed),
        ("failed", outcome.failed),
        ("handler", outcome.handlers),
        ("restarted", outcome.restarted),
        ("started", outcome.started),
    ):
        yield from (f"  {word:9}  {name}" for name in names)
    if outcome.succeeded and not outcome.changed:
        yield "  nothing to change"
    yield from (f"  | {line}" for line in outcome.words.splitlines())


def _summary(outcomes: list[Outcome], failed: int) -> str:
    changed = sum(len(outcome.changed) for outcome in outcomes)
    restarted = sum(len(outcome.restarted) for outcome in outcomes)
    converged = counted(sum(outcome.succeeded for outcome in outcomes), "machine")
    told = f"{counted(changed, 'task')} changed, {counted(restarted, 'unit')} restarted"
    return f"{converged} converged anew, {failed} failed: {told}"


def taken_over(objects: Iterable[str], documents: Iterable[str]) -> set[str]:
    """Addresses of documents of machines that are up, and of bundles."""
    documents = set(documents)
    stores = {address.split("/")[2] for address in documents}
    return {
        address
        for address in objects
        if address in documents or (address.split("/")[2] in stores and "/machines/" not in address)
    }


def _rest(differences: list[NotApplied]) -> Iterable[str]:
    if not differences:
        return
    yield "\nNot applied; a new `make lab` has it:\n"
    for group, entries in groupby(differences, key=lambda each: each.group):
        if group == OBJECTS:
            yield f"  {group}: {', '.join(each.name for each in entries)}\n"
            continue
        yield f"  {group}\n"
        yield from (f"    {each.kind:8} {each.urn}\n" for each in entries)
