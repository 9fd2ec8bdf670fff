"""Documents are held to their word: commands exist, links lead somewhere, excerpts are what the commands print."""

import re
from pathlib import Path

import pytest

from preview.cli import main as preview
from tests.docs.excerpt import BLOCK as EXCERPT
from tests.docs.excerpt import DRAWING, README, drawing, excerpt
from tests.docs.how_to import BLOCK
from tests.support import ROOT, STACKS

DOCUMENTS = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))

TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_excerpt_in_the_readme_is_what_the_preview_prints() -> None:
    found = EXCERPT.search(README.read_text(encoding="utf-8"))

    assert found is not None
    assert found.group() == excerpt(), "write it anew: python -m tests.docs.excerpt"


def test_the_drawing_in_the_readme_is_what_the_preview_draws() -> None:
    assert DRAWING.relative_to(ROOT).as_posix() in README.read_text(encoding="utf-8")
    assert DRAWING.read_text(encoding="utf-8") == drawing(), "write it anew: python -m tests.docs.excerpt"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_make_command_in_a_document_is_a_target(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", text, re.MULTILINE))

    assert {first or second for first, second in named} <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    # What stands in a block of code is no link.
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", BLOCK.sub("", document.read_text(encoding="utf-8")))

    missing = [link for link in links if not (document.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_stack_that_a_command_names_exists(document: Path) -> None:
    assert set(re.findall(r"STACK=([a-z]+)", document.read_text(encoding="utf-8"))) <= set(STACKS)


def test_the_arguments_that_documents_give_to_the_preview_are_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each ARGS="..." of a document runs; files that it names are written into an empty folder."""
    texts = [document.read_text(encoding="utf-8") for document in DOCUMENTS]
    given = {match for text in texts for match in re.findall(r'make preview STACK=\w+ ARGS="?([^"`\n]+)', text)}
    monkeypatch.chdir(tmp_path)

    assert given
    for arguments in sorted(given):
        assert preview(["staging", *arguments.split()]) == 0, arguments


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    commands = re.search(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    ci = re.findall(r"^\d+ +(\S.*)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)

    assert commands is not None
    assert set(commands.group(1).splitlines()) <= set(ci)
