"""The result of a run: one row a drill, printed, and written to docs/drills.md."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import ROOT

PAGE = ROOT / "docs" / "drills.md"

HEAD = """\
# Drills: what the systems survive

`make test-drills` breaks one system after another on purpose, `make test-drills SYSTEM=database` one alone, and a whole
run of a system writes its part of this page. A drill that fails makes the run fail and stays in here.
"""


@dataclass(frozen=True)
class Part:
    """What the page says of one system before its table."""

    title: str
    words: str
    """What is booted and broken, what the columns count, and what is not shown."""


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


def part_of_page(part: Part, rows: list[Row], *, date: str, machine: str, minutes: float) -> str:
    """The part of a system: its words, how the run ended, and the table."""
    failed = sum(row.failure is not None for row in rows)
    verdict = f"{len(rows)} drills, " + (f"{failed} failed" if failed else "all held")
    run = f"{date}, {machine}: {verdict}, {minutes:.0f} minutes with the boot of its machines."
    return f"## {part.title}\n\n{part.words}\n{run}\n\n{markdown(rows)}"


def with_part(page: str, part: Part, text: str) -> str:
    """The page with the new text of a system in place of the old; the parts of other systems stay as they are."""
    _, *others = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    parts = {other.partition("\n")[0]: other.rstrip("\n") + "\n" for other in others}
    parts[f"## {part.title}"] = text
    return "\n".join([HEAD, *parts.values()])


def write(part: Part, text: str, path: Path = PAGE) -> None:
    """Puts the part of a system into the page."""
    path.write_text(with_part(path.read_text(encoding="utf-8"), part, text), encoding="utf-8")


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
