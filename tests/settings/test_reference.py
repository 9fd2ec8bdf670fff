"""The reference of settings: as the models declare them, whole, and rendered as it was meant."""

from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from settings.declarations import meaning, one_line
from settings.places import Place, places
from settings.reference import page
from settings.stack import Settings
from settings.words import member_meanings
from tests.support import ROOT

REFERENCE = ROOT / "docs/reference/settings.md"

PLACES = [place for place in places(Settings) if place.path != "stack"]


def test_the_reference_is_what_the_models_say() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == page(), "make records"


def test_every_section_has_a_heading_and_every_value_an_item_with_its_meaning() -> None:
    headings, items = rendered()

    for place in PLACES:
        if place.is_leaf:
            found = [texts for code, texts in items if code == place.path]
            assert any(shown(meaning(place.field)) == "".join(texts[1 : 1 + paragraphs(place)]) for texts in found), (
                place.path
            )
        else:
            assert {place.path, f"{place.path}[]"} & headings, place.path


def test_every_word_of_an_enumeration_that_has_a_meaning_is_told() -> None:
    told = {(code, texts[0]) for code, texts in rendered()[1]}
    words = [(word, text) for place in PLACES for word, text in member_meanings(place.field).items()]

    assert words
    for word, text in words:
        assert (word, shown(f"`{word}`: {text}")) in told


@pytest.mark.parametrize("token", ["html_block", "html_inline", "table_open", "code_block", "hr", "ordered_list_open"])
def test_no_text_is_taken_for_something_else(token: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(REFERENCE.read_text(encoding="utf-8"))
    kinds = {entry.type for entry in tokens} | {child.type for entry in tokens for child in entry.children or ()}

    assert token not in kinds


def rendered() -> tuple[set[str], list[tuple[str, list[str]]]]:
    """First code of each heading; first code and the paragraphs of each item of a list."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark").parse(REFERENCE.read_text(encoding="utf-8")))
    headings = {code(node) for node in tree.walk() if node.type == "heading"}
    items = [(code(node), list(texts(node))) for node in tree.walk() if node.type == "list_item"]
    return headings, items


def code(node: SyntaxTreeNode) -> str:
    return next((inner.content for inner in node.walk() if inner.type == "code_inline"), "")


def texts(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        if child.type == "paragraph":
            yield plain("".join(leaf(inner) for inner in child.walk() if not inner.children))


def leaf(node: SyntaxTreeNode) -> str:
    return " " if node.type == "softbreak" else node.content


def shown(text: str) -> str:
    return plain(text.replace("`", ""))


def plain(text: str) -> str:
    return one_line(text).replace(" ", "")


def paragraphs(place: Place) -> int:
    return meaning(place.field).count("\n\n") + 1
