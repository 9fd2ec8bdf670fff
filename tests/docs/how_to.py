"""Pages of docs/how-to as programs: their files are written, their changes made and their commands run, in a copy.

A page is read from top to bottom. What follows a fence's language is a file of the repository:

* "```python settings/x.py": the whole of a new file
* "```diff settings/x.py": changes of one that is there. Each begins with a line `@@`; its lines without `+` stand in
  the file exactly once, and its lines without `-` take their place
* "```console": commands after `$ `, each followed by what it prints. `[...]` stands for any lines, `{word}` for any
  part of a line; a command without output may print what it likes

Before a block of commands may stand `<!-- fails -->`, for commands that must refuse, or `<!-- not run: why -->`. A page
that goes on from another says `<!-- continues: <page> -->`, and finds what that one wrote and changed.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.copies import commit_all, copy_project
from tests.support import ROOT

FOLDER = ROOT / "docs" / "how-to"

BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>fails|not run)(?:: (?P<reason>[^\n]+))? -->\n)?"
    r"^(?P<fence>`{3,})(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<body>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)

_CONTINUES = re.compile(r"^<!-- continues: (\S+) -->$", re.MULTILINE)

SECONDS = 900
"""Longest that a command may take; on a quiet machine the longest takes ten."""


class HowToError(Exception):
    """A page that does not say what is true; the text names the page and what was seen."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    file: str | None
    body: str
    mark: str = ""
    """Empty, "fails" or "not run"."""
    reason: str = ""
    """Why a block is not run."""


@dataclass(frozen=True)
class Command:
    """A command, and the lines that the page shows after it."""

    text: str
    shown: tuple[str, ...]


def pages() -> list[Path]:
    """Every page but the index."""
    return sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def blocks(text: str) -> list[Block]:
    """All fenced blocks of a page, in order."""
    return [
        Block(match["language"], match["file"], match["body"], match["mark"] or "", match["reason"] or "")
        for match in BLOCK.finditer(text)
    ]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a block. Raises HowToError where output comes before the first."""
    parts = re.split(r"^\$ ", block.body, flags=re.MULTILINE)
    if parts[0].strip():
        raise HowToError(f"a block of commands begins with {parts[0]!r}. HINT: `$ ` goes before a command")
    for part in parts[1:]:
        text, *shown = part.rstrip("\n").split("\n")
        yield Command(text, tuple(shown))


def follow(text: str, folder: Path, *, again: bool = False) -> None:
    """Does what a page says, in a copy of the repository. Raises HowToError at the first thing that is not true.

    `again` takes its files and changes alone: its commands were run when the page itself was followed.
    """
    for page in _CONTINUES.findall(text):
        follow((FOLDER / page).read_text(encoding="utf-8"), folder, again=True)
    for block in blocks(text):
        if block.language == "console":
            for command in () if again or block.mark == "not run" else commands(block):
                _run(command, folder, fails=block.mark == "fails")
        elif block.language == "diff" and block.file:
            _change(folder / block.file, block.body)
        elif block.file:
            _write(folder / block.file, block.body)


def copy(folder: Path) -> Path:
    """A copy of the repository as it lies there, with a commit of all of it, so that a change can be previewed."""
    copy_project(folder)
    commit_all(folder)
    return folder


def matches(shown: tuple[str, ...], printed: str) -> bool:
    """Whether output is as a page shows it."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "[...]" else re.sub(r"\\\{\w+\\\}", ".*?", re.escape(line)) + r" *\n"
        for line in shown
    )
    return not shown or re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


def _run(command: Command, folder: Path, *, fails: bool) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "MAKE", "COLUMNS"))}
    done = subprocess.run(
        ["bash", "-c", command.text],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if (done.returncode != 0) is not fails:
        raise HowToError(f"$ {command.text}\nended with status {done.returncode}:\n{done.stdout}")
    if not matches(command.shown, done.stdout):
        raise HowToError(f"$ {command.text}\nprinted what the page does not show:\n{done.stdout}")


def _write(path: Path, body: str) -> None:
    if path.exists():
        raise HowToError(f"{path.name} is there already. HINT: show the change as a diff")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")


def _change(path: Path, body: str) -> None:
    if not path.is_file():
        raise HowToError(f"{path.name}: there is no such file to change")
    text = path.read_text(encoding="utf-8")
    for hunk in re.split(r"^@@.*\n", body, flags=re.MULTILINE)[1:]:
        lines = hunk.splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
        new = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
        found = text.count(f"\n{old}") + text.startswith(old)
        if found != 1:
            raise HowToError(f"{path.name} has these lines {found} times, and not once:\n{old}")
        text = f"\n{text}".replace(f"\n{old}", f"\n{new}", 1)[1:]
    path.write_text(text, encoding="utf-8")
