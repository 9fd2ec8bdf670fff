"""What the comment of a merge request says of one stack, before it is written as Markdown."""

from dataclasses import dataclass
from pathlib import Path

from capture import Capture, Registration, capture_stack, read_stack_file
from policies import Violation, check
from preview.bundle import Files, bundle_files
from preview.compare import Change, Step
from preview.exposure import Exposure, exposures
from preview.faults import explained
from preview.report import EXIT_FAULT, Against, Report, compared_report
from preview.revision import PastCapture, RevisionError, past_run


@dataclass(frozen=True)
class StackFacts:
    """One stack, compared with another revision."""

    stack: str
    report: Report
    against: Against
    before: Capture | None
    """What the other revision registers; None where it has no such stack."""
    opened: tuple[Exposure, ...]
    """Open to the world, and was not before."""
    closed: tuple[Exposure, ...]
    new_violations: frozenset[Violation]

    @property
    def changed(self) -> bool:
        """Whether anything differs that a reviewer should see."""
        comparison = self.against.comparison
        return bool(comparison.changes or comparison.renames or comparison.outputs or self.opened or self.closed)

    def is_new(self, violation: Violation) -> bool:
        """Whether the other revision kept this promise."""
        return violation in self.new_violations


@dataclass(frozen=True)
class StackFailure:
    """A stack that could not be compared."""

    stack: str
    message: str


StackResult = StackFacts | StackFailure


def look_at(root: Path, stack: str, revision: str) -> StackResult:
    """Captures both revisions of a stack. A fault of one stack does not hide the others.

    Raises RevisionError where there is no such revision at all.
    """
    with past_run(root, revision, stack) as past:
        try:
            present = capture_stack(root, read_stack_file(root, stack))
        except Exception as error:
            return StackFailure(stack, explained(error, root))
        try:
            before = past.result()
        except RevisionError as error:
            return StackFailure(stack, str(error))
    return facts(stack, present, bundle_files(present, root), before, revision)


def facts(stack: str, present: Capture, bundle: Files, past: PastCapture, revision: str) -> StackFacts:
    """Looks at two captures; `bundle` has the files that the machines run from now."""
    report, against = compared_report(revision, past, present, bundle)
    before, comparison = past.capture, against.comparison
    renamed = {rename.old_urn: rename.registration.urn for rename in comparison.renames}
    doors = {} if before is None else {_door(door, renamed): door for door in exposures(before)}
    broken = () if before is None else check(before)
    known = {(violation.policy, renamed.get(violation.urn, violation.urn), violation.message) for violation in broken}
    now = {_door(door, {}) for door in report.exposures}
    return StackFacts(
        stack,
        report,
        against,
        before=before,
        opened=tuple(door for door in report.exposures if _door(door, {}) not in doors),
        closed=tuple(door for key, door in doors.items() if key not in now),
        new_violations=frozenset(
            violation
            for violation in report.violations
            if (violation.policy, violation.urn, violation.message) not in known
        ),
    )


def exit_code(results: tuple[StackResult, ...]) -> int:
    """A stack that fails weighs most: of it nothing is known."""
    if any(isinstance(result, StackFailure) for result in results):
        return EXIT_FAULT
    return max((result.report.exit_code for result in results if isinstance(result, StackFacts)), default=0)


def systems(result: StackFacts) -> dict[str, list[Change]]:
    """Changes by the component directly below the stack, the one with the worst change first."""
    found: dict[str, list[Change]] = {}
    for change in result.against.comparison.changes:
        found.setdefault(system_of(result, change.registration), []).append(change)
    return dict(sorted(found.items(), key=lambda item: (_weight(item[1]), item[0])))


def system_of(result: StackFacts, entry: Registration) -> str:
    """Name and class of the component directly below the stack; empty for what lies in none."""
    known = {**(result.before.by_urn if result.before is not None else {}), **result.report.capture.by_urn}
    system = ""
    while entry.parent in known:
        if not entry.custom:
            system = f"{entry.name} ({entry.kind})"
        entry = known[entry.parent]
    return system


def _door(door: Exposure, renamed: dict[str, str]) -> tuple[str, str, str]:
    return door.kind, renamed.get(door.urn, door.urn), door.what


def _weight(changes: list[Change]) -> int:
    if any(change.lost for change in changes):
        return 0
    order = (Step.DELETE, Step.REPLACE, Step.UPDATE, Step.OPTIONS, Step.CREATE)
    return 1 + min(order.index(change.step) for change in changes)
