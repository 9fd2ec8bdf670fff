"""What all rows of the table ask: the answers of reach for one capture, made once for all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from capture import Capture, Registration
from policies.policy import Finding
from policies.who_may.crews import Crews
from policies.who_may.table import Rows
from reach.answers import Reach
from reach.model import Target, Way
from reach.network import Network
from reach.step import Path, told


class Known:
    """One capture with what reach knows of it."""

    def __init__(self, capture: Capture) -> None:
        """Nothing is asked before the first question."""
        self.capture = capture

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

    def targets(self, word: str) -> tuple[Target, ...]:
        """Everything whose words begin with a word, for example "secret"."""
        return tuple(target for target in self.reach.targets if target.words.startswith(f"{word} "))

    def registration(self, urn: str) -> Registration:
        """What a finding is about; the stack for what the program only names."""
        return self.capture.by_urn.get(urn, self.capture.root)


@dataclass(frozen=True)
class Asked:
    """A right over one resource, and everybody who gets it."""

    target: Target
    ways: tuple[Way, ...]


def known(capture: Capture) -> Known:
    """What is known of a capture. Every policy asks about the same one after the other, so the last one is kept."""
    return _known(_Same(capture))


def violations(known: Known, right: str, rows: Rows, asked: Iterable[Asked]) -> Iterator[Finding]:
    """Everybody who gets a right over a resource and is in no row of its owner, each told once with his way.

    Whoever gets it only through somebody who is told already is left out: what mends the one mends the other.
    """
    found: dict[tuple[str, Path], list[tuple[Target, Way]]] = {}
    for question in asked:
        owner = known.crews.owner(question.target.urn)
        row = rows.get(str(owner))
        if row is None:
            yield Finding(
                known.registration(question.target.urn),
                f"nobody says who may {right} {question.target.words} of {owner}."
                " HINT: a row in policies/who_may/table.py",
            )
            continue
        owners = known.crews.owners(question.target.urn)
        wrong = [way for way in question.ways if not row.allows(known.crews.of(way.principal), owner, owners)]
        paths = {way.path for way in wrong}
        for way in wrong:
            if way.path[1:] not in paths:
                found.setdefault((str(way.principal), way.path[:-1]), []).append((question.target, way))
    for targets in found.values():
        target, way = targets[0]
        yield Finding(known.registration(target.urn), _message(known, right, way, target, len(targets) - 1))


def _message(known: Known, right: str, way: Way, target: Target, others: int) -> str:
    crew = known.crews.of(way.principal)
    who = str(way.principal) if crew == str(way.principal) else f"{way.principal} ({crew})"
    what = f"{target.words} and {others} more" if others else target.words
    return (
        f"{who} may {right} {what}: {'; '.join(told(way.path))}."
        " HINT: take away what allows a step, or say in policies/who_may/table.py why it may"
    )


class _Same:
    """A capture as a key: only the very same object is equal, since one holds dictionaries."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture

    def __hash__(self) -> int:
        return id(self.capture)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.capture is self.capture


@lru_cache(maxsize=1)
def _known(same: _Same) -> Known:
    return Known(same.capture)
