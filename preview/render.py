"""Draws the preview in a terminal: what may hurt first, then the whole estate, the verdict last."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from capture import Capture, Registration
from preview.effects import later
from preview.endings import show_endings
from preview.layout import columns, flow, put, put_flow, put_hanging
from preview.machines import Disk, Group, Machine
from preview.render_changes import show_changes, show_losses
from preview.render_reached import show_abilities, show_doors
from preview.report import EXIT_FINE, EXIT_LOSS, NO_CLOUD, Report
from preview.text import kind_of, service_of
from preview.violations import by_line

INDENT = 2
FOLDED_MESSAGES = 3
"""Messages of one line of the program that are shown without `full`."""
GUIDE = 4
"""Columns; a tree takes four for each level."""


def render(report: Report, *, full: bool, changes_alone: bool = False, console: Console | None = None) -> None:
    """Prints every section, or those of the difference alone. Without `full`, long lists are folded."""
    out = console or Console(highlight=False)
    if report.against is not None:
        show_losses(out, report.against)
    _header(out, report)
    if report.against is not None:
        show_abilities(out, report.against.abilities, full=full)
        show_doors(out, report.against.doors, full=full)
        show_changes(out, report.against, full=full)
    if not changes_alone:
        _estate(out, report, full=full)
    _policies(out, report, full=full)
    _verdict(out, report)


def _estate(out: Console, report: Report, *, full: bool) -> None:
    """Everything that the stack has."""
    _totals(out, report.capture)
    _section(out, "Components")
    out.print(_tree(report.capture, out.width, full=full))
    waiting = () if report.against is None else later(report.against.comparison)
    _machines(out, report.machines, {found.machine.urn for found in waiting})
    _groups(out, report.groups)
    _open_to_the_world(out, report)
    _secrets(out, report, full=full)
    _placeholders(out, report, full=full)
    show_endings(out, report.endings)


def _header(out: Console, report: Report) -> None:
    capture = report.capture
    components = sum(not entry.custom for entry in capture.registrations) - 1
    put(
        out,
        Text.assemble(
            (capture.stack, "bold"),
            f" · project {capture.project} · {_count(len(capture.resources), 'resource')}",
            f" in {_count(components, 'component')}",
        ),
    )
    put(out, Text(NO_CLOUD, "dim"))


def _section(out: Console, title: str, note: str = "", style: str = "bold cyan") -> None:
    out.print()
    put(out, Text.assemble((title, style), f"  {note}" if note else ""))


def _totals(out: Console, capture: Capture) -> None:
    _section(out, "Resources by cloud and kind")
    for cloud, count in sorted(Counter(entry.cloud for entry in capture.resources).items()):
        put(out, Text(f"{cloud} {count}", "bold"), INDENT)
        entries = [entry for entry in capture.resources if entry.cloud == cloud]
        services = Counter(map(service_of, entries))
        column = max(map(len, services)) + 10
        for service, number in sorted(services.items(), key=lambda item: (-item[1], item[0])):
            head = Text(f"{service:<{column - 9}}{number:>3}")
            put_hanging(out, head, _kinds(entry for entry in entries if service_of(entry) == service), 4, column)


def _kinds(entries: Iterable[Registration]) -> Iterator[Text]:
    """Kinds with their counts, most first."""
    counts = Counter(entry.kind for entry in entries)
    for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield Text.assemble(kind, (f" {count}" if count > 1 else "", "dim"))


def _tree(capture: Capture, width: int, *, full: bool) -> Tree:
    tree = Tree(Text(capture.stack, "bold"), guide_style="dim")
    _grow(tree, capture, capture.root, width - GUIDE, full=full)
    return tree


def _grow(tree: Tree, capture: Capture, parent: Registration, width: int, *, full: bool) -> None:
    children = sorted(capture.children(parent.urn), key=lambda entry: (entry.name, entry.kind))
    resources = [entry for entry in children if entry.custom and entry.cloud != "pulumi"]
    if full:
        for entry in resources:
            tree.add(Text.assemble(entry.name, (f"  {kind_of(entry)}  {entry.source}", "dim")))
    elif resources:
        tree.add(Text("\n").join(flow(_kinds(resources), width)))
    for component in (entry for entry in children if not entry.custom):
        branch = tree.add(
            Text.assemble((component.name, "bold"), (f"  {component.kind}  {_inside(capture, component)}", "dim"))
        )
        _grow(branch, capture, component, width - GUIDE, full=full)


def _inside(capture: Capture, component: Registration) -> int:
    """Cloud resources below a component, at any depth."""
    children = capture.children(component.urn)
    return sum(_inside(capture, child) if not child.custom else child.cloud != "pulumi" for child in children)


def _machines(out: Console, machines: Sequence[Machine], waiting: Collection[str]) -> None:
    """Those in `waiting` do not have all of it yet."""
    _section(out, "Machines", "" if machines else "none")
    rows = [
        (
            Text(machine.name, "bold"),
            Text(machine.type),
            Text(machine.zone, "dim"),
            Text(machine.address, "yellow" if machine.address.startswith("public") else "dim"),
        )
        for machine in machines
    ]
    for line, machine in zip(columns(rows) if rows else [], machines, strict=True):
        put(out, line, INDENT)
        image = Text(machine.image.rpartition("/")[2], "dim")
        put_flow(out, [*(_disk(machine, disk) for disk in machine.disks), image], 2 * INDENT)
        if machine.urn in waiting:
            put(out, Text("some of this does not hold at once: see above", "magenta"), 2 * INDENT)


def _disk(machine: Machine, disk: Disk) -> Text:
    size = f" {disk.gib} GiB" if disk.gib is not None else ""
    # A data disk is what must not be lost.
    return Text.assemble(
        (disk.name.removeprefix(f"{machine.name}-") + size, "" if disk.boot else "bold"), (f" {disk.type}", "dim")
    )


def _groups(out: Console, groups: Sequence[Group]) -> None:
    if not groups:
        return
    _section(out, "Machines that come and go")
    rows = [
        (
            Text(group.name, "bold"),
            Text(f"{group.smallest} to {group.largest}" if group.largest is not None else f"from {group.smallest}"),
            Text(", ".join(group.types), "dim"),
        )
        for group in groups
    ]
    for line in columns(rows):
        put(out, line, INDENT)


def _open_to_the_world(out: Console, report: Report) -> None:
    _section(out, "Open to the world", "" if report.exposures else "nothing")
    rows = [
        (
            Text(door.kind, "red" if door.kind in ("port", "content") else "yellow"),
            Text(door.name, "bold"),
            Text(door.what),
            Text(door.cloud, "dim"),
        )
        for door in report.exposures
    ]
    for line in columns(rows) if rows else []:
        put(out, line, INDENT)


def _secrets(out: Console, report: Report, *, full: bool) -> None:
    secrets = report.empty_secrets
    note = "none" if not secrets else "" if full else "(--full shows the command for each)"
    _section(out, f"Secrets still to fill{f': {len(secrets)}' if secrets else ''}", note)
    for secret in secrets:
        put(out, Text.assemble((f"{secret.cloud}  ", "dim"), secret.physical), INDENT)
        if full:
            # On one line, so that it can be copied.
            out.print(Text(f"      {secret.command}", "dim"), soft_wrap=True)


def _placeholders(out: Console, report: Report, *, full: bool) -> None:
    """Without `full` a line for each kind, with the lines of the stack file."""
    if not report.placeholders:
        return
    note = "" if full else "(--full shows the values)"
    _section(out, f"Placeholders still there: {len(report.placeholders)}", note, "bold yellow")
    if full:
        for found in report.placeholders:
            line = "" if found.line is None else f"line {found.line}: "
            put(out, Text.assemble((line, "dim"), f"{found.place}  ", (found.value, "bold"), f"  {found.kind}"), INDENT)
        return
    lines: dict[str, list[str]] = {}
    for found in report.placeholders:
        lines.setdefault(found.kind, []).append(str(found.line or found.place))
    for kind, places in lines.items():
        noun = "line" if len(places) == 1 else "lines"
        put(out, Text.assemble(kind, (f": {noun} {', '.join(places)}", "dim")), INDENT)


def _policies(out: Console, report: Report, *, full: bool) -> None:
    """One entry for each line of the program that breaks a promise."""
    violations = report.violations
    verdict = _count(len(violations), "violation") if violations else "all hold"
    _section(out, "Policies", verdict, "bold red" if violations else "bold green")
    for group in by_line(report.capture, violations):
        put(out, Text.assemble((group.policy, "red"), f"  {group.named(full=full)}  {group.source}"), INDENT)
        for message in group.messages if full else group.messages[:FOLDED_MESSAGES]:
            put(out, message, 2 * INDENT)
        if not full and len(group.messages) > FOLDED_MESSAGES:
            put(out, Text(f"and {len(group.messages) - FOLDED_MESSAGES} more (--full)", "dim"), 2 * INDENT)


def _verdict(out: Console, report: Report) -> None:
    """Said again at the end, where the eye is after a long print."""
    if report.exit_code == EXIT_FINE:
        return
    out.print()
    if report.exit_code == EXIT_LOSS and report.against is not None:
        losses = report.against.comparison.losses_counted
        put(out, Text(f"{losses} would be lost; see the top. Exit code {report.exit_code}.", "bold red"))
    else:
        put(
            out,
            Text(f"{_count(len(report.violations), 'policy violation')}. Exit code {report.exit_code}.", "bold red"),
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
