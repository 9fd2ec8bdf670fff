"""What a change lets anybody newly reach over the network, and what nobody reaches any more, told once a door."""

from collections.abc import Iterable
from dataclasses import dataclass

from capture import Capture
from policies.who_may.known import known
from reach.network import Change, difference
from reach.step import Path


@dataclass(frozen=True)
class DoorChange:
    """One door, and all who reach it newly or no longer."""

    is_gained: bool
    places: tuple[str, ...]
    """In words, for example "job on worker group shard-amd64-trusted-blue"."""
    door: str
    """Target and ports in words, for example "machine pg-a at tcp 5432"."""
    part: str
    """Of a crowd or of the internet the ranges in question; empty where it is all of them."""
    perhaps: str
    """The condition that is not understood and counts as holding; empty where there is none."""
    path: Path
    """How the first of the places comes there, or came."""

    def __str__(self) -> str:
        """One line."""
        first, *others = self.places
        who = f"{first} and {len(others)} more" if others else first
        verb = ("can now reach" if not others else "now reach") if self.is_gained else _lost(len(others))
        part = f" ({self.part})" if self.part else ""
        doubt = f", if {self.perhaps}" if self.perhaps else ""
        return f"{who} {verb} {self.door}{part}{doubt}"


def door_changes(before: Capture, after: Capture) -> tuple[DoorChange, ...]:
    """Gains before losses, in the order of the estate."""
    return _by_door(difference(known(before).network, known(after).network))


def _by_door(changes: Iterable[Change]) -> tuple[DoorChange, ...]:
    found: dict[tuple[bool, str, str, str], list[Change]] = {}
    for change in changes:
        door = f"{change.target} at {', '.join(map(str, change.flows))}"
        found.setdefault((change.is_gained, door, change.part, change.perhaps), []).append(change)
    return tuple(
        DoorChange(
            is_gained=is_gained,
            places=tuple(dict.fromkeys(change.place for change in group)),
            door=door,
            part=part,
            perhaps=perhaps,
            path=group[0].path,
        )
        for (is_gained, door, part, perhaps), group in found.items()
    )


def _lost(others: int) -> str:
    return "no longer reach" if others else "no longer reaches"
