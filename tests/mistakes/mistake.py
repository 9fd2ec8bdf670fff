"""Mistakes as small edits, read from the texts of `lists/`: one text for each room of the project.

A line `# kind` begins a kind, `## name` a mistake of it. A line `? words` after it says what a reader of the
comparison has to find there, where the edit's own words do not appear in it. Its edits follow, each a line `@ file`,
then lines `-` with what stands in the file exactly once and lines `+` with what takes its place; such a text may begin
and end within a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LISTS = Path(__file__).resolve().parent / "lists"

LEGITIMATE = "legitimate"
"""The room whose edits are no mistakes: nothing may refuse them."""


class ListError(Exception):
    """A list, or an edit of it, that cannot be applied; the text says which and why."""


@dataclass(frozen=True)
class Edit:
    """One text of a file, and what takes its place."""

    file: str
    before: str
    after: str

    def applied(self, text: str) -> str:
        """The changed text of the file. Raises ListError where the first text does not stand there exactly once."""
        found = text.count(self.before)
        if found != 1:
            raise ListError(f"{self.file} has this text {found} times, and not once:\n{self.before}")
        return text.replace(self.before, self.after)


@dataclass(frozen=True)
class Mistake:
    """Something that people do to the project, by one or a few edits."""

    room: str
    kind: str
    name: str
    edits: tuple[Edit, ...]
    words: tuple[str, ...] = ()
    """What the comparison must show, one of them at least; empty for the words of the edits."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it changes."""
        return tuple(edit.file for edit in self.edits)


def all_mistakes(folder: Path = LISTS) -> list[Mistake]:
    """Every list, in the order of the rooms. Raises ListError."""
    return [mistake for path in sorted(folder.glob("*.txt")) for mistake in read(path)]


def read(path: Path) -> Iterator[Mistake]:
    """The mistakes of one list. Raises ListError."""
    kind = ""
    for part in re.split(r"^(?=##? )", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
        head, _, body = part.partition("\n")
        if head.startswith("## "):
            yield _mistake(path.stem, kind, head.removeprefix("## "), body)
        elif head.startswith("# "):
            kind = head.removeprefix("# ")
        elif part.strip():
            raise ListError(f"{path.name} begins with {head!r}. HINT: a kind, such as `# retention`")


def _mistake(room: str, kind: str, name: str, body: str) -> Mistake:
    head, *parts = re.split(r"^@ ", body, flags=re.MULTILINE)
    edits = tuple(_edit(part) for part in parts)
    if not edits or not all(edit.before and edit.before != edit.after for edit in edits):
        raise ListError(f"{room}: {name}: no edit, or one that changes nothing")
    words = tuple(line.removeprefix("? ") for line in head.splitlines() if line.startswith("? "))
    return Mistake(room, kind, name, edits, words)


def _edit(part: str) -> Edit:
    file, *lines = part.splitlines()
    before, after = ("\n".join(line[1:] for line in lines if line[:1] == sign) for sign in "-+")
    return Edit(file, before, after)
