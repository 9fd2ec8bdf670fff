"""Runbooks as programs: the drills take their commands from the files that a person on call reads.

A block of commands is fenced as `console`; each line is a prompt that names the place, and a command:

    <!-- drill: promote -->
    ```console
    pg-b# pairctl promote --fenced "{reason}" --yes
    ```

A block that no drill can run says why: `<!-- not run: needs the cloud -->`. One of the two stands before every block.
Words in braces are filled in by whoever acts. The runbooks are written for pg-a as the primary.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support import ROOT

FOLDER = ROOT / "docs" / "runbooks" / "database"

HOSTS = ("pg-a", "pg-b")

_BLOCK = re.compile(r"(?:<!-- (?P<kind>drill|not run): (?P<word>.+?) -->\n)?```console\n(?P<body>.*?)```", re.DOTALL)
_LINE = re.compile(r"(?P<place>[a-z0-9-]+)[#$] (?P<command>\S.*)")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class RunbookError(Exception):
    """A runbook that cannot be followed; the text names the file."""


@dataclass(frozen=True)
class Command:
    """One line of a block."""

    place: str
    """pg-a, pg-b, or `laptop` for what is done from outside."""
    text: str

    @property
    def placeholders(self) -> set[str]:
        """Words that whoever acts fills in."""
        return set(_PLACEHOLDER.findall(self.text))

    def filled(self, values: Mapping[str, str], *, swapped: bool) -> "Command":
        """The command as it is run; with the hosts' names exchanged where pg-b is the primary."""
        missing = self.placeholders - set(values)
        if missing:
            raise RunbookError(f"no value for {', '.join(sorted(missing))} in: {self.text}")
        line = Command(_swapped(self.place), _swapped(self.text)) if swapped else self
        return Command(line.place, _PLACEHOLDER.sub(lambda match: values[match[1]], line.text))


@dataclass(frozen=True)
class Block:
    """A fenced block of commands."""

    runbook: str
    label: str | None
    """Name by which a drill calls it; None where it is not run."""
    reason: str | None
    """Why no drill runs it."""
    commands: tuple[Command, ...]


def read(name: str) -> tuple[Block, ...]:
    """All blocks of a runbook."""
    return parse(name, (FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """All runbooks, by the name of the file; the index has no commands of its own."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README"))


def parse(name: str, text: str) -> tuple[Block, ...]:
    """Raises RunbookError for a block without its comment, a line that is no command, and a label used twice."""
    blocks = tuple(_block(name, match) for match in _BLOCK.finditer(text))
    labels = [block.label for block in blocks if block.label]
    if len(labels) != len(set(labels)):
        raise RunbookError(f"{name}: a label is used twice")
    if text.count("```console\n") != len(blocks):
        raise RunbookError(f"{name}: a block has no end")
    return blocks


def find(name: str, label: str) -> Block:
    """The block that a drill runs."""
    for block in read(name):
        if block.label == label:
            return block
    raise RunbookError(f"{name}: no block `<!-- drill: {label} -->`")


def _block(name: str, match: re.Match[str]) -> Block:
    kind, word = match["kind"], match["word"]
    if kind is None:
        raise RunbookError(f"{name}: a block says neither which drill runs it nor why none does: {match['body']}")
    commands: list[Command] = []
    for line in match["body"].splitlines():
        command = _LINE.fullmatch(line)
        if command is None:
            raise RunbookError(f"{name}: no command with its place: {line!r}")
        commands.append(Command(command["place"], command["command"]))
    return Block(name, word if kind == "drill" else None, word if kind == "not run" else None, tuple(commands))


def _swapped(text: str) -> str:
    """pg-a for pg-b and pg_a for pg_b, and the other way round."""
    return re.sub(r"\bpg([-_])([ab])\b", lambda match: f"pg{match[1]}{'b' if match[2] == 'a' else 'a'}", text)
