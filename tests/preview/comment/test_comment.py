"""The comment of a merge request: what it says, what it hides, and that nothing in it breaks out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from capture import stacks_of
from preview.comment import main
from preview.comment_engine import EXIT_CHANGES, exit_code, markdown, read_answer
from preview.comment_text import Redactor
from preview.comment_untrusted import MARKER
from preview.engine_plan import AnswerError
from preview.report import EXIT_FAULT, EXIT_LOSS
from tests.preview.comment.estates import GOLDEN, HOSTILE, a_loss, an_attack, many
from tests.preview.comment.record import FOLDER
from tests.support import ROOT, STACK_FILES

GITHUB_LETTERS = 65_536


def rendered(markdown: str) -> str:
    """HTML as a forge makes it, before it looks for mentions."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


def outside_code(page: str) -> str:
    """What a forge searches for mentions, links and emoji."""
    return re.sub(r"<(pre|code)\b.*?</\1>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("name", GOLDEN)
def test_comments_read_as_recorded(name: str) -> None:
    comment = GOLDEN[name]()

    assert comment.markdown == (FOLDER / f"{name}.md").read_text(encoding="utf-8"), (
        "python -m tests.preview.comment.record"
    )
    assert comment.diff == (FOLDER / f"{name}.diff").read_text(encoding="utf-8")


def test_losses_come_before_every_other_step() -> None:
    text = a_loss().markdown
    order = [
        text.index(words) for words in ("loses 2 stateful", "Would be lost", "was not before", "steps by component")
    ]

    assert order == sorted(order)


def test_a_protected_loss_says_what_stands_in_its_way_and_an_unguarded_one_that_nothing_does() -> None:
    lines = a_loss().markdown.splitlines()
    bucket = next(index for index, line in enumerate(lines) if "vault-packages</code> is **deleted**" in line)
    disk = next(index for index, line in enumerate(lines) if "vault-data</code> is **replaced**" in line)

    assert "nothing stands in the way" in lines[bucket + 1]
    assert any("protected:" in line for line in lines[disk + 1 : disk + 4])


def test_what_the_author_writes_stays_text() -> None:
    page = rendered(an_attack().markdown)

    assert "<img" not in page
    assert "<a " not in page
    assert "<strong>b</strong>" not in page
    assert page.count("<details>") == page.count("</details>") == an_attack().markdown.count("<details>")
    assert "@everyone" not in outside_code(page)
    assert not re.search(r"^\s*/merge", outside_code(an_attack().markdown), re.MULTILINE)
    assert "\u202e" not in page
    assert page.count("<table>") == 2


def test_every_value_is_still_there_to_be_read() -> None:
    page = rendered(an_attack().markdown)

    assert HOSTILE.partition("\n")[0].replace("<", "&lt;").replace(">", "&gt;") in page


@pytest.mark.parametrize("part", ["markdown", "diff"])
def test_personal_addresses_are_numbered_so_that_a_change_shows(part: str) -> None:
    text: str = getattr(an_attack(), part)

    assert "[e-mail 1] → [e-mail 2]" in text
    assert "[account 1]:root → arn:aws:iam::[account 2]" in text
    for personal in ("@example.com", "123456789012", "210987654321", "/home/someone"):
        assert personal not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("glpat-0123456789abcdefghij", "[looks like a GitLab token]"),
        ("postgres://app:hunter2hunter2@db/x", "[looks like a URL with a password]"),
        ("runner@example-project.iam.gserviceaccount.com", "runner@example-project.iam.gserviceaccount.com"),
        ("/home/jane/src/x", "[local]/src/x"),
        ("/tmp/packyard-preview-abc/tree/estate/program.py:3", "[revision]/estate/program.py:3"),  # noqa: S108
        ("0" * 64, "0" * 64),
    ],
)
def test_what_is_redacted_and_what_is_not(text: str, shown: str) -> None:
    assert Redactor(Path("/nowhere/at/all")).text(text) == shown


def test_a_comment_fits_and_says_what_is_left_out() -> None:
    comment = many()

    assert len(comment.markdown.encode()) < 60_000 < GITHUB_LETTERS
    assert "**Cut here:**" in comment.markdown
    assert re.search(r"and \*\*\d+ more\*\*: the diff file", comment.markdown)
    assert "loses 400 stateful" in comment.markdown
    assert comment.markdown.count("<details>") == comment.markdown.count("</details>")
    assert comment.markdown.count("```") % 2 == 0
    assert comment.diff.count("\n- deleted") == 400


def test_an_unchanged_stack_is_folded_and_no_cloud_was_asked() -> None:
    page = rendered(a_loss().markdown)

    assert re.search(r"<details>\s*<summary>1 stack is unchanged</summary>.*staging", page, re.DOTALL)
    assert "No cloud was asked" in page


def test_the_command_writes_comment_and_diff_and_ends_as_the_preview_does(tmp_path: Path) -> None:
    output = tmp_path / "comment.md"
    code = main(["--against", "HEAD", "--stacks", "nowhere", "--output", str(output)])

    assert code == EXIT_FAULT
    assert output.read_text(encoding="utf-8").startswith(MARKER)
    assert "cannot be previewed" in output.read_text(encoding="utf-8")
    assert output.with_suffix(".diff").exists()


def test_without_a_list_every_stack_with_a_file_is_compared() -> None:
    assert stacks_of(STACK_FILES) == ("production", "staging")


def test_an_unknown_revision_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "preview.comment", "--against", "no-such"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == EXIT_FAULT
    assert done.stderr.startswith("--against no-such: no such revision")


STEP = """{"steps": [
  {"op": "same", "urn": "urn:pulumi:s::p::aws:s3/bucket:Bucket::kept"},
  {"op": "update", "urn": "urn:pulumi:s::p::packyard:a:B$aws:iam/role:Role::x</code>", "diffReasons": ["tags"],
   "newState": {"inputs": {"value": "hunter2hunter2"}}},
  {"op": "replace", "urn": "urn:pulumi:s::p::aws:s3/bucket:Bucket::lost", "replaceReasons": ["bucket"]}]}"""


def test_of_the_engines_answer_no_value_is_shown_and_losses_come_first() -> None:
    answer = read_answer(STEP)
    text = markdown(answer, "staging", Redactor(ROOT))

    assert exit_code(answer, expect_no_changes=False) == EXIT_LOSS
    assert "hunter2" not in text
    assert "kept" not in text
    assert text.index("lost</code>") < text.index("x&lt;/code&gt;")
    assert text.splitlines()[0].endswith("1 replace, 1 update")


def test_drift_ends_with_its_own_code_and_a_failed_preview_with_a_fault() -> None:
    update = STEP.replace('"replace"', '"update"')

    assert exit_code(read_answer(update), expect_no_changes=True) == EXIT_CHANGES
    assert exit_code(read_answer('{"steps": []}'), expect_no_changes=True) == 0
    failed = read_answer('{"diagnostics": [{"severity": "error", "message": "no credentials"}]}')
    assert exit_code(failed, expect_no_changes=True) == EXIT_FAULT
    with pytest.raises(AnswerError):
        read_answer("[]")
