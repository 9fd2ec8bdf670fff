"""Text of a merge request in a comment of the bot: nothing in it is obeyed, linked, drawn or hidden."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview import comment_untrusted
from preview.comment_untrusted import LARGEST, MARKER, harmless
from tests.preview.comment.references import FORMS, disguises, fences, obeyed, places

GITHUB_TAKES = 65_536
"""Letters of a comment, by the message of GitHub's API for a longer one."""

ATTACKS = [
    *(place for form in FORMS for disguise in disguises(form) for place in places(disguise)),
    *fences(),
    "&#64everyone",
    "<details>\n&#64everyone",
]


def posted(text: str) -> str:
    return harmless(f"{MARKER}\n{text}\n".encode())


def test_the_reader_recognises_every_form_that_the_platforms_document() -> None:
    unseen = [form for form in FORMS if not obeyed(f"{MARKER}\n{form}\n")]

    assert unseen == []
    assert [block for block in fences() if not obeyed(f"{MARKER}\n{block}\n")] == []


def test_no_form_is_obeyed_wherever_it_stands_and_however_it_is_disguised() -> None:
    through = {attack: found for attack in ATTACKS if (found := obeyed(posted(attack)))}

    assert through == {}


BETWEEN = ["\n", "\n\n", "", " ", "\r", "`", "**"]


@given(st.lists(st.tuples(st.sampled_from(ATTACKS), st.sampled_from(BETWEEN)), max_size=6))
def test_no_mixture_of_them_is_obeyed(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{attack}{between}" for attack, between in parts)

    assert obeyed(posted(text)) == []


@given(st.text(st.sampled_from("@#!$&~%^[]<>/\\`*_-:;.|(){}1aG\n \r\u202e\u05d0\u200b\u0301\ufeff"), max_size=60))
def test_no_other_order_of_letters_is_obeyed(text: str) -> None:
    assert obeyed(posted(text)) == []


@pytest.mark.parametrize("index", range(len(comment_untrusted.RULES)))
def test_without_any_one_rule_something_is_obeyed(index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = comment_untrusted.RULES
    monkeypatch.setattr(comment_untrusted, "RULES", rules[:index] + rules[index + 1 :])

    assert any(obeyed(posted(attack)) for attack in ATTACKS), rules[index]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FENCES", ("```", "```diff", "```mermaid")),
        ("MEANINGLESS", frozenset(map(chr, range(128)))),
        ("TAG", re.compile(r"<(/?)(a|img|summary|sub|code)\b[^>]*>")),
        ("_plain", str),
    ],
)
def test_a_door_that_is_left_open_is_seen(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comment_untrusted, name, value)
    if name == "TAG":
        monkeypatch.setattr(comment_untrusted, "KEPT", value)

    assert any(obeyed(posted(attack)) for attack in ATTACKS)


def test_nothing_is_pushed_out_of_sight() -> None:
    text = posted("```diff\n" + " " * 900 + "- the last bucket\n" + "\n" * 90 + "x" * 20_000 + "\n```")

    assert max(map(len, text.splitlines())) < 5_000
    assert re.search(r"[^\S\n]{100}|\n{9}", text) is None


@pytest.mark.parametrize("letters", ["@a", "[", "&#64;", "<details>\n", "```diff\n@\n", "#1\n"])
def test_what_grows_by_being_parted_still_fits_and_is_closed(letters: str) -> None:
    text = posted(letters * ((LARGEST - len(MARKER) - 2) // len(letters)))

    assert len(text) < GITHUB_TAKES
    assert obeyed(text) == []


OPENING = ["<details>", "```diff", "```", "<sub>", "`"]


@pytest.mark.parametrize(("first", "second"), list(product(OPENING, ["</details>", "x"])))
def test_what_is_opened_is_closed_and_nothing_else_is(first: str, second: str) -> None:
    assert obeyed(posted(f"{first}\n{second}\n{second}")) == []
