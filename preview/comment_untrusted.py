"""Markdown from a pipeline of a merge request, made harmless before a bot posts it.

Whoever writes the merge request decides what its pipeline writes, so this trusts nothing: not even that the text comes
from preview.comment. Standard library alone: the job that posts installs nothing.

A letter that begins a reference, a command, a link or a tag is parted from what follows wherever it stands, in code
too: where a renderer sees the end of a block is not asked. What stays is a short list: headings, lists, tables,
emphasis, four tags without attributes, and fences whose info string is "diff" or nothing.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

MARKER = "<!-- packyard-preview -->"
"""Begins a comment, so that the next pipeline finds and replaces it."""
LARGEST = 60_000
"""Bytes that are read."""
POSTED = 65_000
"""Letters that are posted; GitHub refuses more than 65 536, and what is parted grows."""
LONGEST_LINE = 4_000
"""Letters of one line. A fence is scrolled sideways, and what stands far to the right is seen by nobody."""
WIDEST_GAP = 40
"""Spaces in a row, for the same reason."""

DEEPEST = 5
"""Folds within folds."""

BREAK = "\u200b"
"""A zero-width space: nobody sees it, and what it parts is no command, mention, tag or link any more."""

FENCES = ("```", "```diff")
"""The only lines that may open a fence. GitLab and GitHub turn other info strings into tables, drawings and queries
(json:table, mermaid, plantuml, glql, geojson, suggestion), some of them before anything else is looked at."""

RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # References of GitLab and GitHub (tests/preview/comment/references.py lists them with their source): mentions,
    # issues, requests, snippets, epics, labels, milestones, alerts, [kind:number], [[page]]; links, images, math,
    # footnotes and checkboxes with them. A backslash would hide what follows it until Markdown takes it away.
    (re.compile(r"[@!$~%^&\[\]\\]|#(?!#|[^\S\n]|$)", re.MULTILINE), rf"\g<0>{BREAK}"),
    (re.compile(r"[<>]"), rf"{BREAK}\g<0>{BREAK}"),
    # GH-1 of GitHub, GL-1 of GitLab, and the prefixes of other trackers.
    (re.compile(r"(?:[A-Z][A-Z0-9_]*|[Gg][Hh])-(?=\d)"), rf"\g<0>{BREAK}"),
    (re.compile(r"iteration(?=:)", re.IGNORECASE), rf"\g<0>{BREAK}"),
    # Six letters of a commit's name are no reference yet.
    (re.compile(r"[0-9a-f]{6}(?=[0-9a-f])", re.IGNORECASE), rf"\g<0>{BREAK}"),
    # GitLab obeys lines such as "/merge" in a note, with the rights of its author.
    (re.compile(r"(?<![\w.])/"), f"{BREAK}/"),
    (re.compile(r":(?=//|:include)", re.IGNORECASE), f":{BREAK}"),
    (re.compile(r"www(?=\.)", re.IGNORECASE), f"www{BREAK}"),
    # Longer fences, fences in lists, and double backticks.
    (re.compile(r"`(?=`)"), f"`{BREAK}"),
)
ENTITY = re.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});")
TAG = re.compile(r"<(/?)(summary|sub|code)>")
KEPT = re.compile(rf"{ENTITY.pattern}|{TAG.pattern}")
MEANINGLESS = frozenset("<|`*_\\\"'")
"""Letters that mean something to Markdown alone: an entity of one stays, every other entity becomes its letter, for
GitLab looks for references after it has read the entities."""


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
    text = "".join(map(_plain, unicodedata.normalize("NFC", text.removeprefix(MARKER))))
    text = re.sub(rf"[^\S\n]{{{WIDEST_GAP},}}", " " * WIDEST_GAP, text)
    lines = re.sub(r"\n{4,}", "\n\n\n", text).split("\n")
    return MARKER + "\n".join(_fitted(lines))


def _fitted(lines: list[str]) -> Iterator[str]:
    """Harmless lines, as many as are posted, with every fence and fold closed."""
    room = POSTED
    fenced, folds, before = False, 0, ""
    for line in lines:
        if line in FENCES:
            # Behind a line of HTML a fence would be a part of the HTML.
            written = line if fenced or not before else f"\n{line}"
        elif fenced:
            written = _parted(line[:LONGEST_LINE])
        elif (line == "<details>" and folds < DEEPEST) or (line == "</details>" and folds):
            written = line
        else:
            written = _running(line[:LONGEST_LINE])
        room -= len(written) + 1
        if room < 0:
            break
        if line in FENCES:
            fenced = not fenced or line != "```"
        elif written == line and not fenced:
            folds += {"<details>": 1, "</details>": -1}.get(line, 0)
        before = written
        yield written
    yield from ["```"] * fenced + ["", "</details>"] * folds
    if room < 0:
        yield "\n**The rest is left out here**, the job's own file has it."


def _running(line: str) -> str:
    """A line outside of a fence: tags that are closed in it stay, and entities are read as GitLab will read them."""
    pairs = _pairs(line)
    written, text, end = "", "", 0
    for found in KEPT.finditer(line):
        text += line[end : found.start()]
        end = found.end()
        if found.start() in pairs or html.unescape(found[0]) in MEANINGLESS:
            written, text = f"{written}{_parted(text)}{found[0]}", ""
        else:
            text += "".join(map(_plain, html.unescape(found[0]))).replace("\n", "")
    return written + _parted(text + line[end:])


def _pairs(line: str) -> set[int]:
    """Where the tags begin that open and close each other within the line."""
    kept: set[int] = set()
    opened: list[tuple[str, int]] = []
    for tag in TAG.finditer(line):
        if not tag[1]:
            opened.append((tag[2], tag.start()))
        elif opened and opened[-1][0] == tag[2]:
            kept |= {opened.pop()[1], tag.start()}
    return kept


def _parted(text: str) -> str:
    for shape, instead in RULES:
        text = shape.sub(instead, text)
    return text


def _plain(letter: str) -> str:
    """The letter, unless it is unseen, hides others, or turns the direction of its neighbours."""
    kind = unicodedata.category(letter)
    if letter in "\n\ufe0f":
        return letter
    if kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"):
        return ""
    if unicodedata.bidirectional(letter) in ("R", "AL", "AN"):
        return f"\\u{ord(letter):04x}"
    return letter
