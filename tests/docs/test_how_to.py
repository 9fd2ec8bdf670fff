"""The pages of docs/how-to are worked examples: a copy of the repository takes their changes, runs their commands."""

import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from tests.docs.how_to import BLOCK, FOLDER, HowToError, blocks, commands, copy, follow, matches, pages

WORKERS = 2
"""Pages that are followed at a time: what a small machine has cores for."""


@cache
def failures() -> dict[str, str]:
    """What is not true, by page; all pages are followed at once, each in a copy of its own."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        texts = {page.name: pool.submit(failure, page, Path(folder) / page.stem) for page in pages()}
        return {name: text.result() for name, text in texts.items()}


def failure(page: Path, folder: Path) -> str:
    try:
        folder.mkdir()
        follow(page.read_text(encoding="utf-8"), copy(folder))
    except HowToError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path) -> None:
    assert failures()[page.name] == ""


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_is_short_and_says_why_a_command_is_not_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(text)

    assert len(text.splitlines()) <= 120, "nobody reads more to do one thing"
    assert "```" not in BLOCK.sub("", text), "a fence without its end, or without a language"
    assert all(block.reason for block in found if block.mark == "not run")
    assert any(block.mark != "not run" for block in found if block.language == "console")


def test_the_index_leads_to_every_page() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"\]\(([a-z-]+\.md)\)", index)) == {page.name for page in pages()}


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("```diff a.txt\n@@\n-three\n+four\n```\n", "0 times"),
        ("```diff a.txt\n@@\n-one\n+four\n```\n", "2 times"),
        ("```diff b.txt\n@@\n-one\n+four\n```\n", "no such file"),
        ("```text a.txt\nnew\n```\n", "already"),
        ("```console\n$ echo one\ntwo\n```\n", "does not show"),
        ("```console\n$ false\n```\n", "status 1"),
        ("<!-- fails -->\n```console\n$ true\n```\n", "status 0"),
        ("```console\none\n$ true\n```\n", "begins with"),
    ],
)
def test_a_page_that_is_not_true_is_refused(tmp_path: Path, page: str, fault: str) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\none\n", encoding="utf-8")

    with pytest.raises(HowToError, match=fault):
        follow(page, tmp_path)


def test_a_page_is_followed_from_top_to_bottom(tmp_path: Path) -> None:
    page = (
        "```text a.txt\none\ntwo\n```\n```diff a.txt\n@@\n one\n-two\n+three\n```\n"
        "```console\n$ cat a.txt\none\nthree\n```\n<!-- not run: it would end the test -->\n```console\n$ false\n```\n"
    )

    follow(page, tmp_path)

    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "one\nthree\n"


def test_a_page_may_leave_out_lines_and_parts_of_a_line() -> None:
    assert matches(("one", "[...]", "{number} passed in {time}s"), "one\ntwo\nthree\n3 passed in 0.1s\n")
    assert not matches(("one", "[...]", "{number} passed"), "one\n3 failed\n")


def test_commands_are_told_from_what_they_print() -> None:
    (block,) = blocks("```console\n$ one\nprinted\n$ two\n```\n")

    assert [(command.text, command.shown) for command in commands(block)] == [("one", ("printed",)), ("two", ())]
