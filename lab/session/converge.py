"""One run of converge as somebody sees it who waits for it: what it changed, restarted, and could not do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lab.machines.lab_machine import LabMachine

TASK = re.compile(r"(TASK|RUNNING HANDLER) \[(.*)\] \**")
RESULT = re.compile(r"(changed|fatal|failed): \[")
NOISE = re.compile(r'\{"event": "(started|finished)"|PLAY |included: |$')
"""Lines that say nothing of a failure."""
LAST_WORDS = 12
"""Lines of a run that failed."""


@dataclass(frozen=True)
class Outcome:
    """What one run did on a machine."""

    machine: str
    succeeded: bool
    changed: list[str]
    """Tasks."""
    handlers: list[str]
    """What ran because something had changed."""
    restarted: list[str]
    """Services that ran before and run anew."""
    started: list[str]
    failed: list[str]
    """Tasks."""
    words: str
    """The end of what a run said that failed; else empty."""


def converge(machine: LabMachine, *, now: bool) -> Outcome:
    """Runs it until the machine has the document that lies in the store; `now` as in a maintenance window."""
    before = _services(machine)
    text, succeeded = "", False
    # A run that began before the document came has to end first.
    for _ in range(2):
        succeeded, text = _run(machine, now=now)
        if not succeeded or _has_document(machine):
            break
    after = _services(machine)
    ended = list(results(text))
    return Outcome(
        machine.name,
        succeeded,
        changed=[task for kind, task, result in ended if (kind, result) == ("TASK", "changed")],
        handlers=[task for kind, task, result in ended if kind != "TASK" and result == "changed"],
        restarted=sorted(name for name in before if name in after and before[name] != after[name]),
        started=sorted(set(after) - set(before)),
        failed=[task for _, task, result in ended if result != "changed"],
        words="" if succeeded else last_words(text),
    )


def _run(machine: LabMachine, *, now: bool) -> tuple[bool, str]:
    if not now:
        return machine.converge(), machine.words()
    program = "/usr/local/lib/packyard/fetch.py"
    answer = machine.run("sh", "-c", f"{program} --now 2>&1; echo $?")
    return answer.splitlines()[-1] == "0", answer


def _has_document(machine: LabMachine) -> bool:
    return machine.run("python3", "-c", COMPARE).strip() == str(machine.document)


COMPARE = "import json; print(json.load(open('/var/lib/packyard/document.json')))"


def results(text: str) -> Iterator[tuple[str, str, str]]:
    """Kind and name of a task, and how it ended, once each."""
    seen: set[tuple[str, str, str]] = set()
    kind = task = ""
    for line in text.splitlines():
        if begun := TASK.match(line):
            kind, task = begun[1], begun[2]
        elif ended := RESULT.match(line):
            result = (kind, task, ended[1])
            if result not in seen:
                seen.add(result)
                yield result


def last_words(text: str) -> str:
    """The end of what a run said, without what it says of every run."""
    return "\n".join([line for line in text.splitlines() if not NOISE.match(line)][-LAST_WORDS:])


def _services(machine: LabMachine) -> dict[str, str]:
    """Running services, with the number of their present life."""
    text = machine.run("systemctl", "show", "*.service", "--property=Id,InvocationID,SubState")
    found: dict[str, str] = {}
    for block in text.split("\n\n"):
        values: dict[str, str] = {}
        for line in block.splitlines():
            key, _, value = line.partition("=")
            values[key] = value
        if values.get("SubState") == "running":
            found[values["Id"]] = values["InvocationID"]
    return found
