"""`make lab-apply`: the stack file as it is now, on the machines of a running lab."""

import base64
from collections.abc import Iterable
from itertools import groupby

from capture import Capture
from lab.registered import uploaded
from lab.session.changes import NotApplied, Registered, not_applied, registered_in
from lab.session.converge import Outcome
from lab.session.run_folder import socket_of
from lab.session.talk import ask

EXIT_FINE, EXIT_FAILED = 0, 1


def apply(capture: Capture, *, now: bool) -> int:
    """Shows what converge did on each machine, and what the lab does not take over. Raises LabError."""
    door = socket_of(capture.stack)
    (known,) = ask(door, {"command": "registered"})
    before = {urn: Registered(**entry) for urn, entry in known["registered"].items()}
    objects = uploaded(capture)
    encoded = {address: base64.b64encode(content).decode() for address, content in objects.items()}
    outcomes: list[Outcome] = []
    troubles: list[str] = []
    for message in ask(door, {"command": "apply", "objects": encoded, "now": now}):
        if "changed" in message:
            print(_begins(message["changed"], list(known["documents"])), flush=True)
        elif "trouble" in message:
            troubles.append(message["trouble"])
            print(f"\n{message['trouble']}", flush=True)
        else:
            outcomes.append(Outcome(**message["outcome"]))
            print("\n" + "\n".join(_told(outcomes[-1], message["seconds"])), flush=True)
    failed = len(troubles) + sum(not outcome.succeeded for outcome in outcomes)
    if outcomes or troubles:
        print(f"\n{_summary(outcomes, failed)}")
    print("".join(_rest(not_applied(before, registered_in(capture), taken_over(objects, known["documents"].values())))))
    return EXIT_FAILED if failed else EXIT_FINE


def enter(stack: str, machine: str) -> list[str]:
    """The beginning of a command line that runs on a machine. Raises LabError."""
    (answer,) = ask(socket_of(stack), {"command": "entrance", "machine": machine})
    return list(answer["entrance"])


def _begins(changed: list[str], machines: list[str]) -> str:
    if not changed:
        return f"No document and no bundle of {', '.join(machines)} has changed."
    same = [name for name in machines if name not in changed]
    return f"Converges {', '.join(changed)}" + (f"; unchanged: {', '.join(same)}" if same else "")


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
    machines = len(outcomes)
    return f"{machines} machines converged anew: {changed} tasks changed, {restarted} units restarted, {failed} failed"


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
        yield f"  {group}\n"
        yield from (f"    {each.kind:8} {each.urn}\n" for each in entries)
