"""What a host remembers: each file is declared once, and README, runbooks and program name it alike."""

import re
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import pytest
from pair import memory
from pair.__main__ import COMMANDS
from pair.memory import Folder, Memory

from tests.machines.support.programs import MACHINES
from tests.support import ROOT

PAIR = MACHINES / "pair"
README = PAIR / "README.md"
RUNBOOKS = sorted((ROOT / "docs/runbooks/database").glob("*.md"))
OTHERS = {memory.PERSON, memory.NOBODY, "PostgreSQL", "converge", "pair-archive-get", "the kernel, with the process"}
STATE = "/var/lib/postgresql/pair/"


def row(entry: Memory) -> str:
    """Its line in the table of the README."""
    written, cleared = ", ".join(entry.writers), ", ".join(entry.clearers)
    return f"| `{entry.folder.value}` `{entry.name}` | {entry.says} | {written} | {cleared} | {entry.at_boot} |"


def declared() -> list[Memory]:
    return [value for value in vars(memory).values() if isinstance(value, Memory)]


def named_in_runbooks(text: str) -> set[str]:
    """What a page names below the folder of the state, with a star for what differs."""
    whole = re.findall(rf"{STATE}([^\s`/\"']+)", text)
    found = re.findall(rf"find {STATE.rstrip('/')} .*?-name \"([^\"]+)\"", text)
    return {re.sub(r"<[^>]+>", "*", name) for name in (*whole, *found)}


def test_the_readme_shows_every_file_and_no_other() -> None:
    rows = [line for line in README.read_text(encoding="utf-8").splitlines() if re.match(r"\| `[^`]+` `", line)]

    assert rows == [row(entry) for entry in memory.ALL]


def test_every_file_that_is_declared_is_in_the_list() -> None:
    assert sorted(entry.name for entry in declared()) == sorted(entry.name for entry in memory.ALL)


@pytest.mark.parametrize("entry", memory.ALL, ids=lambda entry: entry.name)
def test_those_who_write_and_clear_a_file_are_there(entry: Memory) -> None:
    assert {*entry.writers, *entry.clearers} <= {*COMMANDS, *OTHERS}
    assert all(getattr(entry, field.name) for field in fields(entry))


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda path: path.name)
def test_a_runbook_names_files_of_the_state_as_the_program_does(page: Path) -> None:
    known = [entry.name.rstrip("/") for entry in memory.ALL if entry.folder is Folder.STATE]

    named = named_in_runbooks(page.read_text(encoding="utf-8"))

    assert {name for name in named if not any(fnmatch(name, pattern) for pattern in known)} == set()


def test_a_runbook_with_another_name_is_seen() -> None:
    text = (
        f'`{STATE}diverged-<time>/` and\n# find {STATE.rstrip("/")} -maxdepth 1 -name "forked-*" -exec rm -r {{}} +\n'
    )

    assert named_in_runbooks(text) == {"diverged-*", "forked-*"}
    assert named_in_runbooks("".join(page.read_text() for page in RUNBOOKS)), "the pages name some"


@pytest.mark.parametrize("path", sorted(PAIR.rglob("*.py")), ids=lambda path: str(path.relative_to(PAIR)))
def test_no_other_module_names_a_file_of_the_state(path: Path) -> None:
    names = "|".join(re.escape(entry.name.rstrip("*-/")) for entry in memory.ALL if entry.folder is Folder.STATE)
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"\bstate / ", text)
    assert path.name == "memory.py" or not re.search(rf'(/|=) f?"({names})["-]', text), "memory.py declares it"
