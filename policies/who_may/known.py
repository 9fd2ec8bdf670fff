"""What all rows of the table ask: the answers of reach for one capture, made once for all of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

from capture import Capture, Registration, Unknown
from policies.policy import Finding
from policies.who_may.crews import Crews
from policies.who_may.table import Rows
from reach.answers import Reach
from reach.model import Kind, Principal, Target, Way
from reach.network import Network
from reach.same import Same
from reach.step import Path, told


class Known:
    """One capture with what reach knows of it."""

    def __init__(self, capture: Capture) -> None:
        """Nothing is asked before the first question."""
        self.capture = capture
        self._answers: dict[Ask, tuple[Asked, ...]] = {}

    @cached_property
    def reach(self) -> Reach:
        """Who may what."""
        return Reach(self.capture)

    @cached_property
    def network(self) -> Network:
        """Who reaches what."""
        return Network(self.capture)

    @cached_property
    def crews(self) -> Crews:
        """Who is who."""
        return Crews(self.reach)

    @cached_property
    def guarded_by_unknown(self) -> frozenset[str]:
        """URNs of buckets whose own policy, with its denials, is known only after an update."""
        return frozenset(
            urn
            for entry in self.capture.of_type("aws:s3/bucketPolicy:BucketPolicy")
            if isinstance(entry.inputs.get("policy"), Unknown)
            for urn in entry.property_dependencies.get("bucket", ())
        )

    def targets(self, word: str) -> tuple[Target, ...]:
        """Everything whose words begin with a word, for example "secret"."""
        return tuple(target for target in self.reach.targets if target.words.startswith(f"{word} "))

    def answers(self, ask: "Ask") -> tuple["Asked", ...]:
        """What a right asks, asked once: a policy and a comparison want the same."""
        if ask not in self._answers:
            self._answers[ask] = tuple(ask(self))
        return self._answers[ask]

    def registration(self, urn: str) -> Registration:
        """What a finding is about; the stack for what the program only names."""
        return self.capture.by_urn.get(urn, self.capture.root)


@dataclass(frozen=True)
class Asked:
    """A right over one resource, and everybody who gets it."""

    what: str
    """The resource as a person says it."""
    urn: str
    """Of its registration; empty for what the program only names."""
    whose: str
    """The row that speaks of it."""
    ways: tuple[Way, ...]
    owners: str = ""
    """Its administrators, where no registration says in which account or project it lies."""


Thing = TypeVar("Thing")
Group = Sequence[tuple[Thing, Way]]
"""Ways of one principal by the same steps, the last one left out, each with what it leads to."""

FURTHEST = (Kind.EVERYONE, Kind.JOB, Kind.OUTSIDER, Kind.FEDERATED, Kind.MACHINE)
"""Who is told first of several who get something alike."""
TOLD_IN_FULL = 3
"""Of how many of them the way is told."""

Ask = Callable[[Known], Iterable[Asked]]
"""A right over each resource of one kind, with everybody who gets it."""


def known(capture: Capture) -> Known:
    """What is known of a capture. Every policy asks about the same, and a preview about two: both are kept."""
    return _known(Same(capture))


def violations(known: Known, right: str, rows: Rows, asked: Iterable[Asked]) -> Iterator[Finding]:
    """Everybody who gets a right over a resource and is in no row of its owner, told once for each cause, with the way.

    Whoever gets it only through somebody who is told already is left out: what mends the one mends the other.
    """
    found: dict[tuple[str, Path], list[tuple[Asked, Way]]] = {}
    for question in asked:
        row = rows.get(question.whose)
        if row is None:
            yield Finding(
                known.registration(question.urn),
                f"nobody says who may {right} {question.what} of {question.whose}."
                " HINT: a row in policies/who_may/table.py",
            )
            continue
        if question.urn in known.guarded_by_unknown:
            # Without its denials everybody would be told whom they keep away.
            continue
        owners = question.owners or known.crews.owners(question.urn)
        tier = known.crews.owner(question.urn).tier
        wrong = [way for way in question.ways if not row.allows(known.crews.of(way.principal), tier, owners)]
        for way in told_once(wrong, question.ways):
            found.setdefault((str(way.principal), way.path[:-1]), []).append((question, way))
    for alike in by_cause(found.values()):
        question, _ = alike[0]
        yield Finding(known.registration(question.urn), _message(known, right, alike))


def told_once(some: Iterable[Way], every: Iterable[Way]) -> Iterator[Way]:
    """Of some of the ways to a resource those that lead through nobody else of them.

    An identity of a pool is nobody by itself: where somebody is taken for it, he is told in its place.
    """
    listed = tuple(some)
    through = {way.path[1:] for way in every}
    between = {way.path for way in listed if way.principal.kind is Kind.FEDERATED and way.path in through}
    paths = {way.path for way in listed} - between

    def is_told_already(path: Path) -> bool:
        return path[1:] in paths or (path[1:] in between and is_told_already(path[1:]))

    yield from (way for way in listed if way.path not in between and not is_told_already(way.path))


def by_cause(groups: Iterable[Group[Thing]]) -> Iterator[Group[Thing]]:
    """Ways of one principal each, together where the same grants begin all of them; whoever weighs most is first.

    Of a way that is told nothing but the first step is wrong: whoever comes next may go on. So a grant to everyone is
    one thing to mend, and not one for everybody who is thereby let in.
    """
    found: dict[frozenset[str], list[Group[Thing]]] = {}
    for several in groups:
        causes = frozenset(way.path[0].by or str(way.principal) for _, way in several)
        found.setdefault(causes, []).append(several)
    for alike in found.values():
        yield [each for several in sorted(alike, key=lambda several: _weight(several[0][1])) for each in several]


def called(known: Known, ways: Iterable[Way]) -> str:
    """The first of several, and what the table calls him, with the number of the others."""
    first, *others = dict.fromkeys(way.principal for way in ways)
    crew = known.crews.of(first)
    more = f" and {len(others)} more" if others else ""
    return f"{first}{more}" if crew == str(first) else f"{first} ({crew}){more}"


def _weight(way: Way) -> tuple[bool, int, int, Principal]:
    """Sure ways before doubtful ones, then whoever is furthest from us, then the shortest way."""
    kind = way.principal.kind
    return (not way.is_sure, FURTHEST.index(kind) if kind in FURTHEST else len(FURTHEST), len(way.path), way.principal)


def _message(known: Known, right: str, alike: Group[Asked]) -> str:
    question, way = alike[0]
    what = dict.fromkeys(question.what for question, _ in alike)
    more = f" and {len(what) - 1} more" if len(what) > 1 else ""
    who = called(known, (way for _, way in alike))
    lines = [f"{who} may {right} {question.what}{more}: {'; '.join(told(way.path))}"]
    ways = {(way.principal, way.path[:-1]): (question, way) for question, way in reversed(alike)}
    if len(ways) > 1:
        rows = dict.fromkeys(question.whose for question, _ in alike)
        cause = known.registration(way.path[0].by)
        lines.append(f"One cause of all is {cause.kind} {cause.name}, against what is said of {', '.join(rows)}")
    for question, way in [each for each in alike if each in ways.values()][1:TOLD_IN_FULL]:
        lines.append(f"{called(known, (way,))} gets to {question.what}: {'; '.join(told(way.path))}")
    return f"{'. '.join(lines)}. HINT: take away what allows a step, or say in policies/who_may/table.py why it may"


@lru_cache(maxsize=2)
def _known(same: Same) -> Known:
    return Known(same.capture)
