"""The comment of a merge request: what hurts first, then what changes, the whole of it folded at the end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from capture import Registration
from preview.able import AbilityChange
from preview.comment_facts import StackFacts, StackFailure, StackResult, system_of, systems
from preview.comment_text import Redactor, fenced, fitted, fold, literal, size
from preview.comment_untrusted import MARKER
from preview.compare import Change, Step
from preview.effects import STEPS, later
from preview.reached import DoorChange
from preview.render_changes import SIGNS
from preview.served_paths import folders
from preview.telling import file_lines, told
from preview.text import change_text, kind_of
from preview.violations import ViolationGroup, by_line

ROOM = 56_000
"""Bytes of the whole comment. GitHub takes 65 536 letters, GitLab a million."""

SHARES = {
    "failures": 6_000,
    "losses": 14_000,
    "abilities": 4_000,
    "reached": 4_000,
    "doors": 5_000,
    "policies": 5_000,
    "systems": 8_000,
}
"""Bytes that each part may take; the folded steps take what is left."""

DIFF_WIDTH = 100
"""Columns of a line in the folded steps."""
FULL_WIDTH = 2_000
"""Columns of a line in the diff file."""

DIFF_SIGNS = {Step.DELETE: "-", Step.REPLACE: "!", Step.UPDATE: "!", Step.OPTIONS: "#", Step.CREATE: "+"}
"""Signs that GitLab and GitHub colour in a diff."""

LIMITS = (
    "**No cloud was asked.** This compares what the two revisions of the program register. It does not see what "
    "exists: changes by hand, values that only a cloud knows, quotas, or what the cloud refuses. Whether a change "
    "replaces a resource comes from the table in `preview/replacement_table.py`, not from the provider."
)


@dataclass(frozen=True)
class Comment:
    """A comment, and the whole diff, which has no limit."""

    markdown: str
    diff: str


def comment(results: Sequence[StackResult], head: str, redactor: Redactor) -> Comment:
    """Writes both. `head` names the revision that is proposed."""
    return _Writer(results, head, redactor).comment()


class _Writer:
    def __init__(self, results: Sequence[StackResult], head: str, redactor: Redactor) -> None:
        self._head = head
        self._redactor = redactor
        self._compared = [result for result in results if isinstance(result, StackFacts)]
        self._failed = [result for result in results if isinstance(result, StackFailure)]

    def comment(self) -> Comment:
        lines = [MARKER, "## Preview of the infrastructure", "", *self._revisions(), "", *self._summary()]
        for title, part, blocks in (
            ("Cannot be previewed", "failures", list(self._failures())),
            ("⛔ Would be lost", "losses", list(self._losses())),
            ("Who can newly do what", "abilities", list(self._able(is_gained=True))),
            ("Who newly reaches what", "reached", list(self._reached(is_gained=True))),
            ("Open to the world, and was not before", "doors", list(self._doors())),
            ("Policies that are violated", "policies", list(self._policies())),
            ("Who can do what no longer", "abilities", list(self._able(is_gained=False))),
            ("Who reaches what no longer", "reached", list(self._reached(is_gained=False))),
        ):
            lines += self._part(f"### {title}", blocks, SHARES[part])
        tables = [line for result in self._compared for line in self._systems(result)]
        lines += tables
        end = ["", *self._unchanged(), "", f"<sub>{LIMITS}</sub>"]
        lines += self._steps(ROOM - size([*lines, *end]))
        diff = [line for result in self._compared for line in self._full_diff(result)]
        return Comment("\n".join([*lines, *end]) + "\n", "\n".join(diff) + "\n" if diff else "")

    def _revisions(self) -> list[str]:
        against = {(result.against.revision, result.against.commit) for result in self._compared}
        named = [
            self._literal(commit)
            if revision.startswith(commit)
            else f"{self._literal(revision)} ({self._literal(commit)})"
            for revision, commit in sorted(against)
        ]
        return [f"{self._literal(self._head)} against {', '.join(named)}"] if named else [self._literal(self._head)]

    def _summary(self) -> Iterator[str]:
        words = [SIGNS[step][2] for step in (Step.DELETE, Step.REPLACE, Step.UPDATE, Step.CREATE)]
        yield f"| stack | verdict | {' | '.join(words)} | newly open | policies |"
        yield f"| --- | --- {'| --: ' * len(words)}| --: | --- |"
        for failure in self._failed:
            yield f"| **{self._literal(failure.stack)}** | ❌ cannot be previewed {'| ' * len(words)}| | |"
        for result in self._compared:
            comparison = result.against.comparison
            counts = [
                str(len(comparison.of(step)) or "") for step in (Step.DELETE, Step.REPLACE, Step.UPDATE, Step.CREATE)
            ]
            cells = (_verdict(result), *counts, str(len(result.opened) or ""), _policies_cell(result))
            yield f"| **{self._literal(result.stack)}** | {' | '.join(cells)} |"

    def _part(self, title: str, blocks: Sequence[Sequence[str]], room: int) -> list[str]:
        if not blocks:
            return []
        lines, left_out = fitted(blocks, room)
        rest = [f"* and **{left_out} more**: the diff file of this job has them all"] if left_out else []
        return ["", title, "", *lines, *rest]

    def _failures(self) -> Iterator[list[str]]:
        for failure in self._failed:
            message = [f"# {line}" for line in self._redactor.text(failure.message)[:2_000].splitlines()]
            yield [f"* **{self._literal(failure.stack)}**", ""]
            yield [*fenced(message), ""]

    def _losses(self) -> Iterator[list[str]]:
        for result in self._compared:
            for folder in folders(result.against.comparison.lost_paths):
                yield [f"* {self._literal(result.stack)}: {self._literal(str(folder))}"]
            for change in result.against.comparison.losses:
                yield self._loss(result, change)

    def _loss(self, result: StackFacts, change: Change) -> list[str]:
        entry = change.registration
        word = SIGNS[change.step][2]
        head = f"* {self._literal(result.stack)}: {self._literal(entry.name)} is **{word}**: {change.lost} "
        reasons = [
            f"  * {self._literal(change_text(self._redactor.change(found), 150))} forces the replacement"
            for found in change.properties
            if found.replaces
        ]
        if change.lost_guard and not change.loses_state:
            turned = [
                f"  * {self._literal(change_text(self._redactor.change(found), 150))}" for found in change.properties
            ]
            return [f"{head}{self._kind_and_system(result, entry)}", *turned[:4]]
        guards = (
            (
                entry.protect,
                "protected: `pulumi up` refuses this until the protection is taken off in a change of its own",
            ),
            (entry.retain_on_delete, "retained: Pulumi forgets it, and the cloud keeps it"),
        )
        told = [f"  * {words}" for holds_good, words in guards if holds_good]
        kind = self._kind_and_system(result, entry)
        return [head + kind, *reasons[:4], *(told or ["  * **nothing stands in the way**"])]

    def _kind_and_system(self, result: StackFacts, entry: Registration) -> str:
        where = system_of(result, entry)
        return f"({kind_of(entry)}" + (f" of {self._literal(where)})" if where else ")")

    def _reached(self, *, is_gained: bool) -> Iterator[list[str]]:
        """One line for each door, and below what is gained the way to it."""
        for result in self._compared:
            for door in result.against.doors:
                if door.is_gained is is_gained:
                    yield self._with_way(result.stack, door)

    def _able(self, *, is_gained: bool) -> Iterator[list[str]]:
        """One line for each way, and below what is gained its steps."""
        for result in self._compared:
            for change in result.against.abilities:
                if change.is_gained is is_gained:
                    yield self._with_way(result.stack, change)

    def _with_way(self, stack: str, change: AbilityChange | DoorChange) -> list[str]:
        way = [f"  1. {self._literal(str(step), 300)}" for step in change.path] if change.is_gained else []
        return [f"* {self._literal(stack)}: {self._literal(str(change), 400)}", *way]

    def _doors(self) -> Iterator[list[str]]:
        for result in self._compared:
            for door in result.opened:
                what = f"{door.kind} {self._literal(door.what)} of {self._literal(door.name)} ({door.cloud})"
                yield [f"* {self._literal(result.stack)}: {what}"]

    def _policies(self) -> Iterator[list[str]]:
        """Violations that come with the change one by one, those that were there before folded."""
        for result in self._compared:
            new = [found for found in result.report.violations if result.is_new(found)]
            yield from ([self._violation(result, group)] for group in by_line(result.report.capture, new))
        for result in self._compared:
            old = [found for found in result.report.violations if not result.is_new(found)]
            if old:
                groups = by_line(result.report.capture, old)
                lines, left_out = fitted([[self._violation(result, each)] for each in groups], SHARES["policies"] // 4)
                rest = [f"* and {left_out} more"] if left_out else []
                title = f"{self._literal(result.stack)}: {len(old)} that are violated before this change too"
                yield ["", *fold(title, [*lines, *rest]), ""]

    def _violation(self, result: StackFacts, group: ViolationGroup) -> str:
        head = f"* {self._literal(result.stack)}: {self._literal(group.policy)} by {self._literal(group.named())}"
        place = f" in {self._literal(group.source)}" if group.source else ""
        more = f" and {len(group.messages) - 1} more like it" if len(group.messages) > 1 else ""
        return f"{head}{place}: {self._literal(next(iter(group.messages)), 400)}{more}"

    def _systems(self, result: StackFacts) -> list[str]:
        found = systems(result)
        if not found:
            return []
        order = [step for step in SIGNS if result.against.comparison.of(step)]
        rows = [[self._row(name, changes, order)] for name, changes in found.items()]
        lines, left_out = fitted(rows, SHARES["systems"] // len(self._compared))
        rest = [f"| and {left_out} more components {'| ' * (len(order) + 1)}|"] if left_out else []
        return [
            "",
            f"### {self._literal(result.stack)}: steps by component",
            "",
            f"| component | {' | '.join(_step_word(step) for step in order)} | resources |",
            f"| --- {'| --: ' * len(order)}| --- |",
            *lines,
            *rest,
        ]

    def _row(self, name: str, changes: Sequence[Change], order: Sequence[Step]) -> str:
        counts = Counter(change.step for change in changes)
        lost = any(change.lost for change in changes)
        kinds = Counter(kind_of(change.registration) for change in changes)
        listed = ", ".join(f"{kind} {count}" if count > 1 else kind for kind, count in kinds.most_common(6))
        more = f" and {len(kinds) - 6} more kinds" if len(kinds) > 6 else ""
        cells = [str(counts[step] or "") for step in order]
        shown_name = self._literal(name) if name else "outside components"
        return f"| {'⛔ ' if lost else ''}{shown_name} | {' | '.join(cells)} | {self._literal(listed)}{more} |"

    def _steps(self, room: int) -> list[str]:
        """The folded steps of each stack; what does not fit is said to be left out."""
        changed = [result for result in self._compared if result.changed]
        lines: list[str] = []
        for index, result in enumerate(changed):
            blocks = [[line] for line in self._diff(result, DIFF_WIDTH)]
            share = (room - size(lines)) // (len(changed) - index) - 600
            kept, left_out = fitted(blocks, share)
            cut = [
                f"**Cut here:** {left_out} of {len(blocks)} lines are left out; the diff file of this job has them all."
            ]
            title = f"{self._literal(result.stack)}: every step"
            lines += ["", *fold(title, [*fenced(kept), *(["", *cut] if left_out else [])])]
        return lines

    def _diff(self, result: StackFacts, width: int) -> Iterator[str]:
        bundle = result.against.bundle
        for step in SIGNS:
            listing = told(result.against.comparison.of(step), bundle)
            for change in listing.changes:
                yield from self._diff_of(change, width)
            if listing.by_bundle:
                yield f"# {SIGNS[step][2]}  by the new bundle alone: {listing.by_bundle}"
        for found in later(result.against.comparison):
            text = f"{found.machine.name}: {change_text(self._redactor.change(found.change), width)}"
            yield f"# not at once  {text}: {found.when} ({STEPS})"
        for folder in folders(path for path in result.against.comparison.paths if not path.is_lost):
            yield f"# path  {self._redactor.text(str(folder))[:width]}"
        for file in bundle.files:
            yield from (self._redactor.text(line)[:width] for line in file_lines(file, full=width == FULL_WIDTH))
        for rename in result.against.comparison.renames:
            was = self._redactor.text(rename.old_urn.rpartition("::")[2])
            name = self._redactor.text(rename.registration.name)
            yield f"# renamed  {name[:width]}  {kind_of(rename.registration)}  was {was[:width]}, and stays what it is"
        for found in result.against.comparison.outputs:
            yield f"# output  {change_text(self._redactor.change(found), width)}"
        for door in result.closed:
            yield f"# closed  {door.kind} {self._redactor.text(f'{door.what} of {door.name}')[:width]}"

    def _diff_of(self, change: Change, width: int) -> Iterator[str]:
        name = self._redactor.text(change.registration.name)[:width]
        yield f"{DIFF_SIGNS[change.step]} {SIGNS[change.step][2]}  {name}  {kind_of(change.registration)}"
        for found in (*change.properties, *change.options):
            reason = "  (forces replacement)" if found.replaces else ""
            yield f"      {change_text(self._redactor.change(found), width - len(reason))}{reason}"

    def _full_diff(self, result: StackFacts) -> list[str]:
        against = result.against
        revisions = self._redactor.text(f"{self._head} against {against.revision} ({against.commit})")
        title = f"{result.stack}: {revisions}"
        return [title, "", *self._diff(result, FULL_WIDTH), ""] if result.changed else [f"{title}: no changes", ""]

    def _unchanged(self) -> list[str]:
        same = [result for result in self._compared if not result.changed]
        if not same:
            return []
        lines = [
            f"* {self._literal(result.stack)}: nothing differs; resources: {len(result.report.capture.resources)}"
            for result in same
        ]
        noun = "1 stack is" if len(same) == 1 else f"{len(same)} stacks are"
        return fold(f"{noun} unchanged", lines)

    def _literal(self, text: str, longest: int = 160) -> str:
        return literal(self._redactor.text(text), longest)


def _verdict(result: StackFacts) -> str:
    if losses := result.against.comparison.losses_counted:
        return f"⛔ **loses {losses}**"
    if result.new_violations:
        return "❌ violates policies"
    if not result.against.exists:
        return "🆕 new stack"
    if result.opened:
        return "⚠️ opens to the world"
    if result.against.comparison.of(Step.OPTIONS):
        return "⚠️ changes protection"
    return "✏️ changes" if result.changed else "✅ unchanged"


def _policies_cell(result: StackFacts) -> str:
    violations = len(result.report.violations)
    if not violations:
        return "hold"
    new = len(result.new_violations)
    return f"**{violations} violated**" + (f", {new} new" if new != violations else "")


def _step_word(step: Step) -> str:
    return "other options" if step is Step.OPTIONS else SIGNS[step][2]
