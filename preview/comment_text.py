"""Text from a merge request inside a comment: shown as it is, but never obeyed, and without personal addresses.

Names, descriptions and error messages are written by whoever wrote the merge request. In a comment they could pretend
to be headings, close a fold, mention people, or be commands (GitLab obeys a line such as "/merge" in a bot's note).
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from capture import Value
from policies.secrets_in_clear import looks_like
from preview.difference import PropertyChange
from preview.text import shown

EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,}")
SERVICE_ACCOUNT = ".gserviceaccount.com"
"""Ends the address of an identity of the estate: nobody's mail, and what a review of grants is about."""
ACCOUNT = re.compile(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])")
"""An AWS account id, or the number of a GCP project."""
HOME = re.compile(r"/(?:home|Users)/[^/\s\"':]+")
REVISION_FOLDER = re.compile(r"/[^\s\"':]*/packyard-preview-[^/\s]+/tree")

MARKDOWN = str.maketrans({character: f"&#{ord(character)};" for character in "\\`*_[]|~@$"})
"""What Markdown reads as more than a letter inside <code>; as a number it is a letter and nothing else."""
LINKS = (("://", "&#58;//"), ("www.", "www&#46;"))
"""What Markdown makes a link of, wherever it stands."""

LONGEST = 160
"""Letters of one value in running text; the folded details and the diff file have more."""


class Redactor:
    """Takes personal addresses out of text. Equal ones get equal numbers, so that a change of one stays visible."""

    def __init__(self, root: Path) -> None:
        self._local = tuple(place for place in (str(root), str(Path.home())) if len(place) > 1)
        self._numbers: dict[str, str] = {}

    def text(self, text: str) -> str:
        """The text without e-mail addresses, account ids, folders of this machine and what looks like a secret."""
        if what := looks_like(text):
            return f"[looks like {what}]"
        text = REVISION_FOLDER.sub("[revision]", text)
        for place in self._local:
            text = re.sub(rf"{re.escape(place)}(?=[/\s\"':]|$)", "[local]", text)
        text = HOME.sub("[local]", text)
        text = EMAIL.sub(lambda found: self._email(found[0]), text)
        return ACCOUNT.sub(lambda found: self._numbered("account", found[0]), text)

    def value(self, value: Value) -> Value:
        """A value as anyone may read it."""
        return self._strings(shown(value))

    def change(self, change: PropertyChange) -> PropertyChange:
        """A changed property as anyone may read it."""
        return replace(change, path=self.text(change.path), old=self.value(change.old), new=self.value(change.new))

    def _strings(self, value: Value) -> Value:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self._strings(inner) for key, inner in value.items()}
        if isinstance(value, tuple):
            return tuple(self._strings(inner) for inner in value)
        if isinstance(value, int) and not isinstance(value, bool) and ACCOUNT.fullmatch(str(value)):
            return self._numbered("account", str(value))
        return value

    def _email(self, address: str) -> str:
        return address if address.endswith(SERVICE_ACCOUNT) else self._numbered("e-mail", address.lower())

    def _numbered(self, kind: str, found: str) -> str:
        taken = sum(word.startswith(f"[{kind} ") for word in self._numbers.values())
        return self._numbers.setdefault(found, f"[{kind} {taken + 1}]")


def visible(text: str) -> str:
    """One line in which nothing is hidden: no line breaks, no control letters, nothing that turns the direction."""
    return "".join(
        "⏎" if letter == "\n" else letter if _is_plain(letter) else f"\\u{ord(letter):04x}" for letter in text
    )


def literal(text: str, longest: int = LONGEST) -> str:
    """Text that stands in running Markdown or in a table as it is. In code nobody is mentioned and nothing linked."""
    line = visible(text)
    cut = line if len(line) <= longest else f"{line[: longest - 1]}…"
    escaped = html.escape(cut, quote=False).translate(MARKDOWN)
    for begin, harmless in LINKS:
        escaped = escaped.replace(begin, harmless)
    return f"<code>{escaped}</code>"


def fold(summary: str, body: Sequence[str]) -> list[str]:
    """A part that is closed at first. The empty lines make GitLab and GitHub read the inside as Markdown."""
    return ["<details>", f"<summary>{summary}</summary>", "", *body, "", "</details>"]


def fenced(lines: Iterable[str]) -> list[str]:
    """A coloured diff. A line that does not begin with a sign is indented, so no line can close the fence."""
    return ["```diff", *map(visible, lines), "```"]


def size(lines: Iterable[str]) -> int:
    """Bytes that lines take; the limits of GitLab and GitHub are in letters, of which there are never more."""
    return sum(len(line.encode()) + 1 for line in lines)


def fitted(blocks: Sequence[Sequence[str]], room: int) -> tuple[list[str], int]:
    """As many whole blocks as fit into so many bytes, and how many are left out."""
    lines: list[str] = []
    for index, block in enumerate(blocks):
        room -= size(block)
        if room < 0:
            return lines, len(blocks) - index
        lines.extend(block)
    return lines, 0


def _is_plain(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
