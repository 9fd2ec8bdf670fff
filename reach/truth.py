"""Truth with doubt: whether a condition holds, does not, or cannot be told from a capture.

A doubt without a reason is a choice: who asks decides it himself, as with the region of a request. In a grant a doubt
counts as holding, in a denial as not holding, so that an answer "may not" is never a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Doubt:
    """A condition of which nobody can say whether it holds."""

    reason: str = ""
    """What is not known, for a person; empty where whoever asks may choose."""


Truth = bool | Doubt

CHOICE = Doubt()
"""What whoever asks decides himself."""


def both(parts: Iterable[Truth]) -> Truth:
    """Whether all hold: false wins over doubt, doubt over true."""
    doubts: list[Doubt] = []
    for part in parts:
        if part is False:
            return False
        if isinstance(part, Doubt):
            doubts.append(part)
    return _joined(doubts) if doubts else True


def either(parts: Iterable[Truth]) -> Truth:
    """Whether one holds: true wins over doubt, doubt over false."""
    doubts: list[Doubt] = []
    for part in parts:
        if part is True:
            return True
        if isinstance(part, Doubt):
            doubts.append(part)
    return _joined(doubts) if doubts else False


def negated(part: Truth) -> Truth:
    """The contrary; of a doubt the same doubt."""
    return part if isinstance(part, Doubt) else not part


def counts(part: Truth, *, in_denial: bool = False) -> bool:
    """Whether it counts as holding: in doubt a grant does, and a denial does not."""
    return not in_denial if isinstance(part, Doubt) else part


def reason(part: Truth) -> str:
    """What is not known about it; empty for what is known and for a choice."""
    return part.reason if isinstance(part, Doubt) else ""


def _joined(doubts: list[Doubt]) -> Doubt:
    return Doubt(" and ".join(dict.fromkeys(doubt.reason for doubt in doubts if doubt.reason)))
