"""Faults of a stack file: what is wrong, where, and what would be right.

All faults are reported together in one SettingsError, so that one run of the preview is enough to mend a file.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Place of a value below `config:`, for example ("network", "aws", "cidr")."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a stack file."""

    path: Path
    wrong: str
    right: str
    line: int | None = None
    against: Path | None = None
    """The value that this one disagrees with. Either may be the wrong one, and only the reader knows which."""
    against_file: str = ""
    """The stack file that it stands in, where that is another one."""
    against_line: int | None = None

    def __str__(self) -> str:
        """One line: place, what is wrong, what would be right; of two values that disagree, both places."""
        text = f"{_place(self.path, self.line)}: {self.wrong}. HINT: {self.right}"
        if self.against is None:
            return text
        file = f"{self.against_file}, " if self.against_file else ""
        return f"{text}, or {file}{_place(self.against, self.against_line)}"


def disagreement(path: Path, against: Path, wrong: str, *, fits: str = "") -> Fault:
    """Two values that cannot both be right. The hint names both and neither as right, or it would finish a mistake.

    `fits` says what this one would be if the other is right.
    """
    this = f"this value ({fits} would fit)" if fits else "this value"
    return Fault(path, wrong, f"one of the two is wrong: {this}", against=against)


class SectionError(ValueError):
    """What a section finds wrong between its own values, with the key that is to be mended and what would be right.

    pydantic knows the section alone; a fault needs the place inside it and its line.
    """

    def __init__(self, key: str, wrong: str, right: str) -> None:
        self.path: Path = tuple(key.split("."))
        self.right = right
        super().__init__(wrong)


class SettingsError(Exception):
    """A stack file that cannot be used; its text names the file and lists every fault."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n".join([f"{source}: {count}", *(f"  {fault}" for fault in self.faults)]))


def dotted(path: Path) -> str:
    """The place as an operator reads it: packyard:runnerFleet.shards[0].zone."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    return f"packyard:{text}" if path else "config"


def _place(path: Path, line: int | None) -> str:
    return dotted(path) if line is None else f"line {line}: {dotted(path)}"


def in_file_order(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Faults sorted by line, then by place; without lines, by place alone."""
    return iter(sorted(faults, key=lambda fault: (fault.line or 0, dotted(fault.path))))
