"""The result of a run: one row a drill, printed, and written to docs/drills.md."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.support import ROOT

PAGE = ROOT / "docs" / "drills.md"

_HEAD = """\
# Drills: what the database pair survives

`make test-drills` boots both hosts and the object stores as system containers, from the files that boot them in the
cloud, breaks one thing after another, and writes this page. A drill that fails makes the run fail and stays in here.

* A writer on the network commits all the time and writes down, outside the database, each commit that it was told of.
  "Lost" is what it was told of and is not there afterwards.
* "Writes again" counts from the fault, or from the runbook's command where a person decides; the time to decide is not
  in it.
* "Redundancy" counts from the first command of the repair until a standby streams again, or every repository is whole.
* "Without it" is the mutation: the protection was taken away, and the check of the drill failed as it must.
* The commands of the [runbooks](runbooks/database/README.md) were taken from their files and run.
* Not shown: the distance between two clouds and the size of a real database. All of it shares one machine, with data
  disks in memory; add the round trip to each commit that waits for the standby, and the volume to each restore.

"""


@dataclass
class Row:
    """One drill. It is filled in while the drill goes on, so that a failed one shows how far it came."""

    drill: str
    broke: str
    lost: str = ""
    writes_again: float | None = None
    """Seconds."""
    redundancy: float | None = None
    """Seconds."""
    mutations: list[str] = field(default_factory=list[str])
    """What was taken away, and how the check failed."""
    note: str = ""
    """What else was seen."""
    failure: str | None = None

    def cells(self) -> tuple[str, ...]:
        """As they stand in the table."""
        result = f"failed: {self.failure}" if self.failure is not None else "; ".join(filter(None, ("held", self.note)))
        times = (_seconds(self.writes_again), _seconds(self.redundancy))
        return (self.drill, self.broke, self.lost or "-", *times, "; ".join(self.mutations) or "-", result)


HEADINGS = ("drill", "what broke", "lost", "writes again", "redundancy back", "without it", "result")


class Table:
    """The rows of a run, in the order in which the drills ran."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._begun: int = 0

    def begin(self) -> None:
        """A drill begins: what fails from now on is told of its rows."""
        self._begun = len(self.rows)

    def row(self, drill: str, broke: str) -> Row:
        """A new row."""
        self.rows.append(Row(drill, broke))
        return self.rows[-1]

    def fail(self, drill: str, reason: str) -> None:
        """The drill that began last has failed: its last row says so, or a new one where it had none yet."""
        row = self.rows[-1] if len(self.rows) > self._begun else self.row(drill, "-")
        row.failure = reason


def markdown(rows: list[Row]) -> str:
    """The table. A bar inside a cell would end it."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(row.cells() for row in rows)]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def page(rows: list[Row], date: str, machine: str, minutes: float) -> str:
    """docs/drills.md."""
    failed = sum(row.failure is not None for row in rows)
    verdict = f"{len(rows)} drills, " + (f"{failed} failed" if failed else "all held")
    return (
        f"{_HEAD}{date}, {machine}: {verdict}, {minutes:.0f} minutes with the boot of both hosts.\n\n{markdown(rows)}"
    )


def write(text: str, path: Path = PAGE) -> None:
    """Replaces the page."""
    path.write_text(text, encoding="utf-8")


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
