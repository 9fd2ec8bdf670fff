"""Commands of gcloud against what its own parser says that each takes: tests/docs/gcloud_commands.json."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support import ROOT

TABLE = ROOT / "tests" / "docs" / "gcloud_commands.json"

Table = dict[str, Any]
"""The file as it is read; `record_gcloud` describes it."""


def read_table() -> Table:
    """The table of commands."""
    table: Table = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def faults(words: tuple[str, ...], table: Table) -> list[str]:
    """What is wrong with one command, `gcloud` first."""
    return [f"{' '.join(words)}: {fault}" for fault in _faults(words, table)]


def command_of(words: tuple[str, ...], names: list[str]) -> str | None:
    """The longest of some names of commands with which it begins."""
    text = " ".join(words[1:]) + " "
    return max((name for name in names if text.startswith(f"{name} ")), key=len, default=None)


def _faults(words: tuple[str, ...], table: Table) -> Iterator[str]:
    name = command_of(words, list(table["commands"]))
    if name is None:
        yield "the table has no such command. HINT: python -m tests.docs.record_gcloud, where gcloud is installed"
        return
    command = table["commands"][name]
    flags = {**table["global"], **command["flags"]}
    rest = words[1 + len(name.split()) :]
    given = {word.removeprefix("--").partition("=")[0]: word for word in rest if word.startswith("--")}
    for flag, word in given.items():
        if flag not in flags:
            yield f"no flag --{flag}"
        elif (flags[flag]["type"] == "bool") is ("=" in word):
            yield f"--{flag} takes {'no' if flags[flag]['type'] == 'bool' else 'a'} value"
        elif "choices" in flags[flag] and word.partition("=")[2] not in flags[flag]["choices"]:
            yield f"--{flag} takes {flags[flag]['choices']}"
    yield from (f"--{flag} is missing" for flag, each in flags.items() if each.get("required") and flag not in given)
    positional = [word for word in rest if not word.startswith("-")]
    takes = command["positionals"] + command["optional"]
    if len(positional) < len(command["positionals"]) or (positional and not takes):
        yield f"takes {takes}, and has {positional}"
