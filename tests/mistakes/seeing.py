"""Who sees a mistake first: the settings, the policies, the preview's losses, a reader of its comparison, the tests."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from preview.cli import EXIT_CODES
from tests.mistakes.copy import Copy, Look
from tests.mistakes.mistake import LEGITIMATE, Mistake
from tests.support import STACKS


class Seen(StrEnum):
    """By whom, the earliest first."""

    SETTINGS = "settings"
    """A fault of the settings, or of the program itself: the preview shows nothing else."""
    POLICIES = "policies"
    LOSS = "loss"
    """A stateful resource, or one that guards it, that the preview says is lost."""
    COMPARED = "compared"
    """A line of the comparison names it; it takes a reader to stop it."""
    TESTS = "tests"
    NOBODY = "nobody"
    STALE = "stale"
    """The text that it changes is no longer there: the list must follow the project."""


BY_STATUS = {1: Seen.SETTINGS, 2: Seen.POLICIES, 3: Seen.LOSS}

STOPPED = frozenset({Seen.SETTINGS, Seen.POLICIES, Seen.LOSS})
"""Seen without a reader who looks closely."""

BEFORE_A_MERGE = STOPPED | {Seen.COMPARED}
"""Seen by whoever previews, on a fork as well."""

TESTS_OF = {
    "Pulumi.": ("tests/estate/test_real_stack_files.py", "tests/settings/test_placeholders.py"),
    "components/": ("tests/components", "tests/estate", "tests/policies"),
    "estate/": ("tests/estate", "tests/doors"),
    "settings/": ("tests/settings", "tests/machines/test_argument_specs.py", "tests/alerts"),
    "machines/roles/": ("tests/machines/checks", "tests/machines/roles", "tests/machines/test_argument_specs.py"),
    "machines/playbooks/": ("tests/machines/checks", "tests/machines/roles", "tests/machines/test_argument_specs.py"),
    "machines/first_boot/": ("tests/machines/first_boot", "tests/machines/checks"),
    "machines/converge/": ("tests/machines/converge", "tests/machines/first_boot", "tests/machines/checks"),
    "machines/host/": ("tests/machines/host", "tests/machines/pair", "tests/machines/offsite", "tests/machines/checks"),
    "machines/pair/": ("tests/machines/pair", "tests/machines/checks"),
    "machines/offsite/": ("tests/machines/offsite", "tests/machines/checks"),
}
"""The tests of `make test` that look at a room, by the beginning of a file's name; one mistake must take seconds."""

WHOLE = ("tests",)
"""All of `make test`."""


@dataclass(frozen=True)
class Sight:
    """How a mistake was seen."""

    seen: Seen
    line: str
    """What was said, in one line."""


def sees(copy: Copy, mistake: Mistake, sound: Mapping[str, Look], *, whole: bool) -> Sight:
    """Who sees the mistake first. `sound` has the previews without it. Raises ListError."""
    with copy.with_mistake(mistake):
        for stack in previewed(mistake):
            sight = judged(mistake, copy.preview(stack), sound[stack])
            if sight is not None and (sight.seen in STOPPED or mistake.room != LEGITIMATE):
                return sight
        tests = own_tests(mistake, whole=whole)
        if tests and (done := copy.tests(tests)).status != 0:
            return Sight(Seen.TESTS, failing_line(done.text))
        return Sight(Seen.NOBODY, "")


def previewed(mistake: Mistake) -> tuple[str, ...]:
    """The stacks whose preview can show the mistake: none for what runs on a machine, whose bundle changes anyhow."""
    if all(file.startswith("machines/") for file in mistake.files):
        return ()
    named = tuple(stack for stack in STACKS if f"Pulumi.{stack}.yaml" in mistake.files)
    return named or tuple(reversed(STACKS))


def own_tests(mistake: Mistake, *, whole: bool) -> tuple[str, ...]:
    """The tests that look at its files. A legitimate change of what is registered may change records of tests."""
    if mistake.room == LEGITIMATE and previewed(mistake):
        return ()
    if whole:
        return WHOLE
    return tuple(dict.fromkeys(test for start, tests in TESTS_OF.items() if _touches(mistake, start) for test in tests))


def _touches(mistake: Mistake, start: str) -> bool:
    return any(file.startswith(start) for file in mistake.files)


def judged(mistake: Mistake, look: Look, sound: Look) -> Sight | None:
    """What the preview makes of the mistake; None where it does not name it."""
    if look.status not in (0, *BY_STATUS):
        return Sight(Seen.SETTINGS, f"the preview ended with {look.status}, and not as it says:\n{EXIT_CODES}")
    known = set(sound.text.splitlines())
    fresh = [line.strip() for line in look.text.splitlines() if line not in known]
    if look.status != 0:
        return Sight(BY_STATUS[look.status], telling_line(fresh))
    named = [line for line in fresh if any(word in plain(line) for word in words_of(mistake))]
    return Sight(Seen.COMPARED, named[0]) if named else None


def words_of(mistake: Mistake) -> set[str]:
    """What a line must have to name the mistake: the words that its edits take away or bring."""
    if mistake.words:
        return {plain(word) for word in mistake.words}
    return {plain(word) for edit in mistake.edits for word in _words(edit.before) ^ _words(edit.after)} - {""}


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w./:*-]*\w[\w./:*-]*", text))


def plain(text: str) -> str:
    """A text in which names of Python and names of the clouds are alike."""
    return re.sub(r"[_\s]", "", text).lower()


def telling_line(lines: Iterable[str]) -> str:
    """The first line that says what is wrong, and is no heading."""
    told = [line for line in lines if line and not line.startswith(("Against", "Policies", "~", "+ ", "- "))]
    return told[0] if told else ""


def failing_line(text: str) -> str:
    """The test that failed."""
    failed = re.search(r"^(?:FAILED|ERROR) (.*)$", text, re.MULTILINE)
    return failed[1] if failed else text.strip().splitlines()[-1]
