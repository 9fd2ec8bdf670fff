"""Draws the verdict of a rehearsal in a terminal."""

from rich.console import Console
from rich.text import Text

from policies import Violation
from preview.layout import columns, put
from preview.render_changes import show_changes, show_losses
from preview.report import Against
from rehearsal.life import ChangeVerdict, Stage

SHOWN_VIOLATIONS = 20

SIMULATED = "The engine was real, the clouds were simulated: no credentials, no network."


def show_life(stages: tuple[Stage, ...], console: Console | None = None) -> None:
    """What was proven, with the time that it took."""
    out = console or Console(highlight=False)
    put(out, Text("Rehearsed", "bold cyan"))
    put(out, Text(SIMULATED, "dim"))
    _stages(out, stages)


def show_change(against: Against, change: ChangeVerdict, *, full: bool, console: Console | None = None) -> None:
    """The engine's verdict on a change: refusals, losses, every step, times."""
    out = console or Console(highlight=False)
    put(out, Text(SIMULATED, "dim"))
    if change.refusals:
        out.print()
        put(out, Text("The engine refuses", "bold white on red"))
        for refusal in change.refusals:
            put(out, refusal, 2)
    show_losses(out, against)
    show_changes(out, against, full=full)
    out.print()
    _stages(out, change.stages)


def show_violations(violations: tuple[Violation, ...], console: Console | None = None) -> None:
    """Every broken promise; nothing where all hold."""
    if not violations:
        return
    out = console or Console(highlight=False)
    out.print()
    put(out, Text.assemble(("Policies", "bold red"), f"  {len(violations)} violations; `make preview` says more"))
    for violation in violations[:SHOWN_VIOLATIONS]:
        name = violation.urn.rpartition("::")[2]
        put(out, Text.assemble((violation.policy, "red"), f"  {name}: {violation.message}"), 2)


def _stages(out: Console, stages: tuple[Stage, ...]) -> None:
    rows = [(Text(stage.name, "bold"), Text(f"{stage.seconds:.1f} s"), Text(stage.proven)) for stage in stages]
    for line in columns(rows):
        put(out, line, 2)
