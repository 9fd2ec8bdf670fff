"""Draws the comparison with another revision: what would be lost, then every step."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from capture import Registration, type_chain
from preview.bundle import FileChange
from preview.compare import Change, Comparison, Step
from preview.difference import PropertyChange
from preview.effects import STEPS, Later, later
from preview.layout import put, put_hanging
from preview.report import Against
from preview.served_paths import PathChange, folders
from preview.telling import Told, file_lines, told
from preview.text import change_text, kind_of

SIGNS = {
    Step.DELETE: ("-", "red", "deleted"),
    Step.REPLACE: ("±", "magenta", "replaced"),
    Step.UPDATE: ("~", "yellow", "updated"),
    Step.OPTIONS: ("○", "cyan", "with other options alone"),
    Step.CREATE: ("+", "green", "created"),
}
"""Sign, colour and word of each step, what hurts most first."""

FOLDED_PROPERTIES = 6
FOLDED_CHANGES = 25
FOLDED_CREATIONS = 12
"""How many are listed one by one without --full."""


def show_losses(out: Console, against: Against) -> None:
    """Paths, stateful resources and guards that would be lost; nothing where there are none."""
    lost_paths = against.comparison.lost_paths
    if lost_paths:
        noun = "pattern of paths" if len(lost_paths) == 1 else "patterns of paths"
        put(out, Text(f"{len(lost_paths)} {noun} would no longer be served", "bold white on red"))
        for folder in folders(lost_paths):
            put(out, str(folder), 2)
        out.print()
    losses = against.comparison.losses
    if not losses:
        return
    put(out, Text(f"{against.comparison.losses_counted} would be lost", "bold white on red"))
    for change in losses:
        sign, style, word = SIGNS[change.step]
        put(out, Text.assemble((f"{sign} {word}  ", style), *_name(change.registration)), 2)
        for found in change.properties:
            if found.replaces or not change.loses_state:
                put(out, _property(found, out.width - 6), 6)
        if not change.loses_state:
            put(out, Text(f"loses {change.lost}", "dim"), 6)
            continue
        guards = _guards(change.registration)
        if guards:
            put(out, Text(guards, "dim"), 6)
    out.print()


def show_changes(out: Console, against: Against, *, full: bool) -> None:
    """Every step, or that there is none."""
    comparison = against.comparison
    out.print()
    named = f"{against.revision} ({against.commit})" if against.revision != against.commit else against.commit
    put(out, Text.assemble(("Against ", "bold cyan"), (named, "bold"), f": {_summary(comparison)}"))
    if not against.exists:
        put(out, "That revision has no such stack, so everything is new.", 2)
        return
    for step in SIGNS:
        if changes := comparison.of(step):
            _show_step(out, step, told(changes, against.bundle), full=full)
    _show_later(out, later(comparison))
    _show_paths(out, comparison.paths, full=full)
    _show_bundle(out, against.bundle.files, full=full)
    for rename in comparison.renames:
        words = ("» ", "cyan"), *_name(rename.registration), f"  was {rename.old_urn.rpartition('::')[2]}"
        put(out, Text.assemble(*words, ("  (alias: nothing changes)", "dim")), 2)
    for found in comparison.outputs:
        put(out, Text(change_text(found, out.width - 16), "dim").append("  (output)"), 2)


def _summary(comparison: Comparison) -> str:
    parts = [f"{len(changes)} {SIGNS[step][2]}" for step in SIGNS if (changes := comparison.of(step))]
    if comparison.renames:
        parts.append(f"{len(comparison.renames)} renamed")
    if comparison.outputs:
        parts.append(f"{len(comparison.outputs)} stack output{'s' * (len(comparison.outputs) != 1)}")
    return ", ".join(parts) or "no changes"


def _show_step(out: Console, step: Step, listing: Told, *, full: bool) -> None:
    sign, style, word = SIGNS[step]
    changes = listing.changes
    named = f", {listing.by_bundle} of them by the new bundle alone" if listing.by_bundle else ""
    put(out, Text(f"{len(changes) + listing.by_bundle} {word}{named}", style), 2)
    if step is Step.CREATE and len(changes) > FOLDED_CREATIONS and not full:
        _show_folded(out, changes, sign, style)
        return
    listed = changes if full else changes[:FOLDED_CHANGES]
    for change in listed:
        put(out, Text.assemble((f"{sign} ", style), *_name(change.registration)), 4)
        properties = (*change.properties, *change.options)
        shown = properties if full else properties[:FOLDED_PROPERTIES]
        for found in shown:
            put(out, _property(found, out.width - 8), 8)
        if len(shown) < len(properties):
            put(out, Text(f"and {len(properties) - len(shown)} more (--full)", "dim"), 8)
    if len(listed) < len(changes):
        _show_folded(out, changes[len(listed) :], sign, style)


def _show_later(out: Console, found: Sequence[Later]) -> None:
    if not found:
        return
    put(out, Text.assemble(("What machines do not take at once", "yellow"), (f"  steps: {STEPS}", "dim")), 2)
    for each in found:
        put(out, Text.assemble((each.machine.name, "bold"), f"  {change_text(each.change, out.width - 6)}"), 4)
        put(out, Text(each.when, "magenta"), 8)


def _show_paths(out: Console, paths: Sequence[PathChange], *, full: bool) -> None:
    """Those that are lost stand at the top already."""
    others = [path for path in paths if not path.is_lost]
    if not others:
        return
    put(out, Text("Paths that are answered in another way", "yellow"), 2)
    lines = [f"{path.host}{path.path}: {path.answers}" for path in others] if full else map(str, folders(others))
    for line in lines:
        put(out, line, 4)


def _show_bundle(out: Console, files: Sequence[FileChange], *, full: bool) -> None:
    """The files that machines take at their next converge, whatever resources name their archive."""
    if not files:
        return
    noun = "file" if len(files) == 1 else "files"
    put(out, Text(f"{len(files)} {noun} of the machine bundle", "yellow"), 2)
    for change in files if full else files[:FOLDED_CHANGES]:
        head, *lines = file_lines(change, full=full)
        put(out, Text(head, "bold"), 4)
        for line in lines:
            style = {"+": "green", "-": "red"}.get(line[:1], "dim")
            out.print(Text(f"        {line}", style), soft_wrap=True)
    if not full and len(files) > FOLDED_CHANGES:
        put(out, Text(f"and {len(files) - FOLDED_CHANGES} more (--full)", "dim"), 4)


def _show_folded(out: Console, changes: Sequence[Change], sign: str, style: str) -> None:
    """One line for each kind of system, with the kinds of its resources."""
    systems: dict[str, Counter[str]] = {}
    for change in changes:
        entry = change.registration
        system = type_chain(entry.urn).partition("$")[0].rpartition(":")[2] if entry.parent else entry.kind
        systems.setdefault(system, Counter())[entry.kind] += 1
    column = max(map(len, systems)) + 12
    for system, kinds in sorted(systems.items(), key=lambda item: -item[1].total()):
        head = Text.assemble((f"{sign} ", style), f"{system} ", (f"{kinds.total()}", "dim"))
        pieces = [Text.assemble(kind, (f" {count}" if count > 1 else "", "dim")) for kind, count in kinds.most_common()]
        put_hanging(out, head, pieces, 4, column)


def _name(entry: Registration) -> tuple[tuple[str, str], ...]:
    return (entry.name, "bold"), (f"  {entry.cloud} {kind_of(entry)}", "dim")


def _property(found: PropertyChange, width: int) -> Text:
    reason = "  forces replacement" if found.replaces else ""
    return Text(change_text(found, width - len(reason))).append(reason, "magenta")


def _guards(entry: Registration) -> str:
    """What stands in the way of the loss."""
    guards = (("protected, so Pulumi refuses", entry.protect), ("retained in the cloud", entry.retain_on_delete))
    return "; ".join(words for words, holds in guards if holds)
