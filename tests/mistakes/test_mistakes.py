"""The lists of mistakes apply to the project as it is, and the bench tells who sees one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mistakes.copy import Look
from tests.mistakes.mistake import LEGITIMATE, Edit, ListError, Mistake, all_mistakes, read
from tests.mistakes.results import Results
from tests.mistakes.seeing import Seen, Sight, judged, own_tests, previewed
from tests.mistakes.table import Row, table
from tests.support import ROOT, STACK_FILES

LEAST_MISTAKES, LEAST_LEGITIMATE = 150, 24
"""What a figure in a hundred needs to mean something."""

LOCK = Mistake("stack_files", "locks", "a short lock", (Edit("Pulumi.staging.yaml", "lockDays: 42", "lockDays: 1"),))

SOUND = Look(0, "Against HEAD: no changes\nPolicies  all hold\n")


def text_of(file: str) -> str:
    folder = STACK_FILES if (STACK_FILES / file).is_file() else ROOT
    return (folder / file).read_text(encoding="utf-8")


def is_stale(mistake: Mistake) -> bool:
    texts: dict[str, str] = {}
    try:
        for edit in mistake.edits:
            texts[edit.file] = edit.applied(texts.get(edit.file) or text_of(edit.file))
    except (ListError, FileNotFoundError):
        return True
    return False


def test_most_edits_apply_to_the_project_as_it_is() -> None:
    """A few may wait for somebody who mends the list: whoever changes such a line for good reason is not held up."""
    every = all_mistakes()
    stale = [f"{mistake.room}: {mistake.name}" for mistake in every if is_stale(mistake)]

    assert len(stale) <= len(every) // 20, "\n".join(stale)


def test_there_are_enough_mistakes_each_with_a_name_of_its_own() -> None:
    names = [(mistake.room, mistake.name) for mistake in all_mistakes()]
    legitimate = sum(room == LEGITIMATE for room, _ in names)

    assert len(set(names)) == len(names)
    assert len(names) - legitimate >= LEAST_MISTAKES
    assert legitimate >= LEAST_LEGITIMATE


def test_the_tests_of_a_room_exist() -> None:
    for mistake in all_mistakes():
        paths = own_tests(mistake, whole=False)
        assert [path for path in paths if not (ROOT / path).exists()] == []
        assert paths or previewed(mistake), mistake.name


def test_an_edit_whose_text_is_there_twice_or_not_at_all_is_refused() -> None:
    edit = Edit("a.py", "one", "two")

    assert edit.applied("one, three") == "two, three"
    for text in ("one, one", "three"):
        with pytest.raises(ListError, match=r"a\.py has this text \d times"):
            edit.applied(text)


@pytest.mark.parametrize(
    "text",
    ["## no edit\n", "## no change\n@ a.py\n-one\n+one\n", "a line before all\n", "## no before\n@ a.py\n+one\n"],
)
def test_a_list_that_says_nothing_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "room.txt").write_text(text)

    with pytest.raises(ListError):
        list(read(tmp_path / "room.txt"))


def test_a_list_is_read_with_kinds_words_and_edits_of_several_files(tmp_path: Path) -> None:
    (tmp_path / "room.txt").write_text("# kind\n## name\n? said\n@ a\n-1\n-2\n+3\n@ b\n-4\n+\n")

    assert list(read(tmp_path / "room.txt")) == [
        Mistake("room", "kind", "name", (Edit("a", "1\n2", "3"), Edit("b", "4", "")), ("said",))
    ]


@pytest.mark.parametrize(
    ("look", "seen"),
    [
        (Look(1, "Pulumi.staging.yaml: lockDays: at least 35"), Seen.SETTINGS),
        (Look(2, "Policies  1 violated\n  bucket-lock  too short"), Seen.POLICIES),
        (Look(3, "Lost: the lock"), Seen.LOSS),
        (Look(-11, ""), Seen.SETTINGS),
        (Look(0, "Against HEAD: 1 updated\n  rule.days: 42 → 1\nPolicies  all hold\n"), Seen.COMPARED),
    ],
)
def test_who_saw_a_mistake_is_told_by_status_and_text(look: Look, seen: Seen) -> None:
    sight = judged(LOCK, look, SOUND)

    assert sight is not None
    assert sight.seen is seen


def test_a_comparison_that_does_not_name_the_mistake_does_not_count() -> None:
    shown = Look(0, "Against HEAD: some updated\n  bundle.sha256: abc → def\nPolicies  all hold\n")

    assert judged(LOCK, shown, SOUND) is None
    assert judged(LOCK, SOUND, SOUND) is None


def test_what_was_seen_once_is_not_looked_at_again_until_the_project_changes(tmp_path: Path) -> None:
    def look(seen: Seen) -> Callable[[], Sight]:
        return lambda: Sight(seen, "a line")

    file = tmp_path / "results"

    assert Results(file, "tree").of(LOCK, look(Seen.LOSS)).seen is Seen.LOSS
    assert Results(file, "tree").of(LOCK, look(Seen.NOBODY)).seen is Seen.LOSS
    assert Results(file, "another tree").of(LOCK, look(Seen.NOBODY)).seen is Seen.NOBODY


def test_the_table_lists_what_passed_what_tests_alone_saw_and_what_is_refused_though_it_is_right() -> None:
    allowed = Mistake(LEGITIMATE, "locks", "a longer lock", LOCK.edits)
    rows = [
        Row(LOCK, Sight(Seen.POLICIES, "")),
        Row(LOCK, Sight(Seen.NOBODY, "")),
        Row(LOCK, Sight(Seen.TESTS, "")),
        Row(LOCK, Sight(Seen.STALE, "the text is there 0 times")),
        Row(allowed, Sight(Seen.POLICIES, "too long")),
    ]
    text = "\n".join(table(rows))

    assert "stack_files: 1 of 4 seen by settings, policies or preview, 25 of 100" in text
    assert "Seen by nobody: 1" in text
    assert "Stale, so mend the list: 1" in text
    assert "Seen by tests alone, so neither by a preview nor on a fork: 1" in text
    assert "Legitimate changes that are refused, of 1: 1\n  legitimate: a longer lock  (too long)" in text
