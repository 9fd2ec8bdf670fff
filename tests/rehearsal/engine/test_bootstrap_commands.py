"""The commands of pages for people that are Pulumi's are what its CLI takes."""

import re
import subprocess
from pathlib import Path

import pytest

from rehearsal.cli_binary import find_cli
from tests.docs.bootstrap import PAGES, run

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pulumi_commands_of_a_page_are_what_the_cli_takes(page: Path, tmp_path: Path) -> None:
    calls = run(page.read_text(encoding="utf-8"), tmp_path)
    used = [call.words for call in calls if call.words[0] == "pulumi"]

    assert used or page.stem == "take-away", "the page has none"
    assert [fault for words in used for fault in _faults(words, tmp_path)] == []


@pytest.mark.parametrize(
    "wrong",
    ["stack init staging --secrets-provide=x", "stack outputs dns", "lgin gs://bucket", "import a b c --stak staging"],
)
def test_a_wrong_pulumi_command_is_seen(wrong: str, tmp_path: Path) -> None:
    assert _faults(("pulumi", *wrong.split()), tmp_path)


def _faults(words: tuple[str, ...], home: Path) -> list[str]:
    """The CLI reads flags before it sees --help, and then shows the help of the command that it found."""
    done = subprocess.run(
        [find_cli().path, *words[1:], "--help"],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return [f"{' '.join(words)}: {done.stderr}"]
    return [] if _is_of(words, done.stdout) else [f"{' '.join(words)}: no such command"]


def _is_of(words: tuple[str, ...], shown: str) -> bool:
    """Whether the help is of this command, and not of the group in which it was looked for."""
    usage = re.search(r"^Usage:\n  pulumi (?P<path>[a-z -]*[a-z])", shown, re.MULTILINE)
    aliases = re.search(r"^Aliases:\n  (.*)$", shown, re.MULTILINE)
    if usage is None:
        return False
    *group, name = usage["path"].split()
    names = {name, *(aliases[1].split(", ") if aliases else ())}
    after = words[1 + len(group) + 1 :]
    takes_no_more_words = "[command]" in shown and after and not after[0].startswith("-")
    return words[1 : 1 + len(group)] == tuple(group) and words[1 + len(group)] in names and not takes_no_more_words
