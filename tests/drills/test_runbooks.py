"""The runbooks can be followed, and every block of commands in them is run by a drill or says why it is not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills import runbooks
from tests.drills.runbooks import Command, RunbookError, parse
from tests.support import ROOT

PARTS = ["Sign", "Check", "Act", "Prove", "Undo"]

DRILLS = sorted((ROOT / "tests" / "drills").glob("*/test_*.py"))


def followed(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Runbook and label of every `follow("runbook", "label", ...)` in the drills."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "follow":
                words = [word.value for word in node.args[:2] if isinstance(word, ast.Constant)]
                assert len(words) == 2, f"{path.name}:{node.lineno}: runbook and label are not written out"
                yield str(words[0]), str(words[1])


@pytest.mark.parametrize("name", runbooks.names())
def test_a_runbook_has_the_five_parts_in_their_order(name: str) -> None:
    text = (runbooks.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)

    assert [heading for heading in headings if heading in PARTS] == PARTS
    assert len(text.splitlines()) <= 120, "nobody reads more in the night"


def test_every_block_is_run_by_a_drill_or_says_why_not() -> None:
    blocks = [block for name in (*runbooks.names(), "README") for block in runbooks.read(name)]
    labelled = {(block.runbook, block.label) for block in blocks if block.label}

    assert labelled == set(followed(DRILLS)), "a label without a drill, or a drill without its block"
    assert all(block.label or block.reason for block in blocks)


def test_the_index_leads_to_every_runbook() -> None:
    index = (runbooks.FOLDER / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", index)) == set(runbooks.names())


def test_commands_of_a_block_name_their_host_and_are_filled_in() -> None:
    text = '<!-- drill: promote -->\n```console\npg-b# pairctl promote --fenced "{reason}"\n```\n'
    (block,) = parse("page", text)

    assert block.label == "promote"
    assert block.commands[0].placeholders == {"reason"}
    assert block.commands[0].filled({"reason": "power"}, swapped=False) == Command(
        "pg-b", 'pairctl promote --fenced "power"'
    )


def test_the_hosts_change_places_where_the_other_one_is_the_primary() -> None:
    command = Command("pg-a", "pairctl status pg-b pg_a {x}")

    assert command.filled({"x": "pg-a"}, swapped=True) == Command("pg-b", "pairctl status pg-a pg_b pg-a")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```console\npg-a# true\n```\n", "neither which drill"),
        ("<!-- drill: a -->\n```console\ntrue\n```\n", "no command with its place"),
        ("<!-- drill: a -->\n```console\npg-a# true\n```\n" * 2, "used twice"),
        ("<!-- drill: a -->\n```console\npg-a# true\n", "no end"),
    ],
)
def test_a_page_that_cannot_be_followed_is_refused(text: str, fault: str) -> None:
    with pytest.raises(RunbookError, match=fault):
        parse("page", text)


def test_a_word_that_nobody_filled_in_is_refused() -> None:
    with pytest.raises(RunbookError, match="no value for reason"):
        Command("pg-a", "echo {reason}").filled({}, swapped=False)
