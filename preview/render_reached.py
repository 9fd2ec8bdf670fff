"""Draws who newly reaches what over the network, with the way to it, and who no longer does."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from preview.layout import put
from preview.reached import DoorChange
from reach.step import told

FOLDED = 8
"""Doors of each kind that are listed without --full."""


def show_doors(out: Console, doors: Sequence[DoorChange], *, full: bool) -> None:
    """Gains with their way, then losses in a line each; nothing where nothing changed."""
    gained = [door for door in doors if door.is_gained]
    lost = [door for door in doors if not door.is_gained]
    for title, style, listed in (
        ("Who newly reaches what", "bold yellow", gained),
        ("Who reaches what no longer", "bold cyan", lost),
    ):
        if not listed:
            continue
        out.print()
        put(out, Text(title, style))
        for door in listed if full else listed[:FOLDED]:
            put(out, str(door), 2)
            if door.is_gained:
                for line in told(door.path):
                    put(out, Text(line, "dim"), 6)
        if not full and len(listed) > FOLDED:
            put(out, Text(f"and {len(listed) - FOLDED} more (--full)", "dim"), 2)
