"""Draws the versions that end soon."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from policies.versions import Ending
from preview.layout import put, put_flow


def show_endings(out: Console, endings: Sequence[Ending]) -> None:
    """Each version, and below it what uses it."""
    out.print()
    put(out, Text.assemble(("Versions that end within 90 days", "bold cyan"), "" if endings else "  none"))
    for ending in endings:
        put(out, Text.assemble((f"{ending.product} {ending.version}", "bold"), "  ", _when(ending)), 2)
        put_flow(out, (Text(name, "dim") for name in ending.names), 4)


def _when(ending: Ending) -> Text:
    life = ending.life
    if life.ended:
        return Text("has ended", "red")
    if life.days is None:
        return Text("no end is known (settings/version_ends.py)", "yellow")
    return Text(f"{life.ends}, in {life.days} days", "yellow")
