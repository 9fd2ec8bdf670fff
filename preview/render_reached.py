"""Draws who newly can do and reach what, with the way to it, and who no longer does."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from preview.able import AbilityChange
from preview.layout import put
from preview.reached import DoorChange
from reach.step import told

FOLDED = 8
"""Changes of each kind that are listed without --full."""


def show_abilities(out: Console, changes: Sequence[AbilityChange], *, full: bool) -> None:
    """What somebody newly can do with the way, then what nobody can any more; nothing where nothing changed."""
    _show(out, changes, ("Who can newly do what", "Who can do what no longer"), full=full)


def show_doors(out: Console, doors: Sequence[DoorChange], *, full: bool) -> None:
    """Doors that somebody newly reaches with the way, then lost ones; nothing where nothing changed."""
    _show(out, doors, ("Who newly reaches what", "Who reaches what no longer"), full=full)


def _show(out: Console, changes: Sequence[AbilityChange | DoorChange], titles: tuple[str, str], *, full: bool) -> None:
    """Gains with their way, then losses in a line each."""
    gained = [change for change in changes if change.is_gained]
    lost = [change for change in changes if not change.is_gained]
    for title, style, listed in ((titles[0], "bold yellow", gained), (titles[1], "bold cyan", lost)):
        if not listed:
            continue
        out.print()
        put(out, Text(title, style))
        for change in listed if full else listed[:FOLDED]:
            put(out, str(change), 2)
            if change.is_gained:
                for line in told(change.path):
                    put(out, Text(line, "dim"), 6)
        if not full and len(listed) > FOLDED:
            put(out, Text(f"and {len(listed) - FOLDED} more (--full)", "dim"), 2)
