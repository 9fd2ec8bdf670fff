"""What the last verify and the last restore drill of each repository proved, from their metric files."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from host import metrics
from host.metrics import Label, Sample


class Proof(StrEnum):
    """A job that proves something about a repository."""

    VERIFY = "database_verify"
    DRILL = "database_restore_drill"


HELPS = {
    Proof.VERIFY: "verify of a repository",
    Proof.DRILL: "restore drill of a repository",
}


@dataclass(frozen=True)
class Result:
    """The last run for one repository."""

    repository: int
    good: bool
    last_good: float
    """When it last went well; 0 for never."""


def label(repository: int) -> Label:
    """The label of a repository's own samples."""
    return ("repository", str(repository))


def note(proof: Proof, repository: int, *, good: bool, now: float, more: Iterable[Sample] = ()) -> None:
    """Writes the result of a run; the time of the last good one survives a failure."""
    own = label(repository)
    before = metrics.read(_file(proof, repository)).get((f"{proof}_good_timestamp_seconds", own), 0.0)
    further = tuple(more)
    found = (
        Sample(f"{proof}_good", int(good), own),
        Sample(f"{proof}_good_timestamp_seconds", now if good else before, own),
        *further,
    )
    helps = {
        f"{proof}_good": f"whether the last {HELPS[proof]} went well",
        f"{proof}_good_timestamp_seconds": f"when a {HELPS[proof]} last went well",
        **{sample.name: f"of the last {HELPS[proof]}" for sample in further},
    }
    metrics.write(_file(proof, repository), found, helps)


def results(proof: Proof, repositories: Iterable[int]) -> tuple[Result, ...]:
    """The last run for each repository that had one."""
    found: list[Result] = []
    for repository in repositories:
        known = metrics.read(_file(proof, repository))
        good = known.get((f"{proof}_good", label(repository)))
        if good is not None:
            last = known.get((f"{proof}_good_timestamp_seconds", label(repository)), 0.0)
            found.append(Result(repository, good == 1, last))
    return tuple(found)


def _file(proof: Proof, repository: int) -> str:
    return f"packyard_{proof}_{repository}"
