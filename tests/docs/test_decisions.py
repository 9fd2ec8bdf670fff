"""Records of decisions: their form, their index, and the drills that they call as witnesses."""

import re
from pathlib import Path

import pytest

from tests.support import ROOT

FOLDER = ROOT / "docs" / "decisions"

DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))

LINE = re.compile(r"^\| \[(\d+)\]\(([^)]+)\) \| (.+) \| (.+) \|$", re.MULTILINE)
"""A line of the index: number, file, title, status."""


def lines_of(index: str) -> list[tuple[str, str, str, str]]:
    return sorted(((number, file, title, status) for number, file, title, status in LINE.findall(index)), key=by_number)


def by_number(line: tuple[str, str, str, str]) -> int:
    return int(line[0])


def line_for(record: Path) -> tuple[str, str, str, str]:
    """The line that the index must have for a record: its own number, title and status."""
    text = record.read_text(encoding="utf-8")
    heading = re.match(r"# (\d+)\. (.+)\n", text)
    status = re.search(r"^## Status\n(?:(Accepted)|(Superseded) by \[(\d+)\])", text, re.MULTILINE)
    assert heading is not None, record.name
    assert status is not None, f"{record.name}: a status is Accepted, or Superseded by [a number](a file)"
    words = "accepted" if status[1] else f"superseded by {status[3]}"
    return heading[1], record.name, heading[2], words


def test_the_index_has_every_record_with_its_own_title_and_status() -> None:
    index = lines_of((FOLDER / "README.md").read_text(encoding="utf-8"))

    assert index == [line_for(record) for record in DECISIONS]


def test_a_record_that_is_missing_in_the_index_or_named_otherwise_is_seen() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    expected = [line_for(record) for record in DECISIONS]
    lines = text.splitlines(keepends=True)
    (last,) = (line for line in lines if line.startswith(f"| [{expected[-1][0]}]"))

    assert lines_of(text.replace(last, "")) != expected
    assert lines_of(text.replace(expected[0][2], "Another title")) != expected
    assert lines_of(text.replace("superseded by", "accepted, see")) != expected


@pytest.mark.parametrize("record", DECISIONS, ids=lambda record: record.name)
def test_a_record_has_its_number_four_headings_and_fits_two_screens(record: Path) -> None:
    text = record.read_text(encoding="utf-8")

    assert text.startswith(f"# {int(record.name[:4])}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Status", "Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 80


def test_no_number_is_used_twice() -> None:
    numbers = [record.name[:4] for record in DECISIONS]

    assert len(set(numbers)) == len(numbers)


def test_every_drill_that_a_record_calls_as_a_witness_was_run() -> None:
    table = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
    run = set(re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE))
    named = {
        " ".join(name.split())
        for record in DECISIONS
        for sentence in re.findall(r"drills?((?:,?\s+(?:and\s+)?\"[^\"]+\")+)", record.read_text(encoding="utf-8"))
        for name in re.findall(r"\"([^\"]+)\"", sentence)
    }

    assert named
    assert named <= run
