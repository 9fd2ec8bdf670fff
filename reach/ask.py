"""Asking by hand: who can do something, what somebody can do, each with the steps that lead there.

python -m reach.ask STACK --can "read secret NAME"
python -m reach.ask STACK --can "become root on pg-b"
python -m reach.ask STACK --can "s3:DeleteObjectVersion bucket NAME"
python -m reach.ask STACK --by runner-manager-aws-blue
python -m reach.ask STACK --reaches package-server:443
"""

import argparse
import difflib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from capture import Capture, ProgramError, StackFileError, capture_stack, read_stack_file
from reach.answers import Reach
from reach.model import Kind, Principal, Target, Way
from reach.network import Network, UnknownNameError, answer_reaches, unjudged
from reach.network.telling import reached_as_json, reached_lines
from reach.step import documented, told
from reach.verbs import VERBS

ROOT = Path(__file__).resolve().parent.parent

ROOT_ON = "become root on "
BECOME = "become "
NEAREST = 3
"""Names that are told for one that is not there."""

Found = TypeVar("Found")


class QuestionError(Exception):
    """A question that cannot be asked; the text says what is wrong, and what could be asked instead."""


@dataclass(frozen=True)
class Reply:
    """The answer to one question."""

    question: str
    ways: tuple[Way, ...]
    """Who gets there, or for a question about one principal whom or what it gets to."""
    faults: tuple[str, ...]
    """What could not be read, so that somebody may be missing."""


def who_can(reach: Reach, question: str) -> Reply:
    """Everybody who can do what is asked, for example "read secret signing-key". Raises QuestionError."""
    words = " ".join(question.split())
    if words.startswith(ROOT_ON):
        machine = _found(words.removeprefix(ROOT_ON), {entry.principal.name: entry for entry in reach.machines})
        ways = reach.roots(machine)
    elif words.startswith(BECOME):
        ways = reach.who_becomes(principal_named(reach, words.removeprefix(BECOME)))
    else:
        ways = reach.who_may(*_asked(reach, words))
    return Reply(words, ways, tuple(str(fault) for fault in reach.faults))


def what_can(reach: Reach, name: str) -> Reply:
    """Whom somebody turns into, root on machines included, and which secrets it reads. Raises QuestionError."""
    principal = principal_named(reach, name)
    becomes = [Way(other, path) for other, path in reach.becomes(principal).items() if other.kind is not Kind.POWER]
    reads: list[Way] = []
    for target in reach.targets:
        if target.words.startswith("secret "):
            found = [way for way in reach.who_may(VERBS["read", "secret"], [target]) if way.principal == principal]
            reads.extend(Way(Principal(Kind.POWER, f"{target.words} to read"), way.path) for way in found)
    return Reply(f"by {principal}", (*becomes, *reads), tuple(str(fault) for fault in reach.faults))


def principal_named(reach: Reach, name: str) -> Principal:
    """The principal with a logical name, an ARN, a member or what answers call it. Raises QuestionError."""
    known: dict[str, Principal] = {}
    for principal in reversed(reach.principals):
        # A machine has the name of its account; whoever asks by the name alone means root on it.
        machine_first = principal.kind is Kind.MACHINE or principal.name not in known
        known |= {str(principal): principal, principal.identifier: principal}
        if machine_first:
            known[principal.name] = principal
    return _found(name, known)


def _asked(reach: Reach, words: str) -> tuple[tuple[str, ...], list[Target]]:
    """The actions and the resources of a question."""
    verb, _, rest = words.partition(" ")
    kind, _, name = rest.partition(" ")
    if not name:
        hint = f'HINT: "read secret NAME", "{ROOT_ON}NAME", "{BECOME}NAME", or an action and a resource'
        raise QuestionError(f'"{words}" is no question. {hint}')
    is_action = ":" in verb or "." in verb
    if not is_action and (verb, "objects") in VERBS and kind == "bucket":
        kind = "objects"
    actions = (verb,) if is_action else VERBS.get((verb, kind))
    if actions is None:
        listed = sorted(" ".join(pair) for pair in VERBS)
        near = difflib.get_close_matches(f"{verb} {kind}", listed, NEAREST) or listed
        raise QuestionError(f'nobody knows how to "{verb} {kind}". HINT: {", ".join(near)}, or an action of a cloud')
    by_words: dict[str, list[Target]] = {}
    for target in reach.targets:
        by_words.setdefault(target.words.removeprefix("objects of "), []).append(target)
    wanted = f"{'bucket' if kind == 'objects' else kind} {name.removeprefix('of ').removeprefix('bucket ')}"
    found = _found(wanted, by_words)
    of_objects = kind == "objects" or (is_action and "object" in verb.lower() and "bucket" not in verb.lower())
    return actions, [target for target in found if target.words.startswith("objects of ") is of_objects]


def _found(name: str, known: Mapping[str, Found]) -> Found:
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, [entry for entry in known if entry], NEAREST, cutoff=0.5)
    raise QuestionError(
        f'there is no "{name}". HINT: {", ".join(near) if near else "make preview lists what there is"}'
    )


def lines(reply: Reply) -> Iterable[str]:
    """The answer for a terminal."""
    yield f"{reply.question}: {len(reply.ways) or 'nobody'}"
    for way in reply.ways:
        yield ""
        yield f"{way.principal}{'' if way.is_sure else ' (perhaps)'}"
        yield from (f"  {line}" for line in told(way.path))
    for fault in reply.faults:
        yield f"could not be read, so somebody may be missing: {fault}"


def as_json(reply: Reply) -> str:
    """The answer for a program."""
    ways = [
        {
            "principal": str(way.principal),
            "urn": way.principal.urn,
            "sure": way.is_sure,
            "path": documented(way.path),
        }
        for way in reply.ways
    ]
    return json.dumps({"question": reply.question, "ways": ways, "faults": list(reply.faults)}, indent=2)


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Prints the answer; 0 where it could be found, 1 where the question or the stack is wrong."""
    parser = argparse.ArgumentParser(prog="python -m reach.ask", description="Who can do what in a stack, and how.")
    parser.add_argument("stack", help="name of a stack, for example production")
    parser.add_argument("--can", default="", help='for example "read secret NAME" or "become root on NAME"')
    parser.add_argument("--by", default="", help="a principal, for example runner-manager-aws-blue")
    parser.add_argument("--reaches", default="", help="a port, for example package-server:443 or pg-b:51820/udp")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if not options.can and not options.by and not options.reaches:
        parser.error('nothing is asked. HINT: make who STACK=production CAN="become root on pg-b"')
    if options.reaches and (options.can or options.by):
        parser.error("REACHES asks the network, CAN and BY ask the grants. HINT: one after the other")
    try:
        answer = _answered(capture_stack(root, read_stack_file(root, options.stack)), options)
    except (QuestionError, UnknownNameError, ProgramError, StackFileError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{answer}\n")
    return 0


def _answered(capture: Capture, options: argparse.Namespace) -> str:
    if options.reaches:
        found = answer_reaches(Network(capture), options.reaches)
        told_as = reached_as_json if options.json else reached_lines
        return told_as(options.reaches, found, tuple(unjudged(capture)))
    reach = Reach(capture)
    reply = who_can(reach, options.can) if options.can else what_can(reach, options.by)
    if options.can and options.by:
        principal = principal_named(reach, options.by)
        reply = Reply(reply.question, tuple(way for way in reply.ways if way.principal == principal), reply.faults)
    return as_json(reply) if options.json else "\n".join(lines(reply))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
