"""Everything that a preview says, before it is drawn."""

from dataclasses import dataclass

from capture import Capture
from policies import Violation, check
from policies.secrets_in_clear import veiled
from policies.versions import Ending, endings
from preview.able import AbilityChange, ability_changes
from preview.bundle import NO_BUNDLE_CHANGE, BundleChange, Files, bundle_change
from preview.compare import Comparison, all_new, compare
from preview.exposure import Exposure, exposures
from preview.machines import Group, Machine, groups, machines
from preview.placeholders import StillThere
from preview.reached import DoorChange, door_changes
from preview.revision import PastCapture
from preview.secrets import EmptySecret, empty_secrets

NO_CLOUD = "No cloud was asked: this is what the program would register, not what exists."

EXIT_FINE = 0
EXIT_FAULT = 1
EXIT_VIOLATION = 2
EXIT_LOSS = 3


@dataclass(frozen=True)
class Against:
    """The comparison with another revision."""

    revision: str
    """As it was asked for."""
    commit: str
    """Short id of the commit."""
    exists: bool
    """False where that revision has no such stack, so that everything is new."""
    comparison: Comparison
    bundle: BundleChange = NO_BUNDLE_CHANGE
    abilities: tuple[AbilityChange, ...] = ()
    """What somebody newly can do, then what somebody no longer can."""
    doors: tuple[DoorChange, ...] = ()
    """What somebody newly reaches over the network, then what nobody reaches any more."""

    @property
    def loses(self) -> bool:
        """Whether data goes, or a path that no rule names any more; one that is stopped by a rule is meant to be."""
        return bool(self.comparison.losses) or any(path.new is None for path in self.comparison.lost_paths)


def _against(revision: str, before: PastCapture, present: Capture, bundle: Files) -> Against:
    if before.capture is None:
        return Against(revision, before.commit, exists=False, comparison=all_new(present))
    comparison = compare(before.capture, present)
    changed = bundle_change(before.capture, before.bundle, present, bundle)
    return Against(
        revision,
        before.commit,
        exists=True,
        comparison=comparison,
        bundle=changed,
        abilities=ability_changes(before.capture, present),
        doors=door_changes(before.capture, present),
    )


@dataclass(frozen=True)
class Report:
    """All sections of a preview."""

    capture: Capture
    machines: tuple[Machine, ...]
    groups: tuple[Group, ...]
    exposures: tuple[Exposure, ...]
    empty_secrets: tuple[EmptySecret, ...]
    endings: tuple[Ending, ...]
    """Versions in use that end soon, or of which no end is known."""
    violations: tuple[Violation, ...]
    placeholders: tuple[StillThere, ...] = ()
    against: Against | None = None

    @property
    def exit_code(self) -> int:
        """What is lost weighs more than a violated policy."""
        if self.against is not None and self.against.loses:
            return EXIT_LOSS
        return EXIT_VIOLATION if self.violations else EXIT_FINE


def make_report(
    capture: Capture, against: Against | None = None, *, placeholders: tuple[StillThere, ...] = ()
) -> Report:
    """Looks at a capture from every side. The report holds nothing that a policy takes for a secret in clear."""
    return _report(check(capture), veiled(capture), against, placeholders)


def compared_report(
    revision: str,
    before: PastCapture,
    present: Capture,
    bundle: Files,
    *,
    placeholders: tuple[StillThere, ...] = (),
) -> tuple[Report, Against]:
    """A report with the comparison with what another revision registers, and that comparison.

    `bundle` has the files that the machines run from now.
    """
    shown = veiled(present)
    against = _against(revision, before, shown, bundle)
    return _report(check(present), shown, against, placeholders), against


def _report(
    violations: tuple[Violation, ...], capture: Capture, against: Against | None, placeholders: tuple[StillThere, ...]
) -> Report:
    return Report(
        capture=capture,
        machines=machines(capture),
        groups=groups(capture),
        exposures=exposures(capture),
        empty_secrets=empty_secrets(capture),
        endings=endings(capture),
        violations=violations,
        placeholders=placeholders,
        against=against,
    )
