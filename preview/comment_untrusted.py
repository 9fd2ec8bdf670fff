"""Markdown from a pipeline of a merge request, made harmless before a bot posts it.

Whoever writes the merge request decides what its pipeline writes, so this trusts nothing: not even that the text comes
from preview.comment. Standard library alone: the job that posts installs nothing.
"""

import html
import re
import unicodedata
from pathlib import Path

MARKER = "<!-- packyard-preview -->"
"""Begins a comment, so that the next pipeline finds and replaces it."""
LARGEST = 60_000
"""Bytes that are posted; GitHub refuses more than 65 536 letters."""

BREAK = "\u200b"
"""A zero-width space: nobody sees it, and what it parts is no command, mention, tag or link any more."""

TAGS = "details|summary|sub|code"
"""HTML that the comment is made of."""

RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # GitLab obeys lines such as "/merge" in a note, with the rights of its author.
    (re.compile(r"^([^\S\n]*)/", re.MULTILINE), rf"\1{BREAK}/"),
    (re.compile(rf"<(?!/?(?:{TAGS})>)"), f"<{BREAK}"),
    (re.compile(r"@(?=\w)"), f"@{BREAK}"),
    (re.compile(r"\](?=[(:\[])"), f"]{BREAK}"),
    (re.compile(r":(?=//)"), f":{BREAK}"),
    (re.compile(r"www(?=\.)", re.IGNORECASE), f"www{BREAK}"),
    # A number behind one of these names an issue or a merge request, which is then told of it.
    (re.compile(r"(?<!&)([#!])(?=\d)"), rf"\1{BREAK}"),
)
ENTITY = re.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z]{2,32});")


class UntrustedError(Exception):
    """A file that is not posted at all; the text says why."""


def read_untrusted(path: Path) -> str:
    """The harmless text of a file that a merge request wrote. Raises UntrustedError."""
    if path.is_symlink() or not path.is_file():
        raise UntrustedError(f"{path.name}: no regular file")
    with path.open("rb") as file:
        return harmless(file.read(LARGEST + 1))


def harmless(content: bytes) -> str:
    """Text in which only folds, tables, lists and code work. Raises UntrustedError where it is no comment."""
    if len(content) > LARGEST:
        raise UntrustedError(f"larger than {LARGEST} bytes")
    text = content.decode("utf-8", errors="replace").replace("\r", "\n")
    if not text.startswith(MARKER):
        raise UntrustedError("it does not begin as a comment of the preview does")
    text = "".join(filter(_is_plain, text.removeprefix(MARKER)))
    text = ENTITY.sub(_parted, text)
    for shape, instead in RULES:
        text = shape.sub(instead, text)
    return f"{MARKER}{text}"


def _parted(entity: re.Match[str]) -> str:
    """GitLab looks for mentions and addresses after it has read the entities."""
    return f"{entity[0]}{BREAK}" if html.unescape(entity[0])[-1:] in "@:#!./" else entity[0]


def _is_plain(letter: str) -> bool:
    return letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
